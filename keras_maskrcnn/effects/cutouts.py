"""Objects on a transparent background."""

from __future__ import annotations

import math

import numpy as np

from keras_maskrcnn.effects.compositing import (
    FEATHER,
    check_feather,
    coverage,
    extend_colors,
    feathered,
    pixels_of,
)


def cut_out(image, found, classes=None, feather: float = FEATHER) -> np.ndarray:
    """Cut out the objects of the chosen classes, onto a transparent background.

    Args:
        image: (H, W, 3) uint8 RGB, a path or a PIL image.
        found: `Detections` of this image, with masks.
        classes: names of the classes that stay, or None for all.
        feather: width of the objects' soft edge in pixels; see `coverage`.

    Returns:
        (H, W, 4) uint8 RGBA, not premultiplied. The colours are the image's, also where alpha is 0,
        but for the soft edge, which carries on those of the object.

    Raises:
        ValueError: the image is not that of the detections, a class is unknown, `feather` is below
            0, or there are no masks.

    Example:

    >>> from keras_maskrcnn.detections import Detections
    >>> found = Detections([[0, 0, 1, 1]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (1, 3))
    >>> cut_out(np.full((1, 3, 3), 9, np.uint8), found, feather=1)[0].tolist()
    [[9, 9, 9, 255], [9, 9, 9, 128], [9, 9, 9, 0]]
    """
    image = pixels_of(image, found)
    return _with_alpha(image, coverage(found, classes, feather))


def cut_out_each(image, found, classes=None, feather: float = FEATHER) -> list[np.ndarray]:
    """Cut out every object of the chosen classes, onto a transparent background of its own.

    Each picture shows the object's box and, around it, what the soft edge takes, as far as the
    image goes. A neighbour that is seen in the box is transparent.

    Args:
        image: (H, W, 3) uint8 RGB, a path or a PIL image.
        found: `Detections` of this image, with masks.
        classes: names of the classes to cut out, or None for all.
        feather: width of the objects' soft edge in pixels; see `coverage`.

    Returns:
        list of (h, w, 4) uint8 RGBA as of `cut_out`, one for each object of the chosen classes, in
        their order. One whose box has no pixel in the image has h or w 0.

    Raises:
        ValueError: as `cut_out`.

    Example:

    >>> from keras_maskrcnn.detections import Detections
    >>> boxes = [[0, 0, 1, 1], [3, 0, 5, 1]]
    >>> found = Detections(boxes, [1, 1], [0.9, 0.8], np.ones((2, 28, 28)), ["cell"], (1, 6))
    >>> pictures = cut_out_each(np.full((1, 6, 3), 9, np.uint8), found, feather=1)
    >>> [picture[0, :, 3].tolist() for picture in pictures]
    [[255, 128], [128, 255, 255, 128]]
    """
    image = pixels_of(image, found)
    check_feather(feather)
    margin = math.ceil(min(feather, max(image.shape)) + 0.5) - 1  # no pixel beyond is covered
    crops = found.filter(classes=classes).mask_crops()
    return [_cut_out_of(image, *crop, margin, feather) for crop in crops]


def _cut_out_of(image, crop, x, y, margin, feather) -> np.ndarray:
    """Cut out the object of one of `mask_crops`, with its margin."""
    top, left = max(0, y - margin), max(0, x - margin)
    place = np.s_[top : y + crop.shape[0] + margin, left : x + crop.shape[1] + margin]
    window = image[place] if crop.size else image[:0, :0]
    mask = np.zeros(window.shape[:2], np.uint8)
    mask[y - top :, x - left :][: crop.shape[0], : crop.shape[1]] = crop
    return _with_alpha(window, feathered(mask, feather))


def _with_alpha(image, alpha) -> np.ndarray:
    """(h, w, 4) uint8 of an image and its alpha (h, w) in 0..1."""
    return np.dstack([extend_colors(image, alpha), np.rint(255 * alpha).astype(np.uint8)])
