"""What outlines an object: a list of polygons, run lengths, or a cut mask `(crop, x, y)`."""

import math
import numbers

import numpy as np
from pycocotools import mask as coco_mask

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.rle import decode, encode, run_lengths
from keras_maskrcnn.mask_crops import box_of
from keras_maskrcnn.wording import shown

_REACH = 10  # a polygon may lie outside the image by so many times its longer side


def to_rle(segmentation, size) -> dict:
    """Return the run lengths of polygons (their union) or of a cut mask; run lengths as they are.

    Args:
        segmentation: list of polygons [x, y, x, y, ...] in pixels, (0, 0) the outer corner of the
            first pixel, a dict with `size` and `counts`, or `(crop, x, y)`.
        size: (height, width) of the image.

    Returns:
        dict with `size` and `counts`.

    Example:

    >>> mask = to_rle([[1, 0, 3, 0, 3, 2, 1, 2]], (3, 4))
    >>> run_lengths(mask).tolist()  # 1 column of 3, then 2 rows of 2 columns
    [3, 2, 1, 2, 4]
    """
    if isinstance(segmentation, dict):
        return segmentation
    if isinstance(segmentation, tuple):
        return encode(*segmentation, size)
    return coco_mask.merge(coco_mask.frPyObjects(segmentation, *size))


def cut(segmentation, size) -> tuple[np.ndarray, int, int]:
    """Return the pixels of a segmentation as a cut mask, by the rule of COCO's own code.

    >>> crop, x, y = cut([[1, 0, 3, 0, 3, 2, 1, 2]], (3, 4))
    >>> crop.tolist(), x, y
    ([[1, 1], [1, 1]], 1, 0)
    """
    return segmentation if isinstance(segmentation, tuple) else decode(to_rle(segmentation, size))


def joined(pieces, size) -> list | dict | tuple:
    """Return one segmentation of several: all their polygons, or the union of their masks."""
    if len(pieces) == 1:
        return pieces[0]
    if all(isinstance(piece, list) for piece in pieces):
        return [polygon for piece in pieces for polygon in piece]
    return coco_mask.merge([to_rle(piece, size) for piece in pieces])


def box_around(segmentation, size) -> tuple:
    """Return the box (x1, y1, x2, y2) around polygons, within the image, or around the pixels.

    >>> box_around([[1.5, 0, 9, 0, 9, 2]], (3, 4))
    (1.5, 0.0, 4.0, 2.0)
    """
    if not isinstance(segmentation, list):
        return box_of(cut(segmentation, size))
    height, width = size
    points = np.concatenate([np.reshape(polygon, (-1, 2)) for polygon in segmentation])
    corners = np.clip([points.min(0), points.max(0)], 0, (width, height))
    return tuple(corners.ravel().tolist())


def rough_area(segmentation, size) -> float:
    """Return about how many pixels a segmentation covers, without drawing it.

    Args:
        segmentation: see `to_rle`. Of polygons it is the sum of their areas, or that of the box
            around them in the image if this is less.
        size: (height, width) of the image.

    >>> rough_area([[0, 0, 4, 0, 4, 2]], (3, 3)), rough_area([[1, 0, 2, 0, 2, 9, 1, 9]], (3, 4))
    (4.0, 3.0)
    """
    if isinstance(segmentation, tuple):
        return float(np.count_nonzero(segmentation[0]))
    if isinstance(segmentation, dict):
        return float(run_lengths(segmentation)[1::2].sum())
    x1, y1, x2, y2 = box_around(segmentation, size)
    return float(min(sum(map(enclosed, segmentation)), (x2 - x1) * (y2 - y1)))


def enclosed(polygon) -> float:
    """Return the area inside a polygon [x, y, x, y, ...].

    >>> enclosed([0, 0, 4, 0, 4, 2])
    4.0
    """
    x, y = np.reshape(polygon, (-1, 2)).T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def check_segmentation(segmentation, size, place) -> None:
    """Raise DatasetError, naming the place, if a segmentation has a mistake.

    >>> check_segmentation([[1, 2, 3, 4]], (8, 10), "Line 3 of 'a.txt'")
    Traceback (most recent call last):
    ...
    keras_maskrcnn.formats.files.DatasetError: Line 3 of 'a.txt' has a polygon with 2 points ...
    """
    if problem := segmentation_problem(segmentation, *size):
        raise DatasetError(f"{place} {problem}. Correct or remove it.")


def segmentation_problem(segmentation, height, width) -> str | None:
    """Return what is wrong with polygons or run lengths, or None; a cut mask is never wrong.

    >>> segmentation_problem([[1, 2, 3, 4]], 8, 10)
    'has a polygon with 2 points (at least 3 make an area): [1, 2, 3, 4]'
    """
    if isinstance(segmentation, tuple):
        return None
    if isinstance(segmentation, dict):
        return _rle_problem(segmentation, height, width)
    if not isinstance(segmentation, list) or not segmentation:
        return (
            "has no mask: segmentation must be a list of polygons or a run-length mask, "
            f"not {shown(segmentation)}"
        )
    reach = _REACH * max(height, width)
    for polygon in segmentation:
        if problem := _polygon_problem(polygon, reach):
            return problem
    return None


def _polygon_problem(polygon, reach):
    """Return what is wrong with one polygon, or None."""
    if not isinstance(polygon, list):
        return f"has a polygon that is not a list [x, y, x, y, ...]: {shown(polygon)}"
    try:
        finite = math.isfinite(sum(polygon))
    except (TypeError, OverflowError):
        finite = False
    if not finite:
        return f"has a polygon that is not made of numbers: {shown(polygon)}"
    if len(polygon) % 2:
        return f"has a polygon with an odd number of coordinates ({len(polygon)})"
    if len(polygon) < 6:
        points = len(polygon) // 2
        return f"has a polygon with {points} points (at least 3 make an area): {shown(polygon)}"
    low, high = min(polygon), max(polygon)
    if high > reach or low < -reach:
        return f"has a polygon far outside the image, from {shown(low)} to {shown(high)}"
    return None


def _rle_problem(rle, height, width):
    """Return what is wrong with a run-length mask, or None."""
    if "size" not in rle or "counts" not in rle:
        return "has a run-length mask without 'size' and 'counts'"
    size = rle["size"]
    if size != [height, width] or not all(isinstance(side, numbers.Integral) for side in size):
        return (
            f"has a mask of the wrong size: [height, width] is {shown(size)}, "
            f"the image's is {[height, width]}"
        )
    try:
        run_lengths(rle)
    except ValueError as error:
        return f"has a broken run-length mask: its {error}"
    return None
