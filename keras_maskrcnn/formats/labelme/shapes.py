"""The shapes of LabelMe as segmentations."""

import base64
import math
import re

from keras_maskrcnn.formats.images import decode_image
from keras_maskrcnn.formats.polygons import ellipse, is_coordinate, is_number, rectangle
from keras_maskrcnn.mask_crops import tight
from keras_maskrcnn.scores import read_score
from keras_maskrcnn.wording import shown

NO_MASK = ("point", "points", "line", "linestrip")  # shapes without an inside
_SCORE = re.compile(r"score ([01]\.\d+)")


def shape_segmentation(shape, size) -> list | tuple:
    """Turn a shape into a segmentation.

    Args:
        shape: dict with `shape_type`, "polygon" (the default), "oriented_rectangle", "rectangle"
            (two opposite corners), "circle" (its centre and a point on it) or "mask" (its first and
            last pixel, and under `mask` the PNG of what lies between), and `points`, [[x, y], ...].
        size: (height, width) of the image.

    Returns:
        list of one polygon, or a cut mask `(crop, x, y)`.

    Raises:
        ValueError: the shape is unknown or broken. The message is to follow the shape's name.

    Example:

    >>> shape_segmentation({"shape_type": "rectangle", "points": [[5, 3], [2, 1]]}, (8, 8))
    [[2, 1, 5, 1, 5, 3, 2, 3]]
    """
    kind = shape.get("shape_type") or "polygon"
    points = shape_points(shape, kind)
    if kind in ("polygon", "oriented_rectangle"):
        return [[value for point in points for value in point]]
    if kind not in ("rectangle", "circle", "mask"):
        raise ValueError(f"has an unknown shape_type: {shown(kind, 40)}")
    if len(points) != 2:
        raise ValueError(f"has a {kind} with {len(points)} points, not 2")
    (x1, y1), (x2, y2) = points
    if kind == "mask":
        return _mask(shape.get("mask"), round(x1), round(y1), size)
    if kind == "circle":
        radius = math.hypot(x2 - x1, y2 - y1)
        if not radius:
            raise ValueError("has a circle without area: both points are the same")
        return [ellipse(x1, y1, radius, radius)]
    if x1 == x2 or y1 == y2:
        raise ValueError(f"has a rectangle without area: {points}")
    return [rectangle(x1, y1, x2, y2)]


def shape_points(shape, kind) -> list:
    """Return the points of a shape, checked to be pairs of numbers.

    Raises:
        ValueError: they are not, or lie far outside. The message is to follow the shape's name.
    """
    points = shape.get("points")
    try:
        values = [value for x, y in points for value in (x, y)]
    except (TypeError, ValueError):
        values = [None]
    if not all(map(is_number, values)):
        raise ValueError(
            f"has a {kind} whose points are not numbers [[x, y], ...]: {shown(points)}"
        )
    if not all(map(is_coordinate, values)):
        raise ValueError(f"has a {kind} far outside the image: its points are {shown(points)}")
    return points


def stated_score(shape, place) -> float | None:
    """Return the score that begins the description of a shape, as `to_labelme` writes it, or None.

    >>> stated_score({"description": "score 0.75"}, "Shape 1")
    0.75
    """
    description = shape.get("description")
    stated = _SCORE.match(description) if isinstance(description, str) else None
    return read_score(float(stated[1]) if stated else None, place)


def _mask(data, x, y, size):
    """Return a mask, cut, from its PNG and its first column and row."""
    try:
        pixels = decode_image(base64.b64decode(data, validate=True), "mask").any(axis=2)
    except (TypeError, ValueError):  # binascii.Error and ImageReadError among them
        raise ValueError("has a mask that is not a PNG in base64") from None
    left, top = max(-x, 0), max(-y, 0)
    crop = pixels[top : max(size[0] - y, 0), left : max(size[1] - x, 0)]
    return tight(crop, x + left, y + top)
