"""Sources of annotation files: whatever the format, images and objects are held in COCO's form."""

import os
from dataclasses import dataclass, field

import numpy as np
from pycocotools import mask as coco_mask

from keras_maskrcnn.data.categories import choose_categories
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.source import Sample, Source
from keras_maskrcnn.formats.files import DatasetError, wrong_size
from keras_maskrcnn.formats.images import read_image
from keras_maskrcnn.formats.segmentations import to_rle
from keras_maskrcnn.wording import closest

_MOST_BYTES = 2**28  # of decoded masks kept in memory
_BYTES_PER_OBJECT = 200  # what an array costs beside its pixels


class AnnotatedSource(Source):
    """The images and objects of annotation files, read from them by a subclass.

    A reader checks its files as a whole when it is made, so that a mistake shows before training
    and not hours into it. Pixels and masks are read one image at a time, when asked for.

    Args:
        annotations: path of the annotations, for messages.
        images_dir: folder that `file_name` is relative to.
        content: what the files hold, as a checked COCO dict of "images", "annotations" and
            "categories"; annotations need "image_id", "category_id" and "segmentation".
        classes: names of the classes to keep, in the order of their labels; objects of other
            classes are left out. Default: all, in the order of their ids.
        lists_classes: whether the files list their classes. Where they do not, a class that no
            object has can be among `classes`.
        skipped: for each image a dict from a kind of shape that makes no mask, such as "point", to
            how many it has. Default: none.

    Raises:
        DatasetError: `classes` names a class that is not there, or one twice.
    """

    def __init__(
        self, annotations, images_dir, content, classes=None, *, lists_classes=True, skipped=None
    ):
        self.annotations = os.fspath(annotations)
        self.images_dir = os.fspath(images_dir)
        self._images = content["images"]
        self._skipped = skipped
        categories = choose_categories(
            content["categories"], classes, self.annotations, complete=lists_classes
        )
        self.class_names = tuple(category["name"] for category in categories)
        self._category_ids = tuple(category["id"] for category in categories)
        labels = {id_: label for label, id_ in enumerate(self._category_ids, start=1)}
        self._objects = _group_by_image(content, labels)
        self._decoded, self._decoded_bytes = {}, 0

    @property
    def category_ids(self):
        """The files' category ids, tuple of int, in the order of `class_names`."""
        return self._category_ids

    def skipped_shapes(self):
        """Return what of each image makes no mask and was left out, dicts from kind to number."""
        return super().skipped_shapes() if self._skipped is None else self._skipped

    def __len__(self):
        return len(self._images)

    def __getitem__(self, index):
        entry = self._images[index]
        image = read_image(os.path.join(self.images_dir, entry["file_name"]))
        stated = (entry["height"], entry["width"])
        if image.shape[:2] != stated:
            raise DatasetError(
                wrong_size(entry["file_name"], image.shape[:2], stated, self.annotations)
            )
        return Sample(image, self.instances(index), entry["id"], entry["file_name"])

    def instances(self, index):
        """Return the `Instances` of one image without reading its pixels.

        What was decoded is kept for the next epoch, up to 256 MB in all: decoding the run lengths
        of a crowded image takes longer than reading its pixels, and the crops are small.
        """
        index = range(len(self))[index]
        decoded = self._decoded.get(index)
        if decoded is None:
            decoded = self._decode(index)
            size = sum(mask.nbytes + _BYTES_PER_OBJECT for mask in decoded.masks)
            if self._decoded_bytes + size <= _MOST_BYTES:
                self._decoded[index] = decoded
                self._decoded_bytes += size
        return decoded

    def _decode(self, index):
        """Decode the masks of one image."""
        entry = self._images[index]
        size = (entry["height"], entry["width"])
        objects = self._objects[index]
        rles = [to_rle(annotation["segmentation"], size) for _, annotation in objects]
        labels = [label for label, _ in objects]
        iscrowd = [bool(annotation.get("iscrowd", 0)) for _, annotation in objects]
        return Instances.from_rle(rles, labels, iscrowd, image_size=size)

    def coco_annotations(self, index, sample):
        """Return the files' annotations of an image, with labels as `category_id`.

        Box and area are as the file states them, from the mask where it does not. An object whose
        mask covers no pixel is among them: to COCO it is one that is missed.
        """
        index = range(len(self))[index]
        size = sample.image.shape[:2]
        return [_completed(annotation, label, size) for label, annotation in self._objects[index]]

    def image_values(self, key):
        """Return what the file states of each image under `key`, for example to group folds by.

        Raises:
            DatasetError: an image has no such key.
        """
        for entry in self._images:
            if key not in entry:
                raise DatasetError(
                    f"Image '{entry['file_name']}' of '{self.annotations}' has no {key!r}: it has "
                    f"{sorted(entry)}.{closest(key, entry)}"
                )
        return [entry[key] for entry in self._images]

    def file_name(self, index):
        """Return the name of an image, relative to the folder of the images."""
        return self._images[index]["file_name"]

    def image_sizes(self):
        """Return the (height, width) of each image, int64, shape (len, 2)."""
        sizes = [(entry["height"], entry["width"]) for entry in self._images]
        return np.array(sizes, np.int64).reshape(-1, 2)

    def object_counts(self):
        """Return each image's number of objects per class, int64, shape (len, K), no crowds."""
        counts = np.zeros((len(self), len(self.class_names)), np.int64)
        for row, objects in zip(counts, self._objects, strict=True):
            for label, annotation in objects:
                row[label - 1] += not annotation.get("iscrowd", 0)
        return counts

    def to_coco(self):
        """Return all of it as the content of a COCO file, without reading pixels.

        `COCOSource` reads the same images and instances from it. Polygons stay polygons; an object
        whose mask covers no pixel is left out.

        Returns:
            dict of "images", "annotations" and "categories", ready for `json.dump`.
        """
        annotations = []
        for entry, objects in zip(self._images, self._objects, strict=True):
            size = (entry["height"], entry["width"])
            for label, annotation in objects:
                known = _completed(annotation, self._category_ids[label - 1], size)
                if not coco_mask.area(known["segmentation"]):
                    continue
                row = {"id": len(annotations) + 1, "image_id": entry["id"], **known}
                annotations.append(row | {"segmentation": _as_json(annotation["segmentation"])})
        ids = zip(self._category_ids, self.class_names, strict=True)
        categories = [{"id": id_, "name": name} for id_, name in ids]
        return {"images": self._images, "annotations": annotations, "categories": categories}


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """An image and its objects, as a reader finds them.

    Attributes:
        file_name: relative to the folder of the images.
        size: (height, width).
        objects: list of (class name, segmentation in COCO's form).
        skipped: dict from a kind of shape that makes no mask to how many there are.
    """

    file_name: str
    size: tuple[int, int]
    objects: list
    skipped: dict = field(default_factory=dict)


