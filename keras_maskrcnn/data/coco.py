"""Reader of COCO JSON annotations."""

import os
from collections import Counter

import numpy as np
from pycocotools import mask as coco_mask

from keras_maskrcnn.data.coco_checks import check_annotations, check_content, check_image_files
from keras_maskrcnn.data.images import read_image
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.source import DatasetError, Sample, Source, closest, read_json

_MOST_BYTES = 2**28  # of decoded masks kept in memory
_BYTES_PER_OBJECT = 200  # what an array costs beside its pixels


class COCOSource(Source):
    """The images and objects of a COCO JSON file.

    The file is checked as a whole when the source is made, with every image's file looked for, so
    that a mistake shows before training and not hours into it. Pixels and masks are read one image
    at a time, when asked for. Masks may be polygons or run lengths (compressed or not), and the
    boxes to train on come from them; `bbox` and `area` of the file count where AP is measured, see
    `coco_annotations`. An object whose mask covers no pixel's centre is not trained on.

    Category ids may have gaps: labels 1..K follow the ids in rising order, or the order of
    `classes`, and `category_ids` maps back. Images without annotations are kept: a detector learns
    from empty images too.

    Args:
        annotations: path of the JSON file.
        images_dir: folder that `file_name` is relative to.
        classes: names of the classes to keep, in the order of their labels; objects of other
            classes are left out. Default: all categories of the file.
        content: the file's parsed content, when it has been read already.

    Raises:
        FileNotFoundError: the JSON file or the folder is missing.
        DatasetError: a `ValueError`; the content has a mistake. The message names the place.

    Example:

    >>> source = COCOSource("train.json", "images")  # doctest: +SKIP
    >>> source.class_names, len(source), source[0].instances  # doctest: +SKIP
    (('nucleus',), 464, Instances(6 objects, image_size=(256, 256)))
    """

    def __init__(self, annotations, images_dir, classes=None, *, content=None):
        self.annotations = os.fspath(annotations)
        self.images_dir = os.fspath(images_dir)
        content = read_json(annotations) if content is None else content
        check_content(content, self.annotations)
        self._images = content["images"]
        categories = _chosen_categories(content["categories"], classes, self.annotations)
        self.class_names = tuple(category["name"] for category in categories)
        self._category_ids = tuple(category["id"] for category in categories)
        check_image_files(self._images, self.images_dir, self.annotations)
        check_annotations(content, self.annotations)
        labels = {id_: label for label, id_ in enumerate(self._category_ids, start=1)}
        self._objects = _group_by_image(content, labels)
        self._decoded, self._decoded_bytes = {}, 0

    @property
    def category_ids(self):
        """The file's category ids, tuple of int, in the order of `class_names`."""
        return self._category_ids

    def __len__(self):
        return len(self._images)

    def __getitem__(self, index):
        entry = self._images[index]
        image = read_image(os.path.join(self.images_dir, entry["file_name"]))
        stated = (entry["height"], entry["width"])
        if image.shape[:2] != stated:
            raise DatasetError(_wrong_size_message(entry, image.shape[:2], self.annotations))
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
        rles = [_to_rle(annotation["segmentation"], size) for _, annotation in objects]
        labels = [label for label, _ in objects]
        iscrowd = [bool(annotation.get("iscrowd", 0)) for _, annotation in objects]
        return Instances.from_rle(rles, labels, iscrowd, image_size=size)

    def coco_annotations(self, index, sample):
        """Return the file's annotations of an image, with labels as `category_id`.

        Box and area are as the file states them, from the mask where it does not. An object whose
        mask covers no pixel is among them: to COCO it is one that is missed.
        """
        index = range(len(self))[index]
        size = sample.image.shape[:2]
        return [_completed(annotation, label, size) for label, annotation in self._objects[index]]

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


def looks_like_coco(content):
    """Whether parsed JSON has the three keys of a COCO annotation file."""
    keys = {"images", "annotations", "categories"}
    return isinstance(content, dict) and len(keys & set(content)) >= 2


def _chosen_categories(categories, classes, name):
    """The categories to keep, in the order of their labels."""
    if classes is None:
        return sorted(categories, key=lambda category: category["id"])
    classes = [classes] if isinstance(classes, str) else list(classes)
    by_name = {category["name"]: category for category in categories}
    for class_name in classes:
        if class_name not in by_name:
            raise DatasetError(
                f"'{name}' has no category '{class_name}'.{closest(class_name, by_name)} "
                f"It has: {', '.join(sorted(by_name))}."
            )
    repeated = [class_name for class_name, count in Counter(classes).items() if count > 1]
    if repeated or not classes:
        raise DatasetError(
            f"`classes` must name at least one class, each once. Received: classes={classes}."
        )
    return [by_name[class_name] for class_name in classes]


def _group_by_image(content, labels):
    """For each image the list of (label, annotation) whose category was chosen."""
    position = {entry["id"]: i for i, entry in enumerate(content["images"])}
    objects = [[] for _ in content["images"]]
    for annotation in content["annotations"]:
        label = labels.get(annotation["category_id"])
        if label is not None:
            objects[position[annotation["image_id"]]].append((label, annotation))
    return objects


def _completed(annotation, label, size):
    """A COCO annotation; box and area are those of the mask where the file states none."""
    rle = _to_rle(annotation["segmentation"], size)
    if isinstance(rle["counts"], list):
        rle = coco_mask.frPyObjects(rle, *size)
    bbox, area = annotation.get("bbox"), annotation.get("area")
    return {
        "category_id": label,
        "bbox": coco_mask.toBbox(rle).tolist() if bbox is None else bbox,
        "segmentation": rle,
        "area": float(coco_mask.area(rle)) if area is None else area,
        "iscrowd": int(annotation.get("iscrowd", 0)),
    }


def _to_rle(segmentation, size):
    """One RLE from polygons (their union) or run lengths."""
    if isinstance(segmentation, dict):
        return segmentation
    return coco_mask.merge(coco_mask.frPyObjects(segmentation, *size))


def _wrong_size_message(entry, found, name):
    """What to say when a file's size is not the one that the annotations state."""
    message = (
        f"Image '{entry['file_name']}' is {found[1]} x {found[0]} pixels (width x height), but "
        f"'{name}' says {entry['width']} x {entry['height']}."
    )
    if found == (entry["width"], entry["height"]):
        return f"{message} Its EXIF rotation was ignored when it was annotated: remove the tag."
    return f"{message} The masks do not fit: use the image that was annotated."
