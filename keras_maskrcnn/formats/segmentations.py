"""What outlines an object in COCO's form: a list of polygons, or run lengths."""

import math

from pycocotools import mask as coco_mask

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.rle import run_lengths

_REACH = 10  # a polygon may lie outside the image by so many times its longer side


def to_rle(segmentation, size):
    """One run-length mask from polygons (their union), or the run lengths as they are.

    Args:
        segmentation: list of polygons [x, y, x, y, ...] in pixels, (0, 0) the outer corner of the
            first pixel, or a dict with `size` and `counts`.
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
    return coco_mask.merge(coco_mask.frPyObjects(segmentation, *size))


def check_segmentation(segmentation, size, place):
    """Raise DatasetError, naming the place, if a segmentation has a mistake.

    >>> check_segmentation([[1, 2, 3, 4]], (8, 10), "Line 3 of 'a.txt'")
    Traceback (most recent call last):
    ...
    keras_maskrcnn.formats.files.DatasetError: Line 3 of 'a.txt' has a polygon with 2 points ...
    """
    if problem := segmentation_problem(segmentation, *size):
        raise DatasetError(f"{place} {problem}. Correct or remove it.")


def segmentation_problem(segmentation, height, width):
    """What is wrong with a segmentation, or None.

    >>> segmentation_problem([[1, 2, 3, 4]], 8, 10)
    'has a polygon with 2 points (at least 3 make an area): [1, 2, 3, 4]'
    """
    if isinstance(segmentation, dict):
        return _rle_problem(segmentation, height, width)
    if not isinstance(segmentation, list) or not segmentation:
        return (
            "has no mask: segmentation must be a list of polygons or a run-length mask, "
            f"not {segmentation!r:.60}"
        )
    reach = _REACH * max(height, width)
    for polygon in segmentation:
        if problem := _polygon_problem(polygon, reach):
            return problem
    return None


def _polygon_problem(polygon, reach):
    """What is wrong with one polygon, or None."""
    if not isinstance(polygon, list):
        return f"has a polygon that is not a list [x, y, x, y, ...]: {polygon!r:.60}"
    try:
        finite = math.isfinite(sum(polygon))
    except (TypeError, OverflowError):
        finite = False
    if not finite:
        return f"has a polygon that is not made of numbers: {polygon!r:.60}"
    if len(polygon) % 2:
        return f"has a polygon with an odd number of coordinates ({len(polygon)})"
    if len(polygon) < 6:
        points = len(polygon) // 2
        return f"has a polygon with {points} points (at least 3 make an area): {polygon}"
    if max(polygon) > reach or min(polygon) < -reach:
        return f"has a polygon far outside the image, from {min(polygon)} to {max(polygon)}"
    return None


def _rle_problem(rle, height, width):
    """What is wrong with a run-length mask, or None."""
    if "size" not in rle or "counts" not in rle:
        return "has a run-length mask without 'size' and 'counts'"
    if rle["size"] != [height, width]:
        return (
            f"has a mask of the wrong size: [height, width] is {rle['size']}, "
            f"the image's is {[height, width]}"
        )
    try:
        run_lengths(rle)
    except ValueError as error:
        return f"has a broken run-length mask: its {error}"
    return None
