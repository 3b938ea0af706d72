"""Semantic and panoptic maps drawn onto an image."""

from __future__ import annotations

import cv2
import numpy as np

from keras_maskrcnn.drawing.colors import PALETTE
from keras_maskrcnn.drawing.instances import draw_instances
from keras_maskrcnn.drawing.labels import draw_labels
from keras_maskrcnn.mask_crops import box_of, tight
from keras_maskrcnn.semantics import THINGS

#: Classes that are not painted, as what is not painted shows them.
UNPAINTED = (THINGS, "background")


def class_color(value) -> np.ndarray:
    """Return the colour of a value of a semantic map, uint8 (3,) RGB: always the same.

    The palette of instances, turned, and darker with each round, so that 60 differ.
    """
    return (PALETTE[(value * 5 + 1) % len(PALETTE)] * 0.8 ** (value // len(PALETTE))).astype(
        np.uint8
    )


def draw_semantic(
    image, semantic, class_names, *, show_labels: bool = True, opacity: float = 0.5
) -> np.ndarray:
    """Return a copy of `image` with each class of a semantic map in a colour of its own.

    "things" and "background" stay as they are, and so do pixels without a class.

    Args:
        image: (H, W, 3) uint8 RGB.
        semantic: (H, W) int, the class of each pixel.
        class_names: names of the values 0, 1, ...
        show_labels: whether each class is named, where it is widest.
        opacity: of the colours, 0..1.

    Returns:
        (H, W, 3) uint8 RGB.

    Example:

    >>> image, sea = np.zeros((2, 2, 3), np.uint8), np.array([[0, 0], [1, 255]])
    >>> draw_semantic(image, sea, ["background", "sea"], show_labels=False)[:, 0].tolist()
    [[0, 0, 0], [128, 65, 10]]
    """
    values = [v for v, name in enumerate(class_names) if name not in UNPAINTED]
    regions = [(semantic == value, class_names[value], class_color(value)) for value in values]
    return _painted(image, regions, show_labels, opacity)


def draw_panoptic(
    image, panoptic, *, show_labels: bool | None = None, opacity: float = 0.5
) -> np.ndarray:
    """Return a copy of `image` with the stuff of a panoptic map painted, and its objects on it.

    Args:
        image: (H, W, 3) uint8 RGB.
        panoptic: `keras_maskrcnn.semantics.PanopticMap` of the image's size.
        show_labels: True, False, or None for "where they hide little".
        opacity: of the stuff's colours, 0..1.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    stuff = [one for one in panoptic.segments if not one.is_thing]
    names = sorted({one.class_name for one in stuff})
    regions = [
        (panoptic.ids == one.id, one.class_name, class_color(names.index(one.class_name)))
        for one in stuff
    ]
    picture = _painted(image, regions, show_labels is not False, opacity)
    things = [one for one in panoptic.segments if one.is_thing]
    masks = [tight(panoptic.ids == one.id) for one in things]
    known = list(dict.fromkeys(one.class_name for one in things))
    scores = [one.score for one in things]
    return draw_instances(
        picture,
        [box_of(mask) for mask in masks],
        [known.index(one.class_name) + 1 for one in things],
        None if None in scores else scores,
        masks,
        known,
        show_labels=show_labels,
    )


def _painted(image, regions, show_labels, opacity):
    """Return the image with regions, triples of mask (H, W), name and colour, painted and named."""
    picture = np.array(image)
    regions = [region for region in regions if region[0].any()]
    for mask, _, color in regions:
        tint = (1 - opacity) * picture[mask] + opacity * color.astype(np.float32)
        picture[mask] = np.rint(tint).astype(np.uint8)
    if show_labels and regions:
        boxes = [_inmost(mask) for mask, _, _ in regions]
        texts = [(name, name) for _, name, _ in regions]
        draw_labels(picture, boxes, texts, [color for _, _, color in regions], always=True)
    return picture


def _inmost(mask):
    """Return the box (x1, y1, x2, y2) of the pixel of a mask that is farthest from its edge."""
    distance = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)
    y, x = divmod(int(distance.argmax()), distance.shape[1])
    return x - 1, y - 1, x, y
