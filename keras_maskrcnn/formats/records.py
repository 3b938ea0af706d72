"""What every format is read into and written from: images and their objects."""

import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from keras_maskrcnn.skeletons import Skeleton

LONGEST_SIDE = 2**20  # pixels, the most that OpenCV reads


@dataclass(frozen=True, slots=True)
class AnnotatedObject:
    """An object of an image, as a file holds it.

    Attributes:
        class_name: name of its class, or None if the file does not say.
        segmentation: what outlines it: a list of polygons [x, y, x, y, ...] or run lengths, both as
            COCO has them, or a cut mask `(crop, x, y)`. None if there is only a box.
        bbox: [x, y, width, height] in pixels, None for the box around the segmentation.
        area: pixels, where a file states them.
        iscrowd: True for a region that holds many objects not told apart.
        score: in 0..1, or None if the file has none, as where a person drew it.
        fields: dict of what else is known of the object, or None: "keypoints", for each of J x, y
            in pixels, and 0 unknown, 1 hidden or 2 visible; of what was found the score.
        place: its name for messages.
    """

    class_name: str | None
    segmentation: list | dict | tuple | None = None
    bbox: list | None = None
    area: float | None = None
    iscrowd: bool = False
    score: float | None = None
    fields: dict | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """An image and its objects.

    Attributes:
        file_name: relative to the folder of the images.
        size: (height, width).
        objects: list of `AnnotatedObject`.
        skipped: dict from a kind of shape that cannot be an object, such as "point", to how many
            there are.
        image_id: the file's own id, None if it has none.
        stated: what else the file states of the image, a dict.
    """

    file_name: str
    size: tuple[int, int]
    objects: list[AnnotatedObject]
    skipped: dict = field(default_factory=dict)
    image_id: int | str | None = None
    stated: dict = field(default_factory=dict)

    def values(self) -> dict:
        """Return all that is known of the image itself, with COCO's keys."""
        (height, width), name = self.size, self.file_name
        known = {"id": self.image_id, "file_name": name, "height": height, "width": width}
        return self.stated | known


@dataclass(frozen=True, slots=True)
class AnnotatedSet:
    """The images of a data set.

    Attributes:
        path: of the annotations, for messages.
        images_dir: folder that the images' `file_name` is relative to.
        images: list of `AnnotatedImage`.
        category_ids: dict from the name of each class to its id.
        remarks: sentences on what was left out of the files, for the person who trains on it.
        skeleton: `Skeleton` of the objects' keypoints, None if they have none.
        names_classes: False if the files say of no object what it is, so that all are of one class
            with a name of ours.
    """

    path: str
    images_dir: str
    images: list[AnnotatedImage]
    category_ids: dict[str, int]
    remarks: tuple[str, ...] = ()
    skeleton: Skeleton | None = None
    names_classes: bool = True


@dataclass(frozen=True, slots=True)
class Format:
    """A format that data sets come in.

    Attributes:
        name: str.
        container: "JSON" for one file, "folder" for many.
        marks: how to know it, for the message when none is found.
        recognizes: function of a `Path` and its parsed JSON; returns whether it is of this format.
            Asked with None for the JSON first, and again with it if no format knows the path alone.
        read: function of the path and the folder of the images (default: where the annotations
            lie); returns an `AnnotatedSet`. By keyword it takes its `options`.
        options: names among "content" (the parsed JSON, so as not to read it twice), "classes" (the
            names that the caller wants, for a format whose files may not say them), "skeleton" (the
            `Skeleton` that the caller wants, None for that of the files) and what this format alone
            has, such as VIA's "attribute".
        write: function of an `AnnotatedSet` and the `Path` that it will be written to; returns the
            content (JSON, or for a folder a dict from the name of each file to its JSON or text)
            and a `Counter` of what the format cannot hold, by (what it is, why). None if the format
            is not written.
    """

    name: str
    container: str
    marks: str
    recognizes: Callable[..., bool]
    read: Callable[..., AnnotatedSet]
    options: tuple[str, ...] = ()
    write: Callable[..., tuple] | None = None


def checksum(image, objects) -> int:
    """Return a number that changes with an image's name and size and with its objects.

    How a file writes numbers and accents makes no difference, nor where it lies.

    Args:
        image: `AnnotatedImage`.
        objects: list of (label, `AnnotatedObject`).

    >>> cat = AnnotatedObject("cat", [[0, 0, 4, 0, 4, 4]])
    >>> image = AnnotatedImage("a.png", (8, 8), [cat])
    >>> dog = AnnotatedObject("dog", [[0.0, 0, 4, 0, 4, 4]])
    >>> checksum(image, [(1, cat)]) == checksum(image, [(1, dog)])
    True
    >>> checksum(image, [(1, cat)]) == checksum(image, [(2, cat)])
    False
    """
    name = unicodedata.normalize("NFC", image.file_name)
    parts = [name.encode("utf-8", "surrogatepass"), _packed(image.size)]
    for label, one in objects:
        points = (one.fields or {}).get("keypoints", ())
        parts += [_packed((label, one.iscrowd)), *_outline(one), _packed(points)]
    return zlib.crc32(b"".join(parts))


def _outline(one):
    """Return what outlines an object as a list of bytes."""
    if one.segmentation is None:
        return [_packed(one.bbox)]
    if isinstance(one.segmentation, tuple):
        crop, x, y = one.segmentation
        return [_packed((x, y, *crop.shape)), crop.tobytes()]
    if isinstance(one.segmentation, list):
        return [_packed(polygon) for polygon in one.segmentation]
    counts = one.segmentation["counts"]
    if isinstance(counts, list):
        return [_packed(counts)]
    return [counts.encode() if isinstance(counts, str) else counts]


def _packed(numbers):
    return np.asarray(numbers, "<f8").tobytes()


def is_side(value) -> bool:
    """Return whether it is a number of pixels that a side of an image may have.

    >>> is_side(640), is_side(0), is_side(640.0), is_side(2**31)
    (True, False, False, False)
    """
    return type(value) is int and 0 < value <= LONGEST_SIDE


def numbered(class_names) -> dict[str, int]:
    """Return ids for classes that have none: 1, 2, ... in their order.

    >>> numbered(["cat", "dog"])
    {'cat': 1, 'dog': 2}
    """
    return {name: number for number, name in enumerate(class_names, start=1)}
