"""What the readers of `Detections` share: objects of a file and the shapes that outline them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_maskrcnn.detections.masks import PixelMasks
from keras_maskrcnn.formats.rle import decode_crop
from keras_maskrcnn.formats.segmentations import segmentation_problem, to_rle
from keras_maskrcnn.mask_crops import combine, tight
from keras_maskrcnn.wording import closest


@dataclass(frozen=True, slots=True)
class ReadObject:
    """An object as a file holds it.

    Attributes:
        label: in 1..K.
        score: in 0..1.
        box: (x1, y1, x2, y2).
        crop: its mask as `(crop, x, y)`, or None.
    """

    label: int
    score: float
    box: tuple
    crop: tuple | None


def detections_of(kind, objects, class_names, image_size):
    """The objects as `kind`, which is `Detections`; all of them have a mask, or none has."""
    crops = [one.crop for one in objects]
    return kind(
        [one.box for one in objects],
        [one.label for one in objects],
        [one.score for one in objects],
        PixelMasks(crops) if all(crop is not None for crop in crops) else None,
        class_names,
        image_size,
    )


def label_of(name, class_names, place) -> int:
    """The number of a class.

    Raises:
        ValueError: there is no such class. The message begins with the place.
    """
    if name not in class_names:
        raise ValueError(
            f"{place} has the class {name!r:.60}, which is not one of the `class_names`."
            f"{closest(name, class_names)} Received: class_names={list(class_names)}."
        )
    return list(class_names).index(name) + 1


def filled(segmentation, image_size, place):
    """The pixels of an outline, `(crop, x, y)`, by the rule of COCO's own code.

    Args:
        segmentation: list of polygons [x, y, x, y, ...] or run lengths, as in COCO's files.
        image_size: (height, width).
        place: for the message.

    Raises:
        ValueError: the outline is broken. The message begins with the place.
    """
    if problem := segmentation_problem(segmentation, *image_size):
        raise ValueError(f"{place} {problem}. Correct or remove it.")
    (x, y, _, _), crop = decode_crop(to_rle(segmentation, image_size))
    return crop, x, y


def joined(crops):
    """The union of the pieces of a mask, in a tight crop."""
    return tight(*combine(crops, np.bitwise_or))


def outline_crops(polygons, image_size) -> list:
    """The masks `(crop, x, y)` of objects that are lists of outlines, (k, 2) each."""
    return [
        joined(
            [
                filled([np.ravel(piece).tolist()], image_size, f"Outline {k} of object {number}")
                for k, piece in enumerate(pieces, start=1)
            ]
        )
        for number, pieces in enumerate(polygons, start=1)
    ]


def extent(polygons, image_size) -> tuple:
    """The box around polygons [x, y, x, y, ...], within the image."""
    height, width = image_size
    points = np.concatenate([np.reshape(polygon, (-1, 2)) for polygon in polygons])
    corners = np.clip([points.min(0), points.max(0)], 0, (width, height))
    return tuple(corners.ravel().tolist())


def box_of(crop) -> tuple:
    """The box around the pixels of a tight crop; (0, 0, 0, 0) of an empty one."""
    pixels, x, y = crop
    return (x, y, x + pixels.shape[1], y + pixels.shape[0])
