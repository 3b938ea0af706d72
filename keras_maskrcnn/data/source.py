"""What a data set is to the rest of the package: a sequence of samples with class names."""

import zlib
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass

import numpy as np

from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.skeletons import Skeleton

# A source's error has its name here, too, as in version 0.1.
__all__ = ["DatasetError", "Sample", "Source", "Subset"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One image with its objects.

    Attributes:
        image: uint8, shape (H, W, 3), RGB 0..255.
        instances: `Instances` of image size (H, W).
        image_id: the data set's own id, int or str.
        file_name: name for messages and results.
    """

    image: np.ndarray
    instances: Instances
    image_id: int | str
    file_name: str


class Source(ABC):
    """A data set: a sequence of `Sample`, readable in any order and from several threads.

    Subclass it to train on a format of your own: set `class_names`, and give `__len__` and
    `__getitem__`. The other members have defaults that load every sample once; a reader that knows
    the answers without loading images overrides `image_sizes` and `object_counts`. Objects need no
    masks, see `Instances`: a source that knows which have none says so in `lacks_masks`.

    Attributes:
        class_names: tuple of str; index 0 is the name of label 1.
        category_ids: tuple of int, the data set's own id of each class, in the same order.
            Default: 1..K.
        remarks: tuple of str, sentences on what was left out of the files. Default: none.
        skeleton: `Skeleton` of the objects' keypoints, which are in their `fields` as `Keypoints`.
            Default: None, they have none.
        semantic_names: tuple of the S names of the values of the images' semantic maps, which are
            in `sample.instances.semantic`. Default: (), there are no maps.
        names_classes: False where the data say of no object what it is, so that the name of its
            one class is a stand-in. Default: True.

    Example:

    >>> class Squares(Source):
    ...     class_names = ("square",)
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         masks = np.zeros((1, 32, 32), bool)
    ...         masks[0, 4 : 8 + index, 4 : 8 + index] = True
    ...         image = np.repeat(masks[0, :, :, None], 3, axis=2) * np.uint8(255)
    ...         return Sample(image, Instances.from_dense(masks, [1]), index, f"square {index}")
    >>> Squares().describe()["objects"], Squares().max_objects, len(list(Squares()))
    (3, 1, 3)
    """

    class_names: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    skeleton: Skeleton | None = None
    semantic_names: tuple[str, ...] = ()
    names_classes: bool = True

    @property
    def category_ids(self) -> tuple[int, ...]:
        """The data set's own ids of the classes, tuple of int."""
        return tuple(range(1, len(self.class_names) + 1))

    @abstractmethod
    def __len__(self):
        """Return the number of images."""

    @abstractmethod
    def __getitem__(self, index):
        """Return the `Sample` at `index`; raise IndexError past the end."""

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def coco_annotations(self, index, sample) -> list[dict]:
        """Return what AP is measured against: the objects of an image as COCO annotations.

        A reader whose files state boxes and areas of their own gives those.

        Args:
            index: which image.
            sample: what `self[index]` gave.

        Returns:
            list of dicts with "category_id" (the label, 1..K), "bbox" (x, y, width, height),
            "segmentation" (compressed RLE; not there for an object that has only a box), "area",
            "iscrowd" and, if the source has a `skeleton`, "keypoints" and "num_keypoints".
        """
        instances = sample.instances
        x1, y1, x2, y2 = instances.boxes.astype(float).T
        rows = zip(
            instances.labels.tolist(),
            np.stack([x1, y1, x2 - x1, y2 - y1], axis=-1).tolist(),
            instances.to_rle(),
            instances.areas.tolist(),
            instances.iscrowd.astype(int).tolist(),
            strict=True,
        )
        keys = ("category_id", "bbox", "segmentation", "area", "iscrowd")
        annotations = [dict(zip(keys, row, strict=True)) for row in rows]
        known = [{key: a[key] for key in keys if a[key] is not None} for a in annotations]
        keypoints = instances.fields.get("keypoints") if self.skeleton else None
        return known if keypoints is None else keypoints.annotated(known)

    def file_name(self, index) -> str:
        """Return the name of an image; a reader that knows it without the image says so."""
        return self[index].file_name

    def image_sizes(self) -> np.ndarray:
        """Return the (height, width) of each image, int64, shape (len, 2)."""
        sizes = [self[i].image.shape[:2] for i in range(len(self))]
        return np.array(sizes, np.int64).reshape(-1, 2)

    def object_counts(self) -> np.ndarray:
        """Return each image's number of objects per class, int64, shape (len, K), no crowds."""
        counts = np.zeros((len(self), len(self.class_names)), np.int64)
        for row, index in zip(counts, range(len(self)), strict=True):
            instances = self[index].instances
            np.add.at(row, instances.labels[~instances.iscrowd] - 1, 1)
        return counts

    def keypoint_counts(self) -> np.ndarray:
        """Return how often each of the J keypoints is known in each image, int64, (len, J)."""
        counts = np.zeros((len(self), len(self.skeleton or ())), np.int64)
        if self.skeleton is not None:
            for row, index in zip(counts, range(len(self)), strict=True):
                points = self[index].instances.fields["keypoints"].points
                row += (points[..., 2] > 0).sum(axis=0)
        return counts

    def checksums(self) -> np.ndarray:
        """Return a number for each image by which other images or objects are told, uint32.

        A resumed run must find those that it began with. By default they change with the number of
        objects of each class; a reader that knows names and objects without loading images has
        them in it.
        """
        counts = self.object_counts().astype("<i8")
        return np.array([zlib.crc32(row.tobytes()) for row in counts], np.uint32)

    def small_objects(self, index, pixels) -> tuple[int, Instances]:
        """Return the objects of an image, crowds aside, that cover less than so many pixels.

        A reader that knows them without the image says so.

        Returns:
            how many there are, those that cover no pixel at all included where they are known, and
            `Instances` of those that cover one.
        """
        instances = self[index].instances
        small = instances.select(~instances.iscrowd & (instances.areas < pixels))
        return len(small), small

    def skipped_shapes(self) -> list[dict[str, int]]:
        """Return what of each image makes no mask and was left out, dicts from kind to number."""
        return [{} for _ in range(len(self))]

    def lacks_masks(self) -> list[tuple[int, ...]] | None:
        """Return which objects have only a box, if the source knows that without loading images.

        Returns:
            for each image a tuple of numbers, counted from 1 in the order of the image's
            annotations, without crowds; empty for an image whose objects all have masks. None
            (default) if it is not known.
        """
        return None

    def crowd_counts(self) -> list[int] | None:
        """Return each image's number of crowds if that is known without loading images, or None."""
        return None

    @property
    def skipped(self) -> dict[str, int]:
        """How many shapes of each kind were left out of all images, dict from str to int."""
        total = Counter()
        for shapes in self.skipped_shapes():
            total.update(shapes)
        return dict(total)

    @property
    def max_objects(self) -> int:
        """The most objects that one image has."""
        return int(self.object_counts().sum(axis=1).max(initial=0))

    def describe(self) -> dict:
        """Count what a person should see before training.

        Returns:
            dict: `images`, `objects` (without crowds), `images_without_objects`,
            `objects_per_image` {"median", "max"}, `image_sizes` {"smallest", "largest"} (height,
            width) by area, `classes`, a dict from name to number of objects, `skipped`, and, if
            the source knows of such, `objects_without_masks`, `crowds`, `remarks` and `keypoints`,
            a dict from name to how many are known.
        """
        counts = self.object_counts()
        per_image = counts.sum(axis=1)
        sizes = self.image_sizes()
        by_area = np.argsort(sizes.prod(axis=1), kind="stable")
        described = {
            "images": len(self),
            "objects": int(per_image.sum()),
            "images_without_objects": int((per_image == 0).sum()),
            "objects_per_image": {
                "median": float(np.median(per_image)) if len(self) else 0.0,
                "max": int(per_image.max(initial=0)),
            },
            "image_sizes": {
                "smallest": tuple(sizes[by_area[0]].tolist()) if len(self) else None,
                "largest": tuple(sizes[by_area[-1]].tolist()) if len(self) else None,
            },
            "classes": dict(zip(self.class_names, counts.sum(axis=0).tolist(), strict=True)),
            "skipped": self.skipped,
        }
        without = sum(map(len, self.lacks_masks() or ()))
        also = {
            "objects_without_masks": without,
            "crowds": sum(self.crowd_counts() or ()),
            "remarks": list(self.remarks),
        }
        if self.skeleton is not None:
            known = self.keypoint_counts().sum(axis=0).tolist()
            also["keypoints"] = dict(zip(self.skeleton.names, known, strict=True))
        return described | {key: value for key, value in also.items() if value}


def origin_of(source) -> tuple[Source, np.ndarray]:
    """Return the source that subsets take from, and the places in it of their images, int64.

    >>> from keras_maskrcnn.data import ShapesSource
    >>> origin, places = origin_of(Subset(Subset(ShapesSource(9), [4, 5, 6]), [2, 0]))
    >>> len(origin), places.tolist()
    (9, [6, 4])
    """
    places = np.arange(len(source))
    while isinstance(source, Subset):
        places, source = source.indices[places], source.source
    return source, places


class Subset(Source):
    """Some images of a source, for example one fold of a cross-validation.

    Args:
        source: the `Source` to take from.
        indices: int, the images' positions in `source`, in the order wanted.

    Raises:
        ValueError: an index lies outside the source.

    Example:

    >>> from keras_maskrcnn.data import ShapesSource
    >>> Subset(ShapesSource(10), [7, 2])[0].image_id
    7
    """

    def __init__(self, source, indices):
        self.source = source
        self.indices = np.asarray(indices, np.int64).reshape(-1)
        outside = self.indices[(self.indices < 0) | (self.indices >= len(source))]
        if outside.size:
            raise ValueError(
                f"`indices` must lie in 0..{len(source) - 1}. Received: {outside[:5].tolist()}."
            )
        self.class_names = source.class_names
        self.remarks = source.remarks
        self.skeleton = source.skeleton
        self.semantic_names = source.semantic_names
        self.names_classes = source.names_classes

    @property
    def category_ids(self) -> tuple[int, ...]:
        """The source's category ids."""
        return self.source.category_ids

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, index):
        return self.source[int(self.indices[index])]

    def coco_annotations(self, index, sample) -> list[dict]:
        """Return what AP is measured against, as the source gives it."""
        return self.source.coco_annotations(int(self.indices[index]), sample)

    def file_name(self, index) -> str:
        """Return the name of an image."""
        return self.source.file_name(int(self.indices[index]))

    def image_sizes(self) -> np.ndarray:
        """Return the (height, width) of each image, int64, shape (len, 2)."""
        return self.source.image_sizes()[self.indices]

    def object_counts(self) -> np.ndarray:
        """Return each image's number of objects per class, int64, shape (len, K), no crowds."""
        return self.source.object_counts()[self.indices]

    def keypoint_counts(self) -> np.ndarray:
        """Return how often each of the J keypoints is known in each image, int64, (len, J)."""
        return self.source.keypoint_counts()[self.indices]

    def checksums(self) -> np.ndarray:
        """Return a number for each image by which other images or objects are told, uint32."""
        return self.source.checksums()[self.indices]

    def small_objects(self, index, pixels) -> tuple[int, Instances]:
        """Return the objects of an image that cover less than so many pixels."""
        return self.source.small_objects(int(self.indices[index]), pixels)

    def skipped_shapes(self) -> list[dict[str, int]]:
        """Return what of each image makes no mask and was left out, dicts from kind to number."""
        shapes = self.source.skipped_shapes()
        return [shapes[index] for index in self.indices]

    def lacks_masks(self) -> list[tuple[int, ...]] | None:
        """Return which objects have only a box, as the source knows it."""
        lacking = self.source.lacks_masks()
        return None if lacking is None else [lacking[index] for index in self.indices]

    def crowd_counts(self) -> list[int] | None:
        """Return each image's number of crowds, as the source knows it."""
        crowds = self.source.crowd_counts()
        return None if crowds is None else [crowds[index] for index in self.indices]
