"""Sources of annotation files, whatever their format."""

import dataclasses
import os

import numpy as np

from keras_maskrcnn.data.categories import choose_categories
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.keypoints import Keypoints
from keras_maskrcnn.data.source import Sample, Source
from keras_maskrcnn.formats import coco
from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.images import check_size, read_image
from keras_maskrcnn.formats.records import AnnotatedSet, checksum
from keras_maskrcnn.formats.segmentations import cut, rough_area
from keras_maskrcnn.mask_crops import box_of
from keras_maskrcnn.skeletons import as_skeleton
from keras_maskrcnn.wording import closest

_MOST_BYTES = 2**28  # of decoded masks kept in memory
_BYTES_PER_OBJECT = 200  # what an array costs beside its pixels


class AnnotatedSource(Source):
    """The images and objects of annotation files.

    A format checks its files as a whole when it reads them, so that a mistake shows before training
    and not hours into it. Pixels and masks are read one image at a time, when asked for.

    Args:
        known: the `formats.records.Format` of the files.
        annotations: path of the file or folder.
        images_dir: folder of the images. Default: the format's.
        classes: names of the classes to keep, in the order of their labels; objects of other
            classes are left out. Default: all, in the order of their ids.
        skeleton: `Skeleton` of the keypoints, where its names, limbs or pairs are to be other than
            the files say. Default: that of the files.
        options: what else the format's `read` takes.

    Raises:
        FileNotFoundError: a file or folder is missing.
        DatasetError: a file has a mistake, `classes` names a class that is not there, or one twice.
    """

    def __init__(
        self, known, annotations, images_dir=None, classes=None, *, skeleton=None, **options
    ):
        if "classes" in known.options:
            options["classes"] = classes
        if skeleton is not None:
            options["skeleton"] = as_skeleton(skeleton)
        annotated = known.read(annotations, images_dir, **options)
        self.annotations = annotated.path
        self.images_dir = annotated.images_dir
        self.names_classes = annotated.names_classes
        self._images = [
            dataclasses.replace(image, image_id=number) if image.image_id is None else image
            for number, image in enumerate(annotated.images, start=1)
        ]
        self._ids = choose_categories(annotated.category_ids, classes, self.annotations)
        self.class_names = tuple(self._ids)
        absent = [name for name in self.class_names if name not in annotated.category_ids]
        lacking = (f"no category '{name}': a class without objects" for name in absent)
        self.remarks = (*annotated.remarks, *lacking)
        self.skeleton = annotated.skeleton
        labels = {name: label for label, name in enumerate(self.class_names, start=1)}
        self._objects = [
            [(labels[one.class_name], one) for one in image.objects if one.class_name in labels]
            for image in self._images
        ]
        self._decoded, self._decoded_bytes = {}, 0
        self._checksums = None

    @property
    def category_ids(self) -> tuple[int, ...]:
        """The files' category ids, in the order of `class_names`."""
        return tuple(self._ids.values())

    def skipped_shapes(self) -> list[dict]:
        """Return what of each image was left out, dicts from a kind of shape to its number."""
        return [image.skipped for image in self._images]

    def lacks_masks(self) -> list[tuple[int, ...]]:
        """Return for each image the numbers of its objects, from 1, that have only a box."""
        return [
            tuple(number for number, (_, one) in enumerate(objects, 1) if one.segmentation is None)
            for objects in self._objects
        ]

    def crowd_counts(self) -> list[int]:
        """Return each image's number of crowds, which are not trained on."""
        return [sum(one.iscrowd for _, one in objects) for objects in self._objects]

    def __len__(self):
        return len(self._images)

    def __getitem__(self, index):
        known = self._images[index]
        image = read_image(os.path.join(self.images_dir, known.file_name))
        where = self.images_dir, known.file_name
        check_size(*where, image.shape[:2], known.size, self.annotations)
        return Sample(image, self.instances(index), known.image_id, known.file_name)

    def instances(self, index) -> Instances:
        """Return the `Instances` of one image without reading its pixels.

        What was decoded is kept for the next epoch, up to 256 MB in all: decoding the run lengths
        of a crowded image takes longer than reading its pixels, and the crops are small.
        """
        index = range(len(self))[index]
        decoded = self._decoded.get(index)
        if decoded is None:
            objects, size = self._objects[index], self._images[index].size
            decoded = _instances_of(objects, size, self.skeleton)
            masks = [mask for mask in decoded.masks if mask is not None]
            size = len(decoded) * _BYTES_PER_OBJECT + sum(mask.nbytes for mask in masks)
            if self._decoded_bytes + size <= _MOST_BYTES:
                self._decoded[index] = decoded
                self._decoded_bytes += size
        return decoded

    def checksums(self) -> np.ndarray:
        """Return a number for each image, of its name, size and objects, uint32, shape (len,)."""
        if self._checksums is None:  # of large sets it takes seconds
            pairs = zip(self._images, self._objects, strict=True)
            found = [checksum(image, objects) for image, objects in pairs]
            self._checksums = np.array(found, np.uint32)
        return self._checksums

    def small_objects(self, index, pixels) -> tuple[int, Instances]:
        """Return the objects of an image, crowds aside, that cover less than so many pixels."""
        size = self._images[index].size
        small = [pair for pair in self._objects[index] if _covers_less(pair[1], size, pixels)]
        return len(small), _instances_of(small, size)

    def coco_annotations(self, index, sample) -> list[dict]:
        """Return the files' annotations of an image, with labels as `category_id`.

        Box and area are as the file states them, from the mask where it does not. An object whose
        mask covers no pixel is among them: to COCO it is one that is missed. One that has only a
        box has no "segmentation".
        """
        size = sample.image.shape[:2]
        none = {"keypoints": [0] * 3 * len(self.skeleton or ()), "num_keypoints": 0}
        unknown = none if self.skeleton else {}
        objects = self._objects[index]
        return [unknown | coco.annotation_of(one, label, size) for label, one in objects]

    def image_values(self, key) -> list:
        """Return what the file states of each image under `key`, for example to group folds by.

        Raises:
            DatasetError: an image has no such key.
        """
        values = [image.values() for image in self._images]
        for entry in values:
            if key not in entry:
                raise DatasetError(
                    f"Image '{entry['file_name']}' of '{self.annotations}' has no {key!r}: it has "
                    f"{sorted(entry)}.{closest(key, entry)}"
                )
        return [entry[key] for entry in values]

    def file_name(self, index) -> str:
        """Return the name of an image, relative to the folder of the images."""
        return self._images[index].file_name

    def image_sizes(self) -> np.ndarray:
        """Return the (height, width) of each image, int64, shape (len, 2)."""
        return np.array([image.size for image in self._images], np.int64).reshape(-1, 2)

    def object_counts(self) -> np.ndarray:
        """Return each image's number of objects per class, int64, shape (len, K), no crowds."""
        counts = np.zeros((len(self), len(self.class_names)), np.int64)
        for row, objects in zip(counts, self._objects, strict=True):
            for label, one in objects:
                row[label - 1] += not one.iscrowd
        return counts

    def keypoint_counts(self) -> np.ndarray:
        """Return how often each of the J keypoints is known in each image, int64, (len, J)."""
        counts = np.zeros((len(self), len(self.skeleton or ())), np.int64)
        for row, objects in zip(counts, self._objects, strict=True):
            for _, one in objects:
                known = (one.fields or {}).get("keypoints", ())[2::3]
                row[: len(known)] += np.array(known, np.int64) > 0
        return counts

    def to_coco(self) -> dict:
        """Return all of it as the content of a COCO file, without reading pixels.

        `COCOSource` reads the same images and instances from it. Polygons stay polygons; an object
        whose mask covers no pixel is left out; one that has only a box has no "segmentation".

        Returns:
            dict of "images", "annotations" and "categories", ready for `json.dump`.
        """
        return coco.write(self._images, self._ids, self.skeleton)

    def annotated(self) -> AnnotatedSet:
        """Return the images and the objects of the chosen classes, as formats write them."""
        images = [
            dataclasses.replace(image, objects=[one for _, one in objects])
            for image, objects in zip(self._images, self._objects, strict=True)
        ]
        where = self.annotations, self.images_dir
        return AnnotatedSet(*where, images, dict(self._ids), skeleton=self.skeleton)


