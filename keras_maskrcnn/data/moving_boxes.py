"""What becomes of a box, about whose object nothing more is known, when its image changes.

A moved box is (4,) float64, or None where too little is left of it.
"""

import numpy as np

from keras_maskrcnn.data.point_moves import points_after_remap

_PARTS = 8  # of each side of a box: its outline is followed at their ends


def move_boxes(matrix, boxes) -> np.ndarray:
    """Return the boxes (n, 4) around the moved boxes."""
    corners = boxes[:, [[0, 1], [2, 3], [0, 3], [2, 1]]] @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def box_areas(boxes) -> np.ndarray:
    """Return the areas (n,) of boxes (n, 4)."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def warp_boxes(boxes, matrix, image_size, min_area, min_visible) -> list:
    """Return the boxes around the four moved corners, cut at the image's border.

    One that keeps less area than `min_area`, or less than the share `min_visible` of it, is None.
    """
    whole = move_boxes(matrix, boxes.astype(np.float64))
    least = np.maximum(min_area, min_visible * box_areas(whole))
    return cut_boxes(whole, image_size, least)


def remap_boxes(boxes, x, y) -> list:
    """Return the boxes around the moved outlines, cut at the image's border.

    Of each side 9 points are followed, see `points_after_remap`.
    """
    points = outlines(boxes)
    moved = points_after_remap(points.reshape(-1, 2), x, y)[0].reshape(points.shape)
    whole = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
    return cut_boxes(whole, x.shape)


def outlines(boxes) -> np.ndarray:
    """Return 9 points of each side of the boxes (n, 4): (n, 36, 2) float64 x, y."""
    share = np.linspace(0, 1, _PARTS + 1)
    ends = np.zeros_like(share), np.ones_like(share)
    across = np.concatenate([share, share, *ends])
    down = np.concatenate([*ends, share, share])
    x1, y1, x2, y2 = boxes.astype(np.float64).T[..., None]
    return np.stack([x1 + across * (x2 - x1), y1 + down * (y2 - y1)], axis=-1)


def hide_boxes(boxes, cover, min_visible) -> list:
    """Return the boxes around what `cover` (H, W) bool leaves to be seen of each.

    One of which less than the share `min_visible` is left, or nothing, is None.
    """
    moved = []
    for box in boxes.astype(np.float64):
        low = np.maximum(np.floor(box[:2]), 0).astype(int)
        high = np.ceil(box[2:]).astype(int)
        seen = ~cover[low[1] : high[1], low[0] : high[0]]
        low_x, low_y = (low[axis] + np.arange(seen.shape[1 - axis]) for axis in (0, 1))
        widths = np.minimum(low_x + 1, box[2]) - np.maximum(low_x, box[0])
        heights = np.minimum(low_y + 1, box[3]) - np.maximum(low_y, box[1])
        area = heights @ seen @ widths
        if area <= 0 or area < min_visible * box_areas(box[None])[0]:
            moved.append(None)
            continue
        columns, rows = low_x[seen.any(axis=0)], low_y[seen.any(axis=1)]
        first = np.maximum(box[:2], (columns[0], rows[0]))
        last = np.minimum(box[2:], (columns[-1] + 1, rows[-1] + 1))
        moved.append(np.concatenate([first, last]))
    return moved


def cut_boxes(boxes, image_size, least=0.0) -> list:
    """Return the boxes inside the image; None for one of no area, or of less than `least` (n,)."""
    cut = np.clip(boxes, 0, np.array(image_size)[[1, 0, 1, 0]])
    areas = box_areas(cut)
    return [
        box if area > 0 and area >= enough else None
        for box, area, enough in zip(cut, areas, np.broadcast_to(least, len(cut)), strict=True)
    ]
