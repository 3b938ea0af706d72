"""What becomes of masks, kept as tight crops, when their image changes.

A moved mask is (box, mask) with its tight box (x1, y1, x2, y2), or None where too little is left.
"""

import cv2
import numpy as np

from keras_maskrcnn.data.mask_windows import warped_windows
from keras_maskrcnn.mask_crops import box_of, tight


def move_each(instances, move_masks, move_boxes) -> list:
    """Move each object of an image as what it is: by its mask, or by its box if it has none.

    Args:
        instances: `Instances`.
        move_masks: function of boxes and masks that returns a list as described above.
        move_boxes: function of boxes that returns a list of boxes, None where one is gone.

    Returns:
        list of one (box, mask or None), or None where the object is gone, for each object.
    """
    has_masks, moved = instances.has_masks, [None] * len(instances)
    rows = np.flatnonzero(has_masks)
    found = move_masks(instances.boxes[rows], [instances.masks[i] for i in rows])
    for i, pair in zip(rows, found, strict=True):
        moved[i] = pair
    rows = np.flatnonzero(~has_masks)
    for i, box in zip(rows, move_boxes(instances.boxes[rows]), strict=True):
        moved[i] = None if box is None else (box, None)
    return moved


def pixel_counts(masks) -> np.ndarray:
    """Return the number of pixels of each mask, int64, shape (n,)."""
    return np.array([cv2.countNonZero(mask) for mask in masks], np.int64)


def warp_masks(boxes, masks, matrix, image_size, min_area, min_visible) -> list:
    """Return the masks after an affine map, cut at the image's border.

    One with fewer pixels than `min_area`, or less than the share `min_visible` of its area, is
    None.
    """
    linear, shift = matrix[:, :2], matrix[:, 2]
    growth = abs(float(np.linalg.det(linear)))
    least = np.maximum(min_area, min_visible * growth * pixel_counts(masks))
    windows = warped_windows(boxes, linear, shift, image_size).tolist()
    moved = []
    for mask, box, (x1, y1, x2, y2), enough in zip(masks, boxes, windows, least, strict=True):
        if x2 <= x1 or y2 <= y1:
            moved.append(None)
            continue
        offset = linear @ (box[:2] + 0.5) + shift - (x1 + 0.5, y1 + 0.5)
        placed = np.column_stack([linear, offset])
        warped = cv2.warpAffine(mask * np.uint8(255), placed, (x2 - x1, y2 - y1))
        moved.append(_tight(cv2.threshold(warped, 127, 1, 0)[1], x1, y1, enough))
    return moved


def remap_masks(boxes, masks, x, y) -> list:
    """Return the masks after `cv2.remap` with the maps `x`, `y`; None for one without a pixel."""
    height, width = x.shape
    shifts = np.abs(x - np.arange(width)).max(), np.abs(y.T - np.arange(height)).max()
    margin = int(np.ceil(max(shifts))) + 1
    moved = []
    for mask, (x1, y1, x2, y2) in zip(masks, boxes.astype(np.int64).tolist(), strict=True):
        left, top = max(0, x1 - margin), max(0, y1 - margin)
        right, bottom = min(width, x2 + margin), min(height, y2 + margin)
        where = np.s_[top:bottom, left:right]
        bright = mask * np.uint8(255)
        warped = cv2.remap(bright, x[where] - x1, y[where] - y1, cv2.INTER_LINEAR)
        moved.append(_tight(cv2.threshold(warped, 127, 1, 0)[1], left, top, 0))
    return moved


def hide_masks(boxes, masks, cover, min_visible) -> list:
    """Return the masks without the pixels of `cover` (H, W) bool.

    One of which less than the share `min_visible` is left, or nothing, is None.
    """
    least = min_visible * pixel_counts(masks)
    corners = boxes.astype(np.int64).tolist()
    return [
        _tight(mask * ~cover[y1:y2, x1:x2], x1, y1, enough)
        for mask, (x1, y1, x2, y2), enough in zip(masks, corners, least, strict=True)
    ]


def _tight(crop, left, top, enough):
    """(box, mask) of a mask drawn in a window at (left, top), None if it has too few pixels."""
    cut = tight(crop, left, top)
    if not cut[0].size or cv2.countNonZero(cut[0]) < enough:
        return None
    return box_of(cut), cut[0]