def _covers_less(one, size, pixels):
    """Whether an object is no crowd and about smaller than so many pixels."""
    if one.segmentation is None:
        area = one.bbox[2] * one.bbox[3]
    else:
        area = rough_area(one.segmentation, size)
    return not one.iscrowd and area < pixels


def _instances_of(objects, size, skeleton=None):
    """Return an image's (label, record) pairs as `Instances`, without those that cover no pixel."""
    labels, boxes, masks, iscrowd, points = [], [], [], [], []
    unknown = [0] * 3 * len(skeleton or ())
    for label, one in objects:
        if one.segmentation is None:
            mask, box = None, _clipped(one.bbox, size)
        else:
            whole = cut(one.segmentation, size)
            mask, box = whole[0], box_of(whole)
        if box[2] > box[0] and box[3] > box[1]:
            labels.append(label)
            boxes.append(box)
            masks.append(mask)
            iscrowd.append(one.iscrowd)
            points.append((one.fields or {}).get("keypoints", unknown))
    fields = {"keypoints": Keypoints(points, skeleton)} if skeleton else None
    return Instances(labels, boxes, masks, iscrowd, fields, image_size=size)


def _clipped(bbox, size):
    """Return the corners of a `bbox` within the image."""
    x, y, width, height = bbox
    return max(x, 0), max(y, 0), min(x + width, size[1]), min(y + height, size[0])