def coco_content(images, class_names):
    """The content of a COCO file that holds these images; ids count from 1.

    >>> content = coco_content([AnnotatedImage("a.png", (4, 8), [("cat", [[0, 0, 4, 0, 4, 4]])])],
    ...                        ["cat"])
    >>> content["images"], content["categories"]
    ([{'id': 1, 'file_name': 'a.png', 'height': 4, 'width': 8}], [{'id': 1, 'name': 'cat'}])
    >>> content["annotations"]
    [{'image_id': 1, 'category_id': 1, 'segmentation': [[0, 0, 4, 0, 4, 4]]}]
    """
    ids = {name: id_ for id_, name in enumerate(class_names, start=1)}
    content = {"images": [], "annotations": []}
    for number, image in enumerate(images, start=1):
        (height, width), name = image.size, image.file_name
        content["images"].append(
            {"id": number, "file_name": name, "height": height, "width": width}
        )
        content["annotations"] += [
            {"image_id": number, "category_id": ids[name], "segmentation": segmentation}
            for name, segmentation in image.objects
        ]
    content["categories"] = [{"id": id_, "name": name} for name, id_ in ids.items()]
    return content


def _group_by_image(content, labels):
    """For each image the list of (label, annotation) whose category was chosen."""
    position = {entry["id"]: i for i, entry in enumerate(content["images"])}
    objects = [[] for _ in content["images"]]
    for annotation in content["annotations"]:
        label = labels.get(annotation["category_id"])
        if label is not None:
            objects[position[annotation["image_id"]]].append((label, annotation))
    return objects


def _completed(annotation, category_id, size):
    """A COCO annotation; box and area are those of the mask where the file states none."""
    rle = to_rle(annotation["segmentation"], size)
    if isinstance(rle["counts"], list):
        rle = coco_mask.frPyObjects(rle, *size)
    bbox, area = annotation.get("bbox"), annotation.get("area")
    return {
        "category_id": category_id,
        "bbox": coco_mask.toBbox(rle).tolist() if bbox is None else bbox,
        "segmentation": rle,
        "area": float(coco_mask.area(rle)) if area is None else area,
        "iscrowd": int(annotation.get("iscrowd", 0)),
    }


def _as_json(segmentation):
    """A segmentation that `json.dump` can write."""
    if isinstance(segmentation, dict) and isinstance(segmentation["counts"], bytes):
        return {**segmentation, "counts": segmentation["counts"].decode("ascii")}
    return segmentation
