"""Box arithmetic on `(..., 4)` tensors of `x1, y1, x2, y2` in pixels, always in float32.

The origin is the outer corner of the first pixel and a box is `x2 - x1` wide. Coordinates stay in
float32 under mixed precision, because bfloat16 steps by 4 pixels at x = 600.

Shapes: B images, N boxes, `...` any leading axes (`keras_maskrcnn.ops`).
"""

import math

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor

#: Upper bound of the decoded `dw` and `dh`: a proposal grows at most 1000 / 16 fold.
MAX_LOG_SCALE = math.log(1000.0 / 16.0)


def _split(boxes):
    boxes = ops.cast(boxes, "float32")
    return boxes[..., 0], boxes[..., 1], boxes[..., 2], boxes[..., 3]


def area(boxes) -> Tensor:
    """Area of each box, `(...,)` float32 in square pixels; 0 where a side is negative.

    >>> from keras import ops
    >>> float(area(ops.array([2.0, 1.0, 5.0, 3.0])))
    6.0
    """
    x1, y1, x2, y2 = _split(boxes)
    return ops.maximum(x2 - x1, 0.0) * ops.maximum(y2 - y1, 0.0)


def pairwise_iou(boxes_a, boxes_b) -> Tensor:
    """Intersection over union of every box in `boxes_a` with every box in `boxes_b`.

    Args:
        boxes_a: `(..., M, 4)` boxes in pixels.
        boxes_b: `(..., N, 4)` boxes in pixels; leading axes broadcast.

    Returns:
        `(..., M, N)` float32 in `[0, 1]`. Pairs of boxes without area give 0, never NaN.

    >>> from keras import ops
    >>> iou = pairwise_iou(ops.array([[0.0, 0, 2, 2]]), ops.array([[1.0, 0, 3, 2], [5.0, 5, 6, 6]]))
    >>> [round(float(v), 3) for v in iou[0]]
    [0.333, 0.0]
    """
    intersection, union = pairwise_areas(boxes_a, boxes_b)
    return intersection / ops.maximum(union, 1e-9)


def pairwise_areas(boxes_a, boxes_b) -> tuple[Tensor, Tensor]:
    """Areas of intersection and union of every box in `boxes_a` with every box in `boxes_b`.

    Args and shapes as for `pairwise_iou`; both results are `(..., M, N)` float32 square pixels.
    `intersection > threshold * union` compares the IoU without a division.
    """
    ax1, ay1, ax2, ay2 = (ops.expand_dims(c, -1) for c in _split(boxes_a))  # (..., M, 1)
    bx1, by1, bx2, by2 = (ops.expand_dims(c, -2) for c in _split(boxes_b))  # (..., 1, N)
    width = ops.maximum(ops.minimum(ax2, bx2) - ops.maximum(ax1, bx1), 0.0)
    height = ops.maximum(ops.minimum(ay2, by2) - ops.maximum(ay1, by1), 0.0)
    intersection = width * height  # (..., M, N)
    areas = ops.expand_dims(area(boxes_a), -1) + ops.expand_dims(area(boxes_b), -2)
    return intersection, areas - intersection


def clip(boxes, windows) -> Tensor:
    """Clip boxes to their image, or to a window of it.

    Args:
        boxes: `(B, N, 4)` boxes in pixels.
        windows: `(B, 2)` height and width of the unpadded images, or `(B, 4)` windows
            `x1, y1, x2, y2`, where the image does not lie in the top left corner.

    Returns:
        `(B, N, 4)` float32 boxes within their window.

    >>> from keras import ops
    >>> ops.convert_to_numpy(clip(ops.array([[[-3.0, 1, 9, 9]]]), ops.array([[4, 8]]))).tolist()
    [[[0.0, 1.0, 8.0, 4.0]]]
    """
    x1, y1, x2, y2 = _split(boxes)  # (B, N)
    windows = ops.cast(windows, "float32")
    if windows.shape[-1] == 2:
        left = top = 0.0
        bottom, right = windows[:, 0:1], windows[:, 1:2]  # (B, 1)
    else:
        left, top, right, bottom = (windows[:, side : side + 1] for side in range(4))
    x1, x2 = (ops.minimum(ops.maximum(x, left), right) for x in (x1, x2))
    y1, y2 = (ops.minimum(ops.maximum(y, top), bottom) for y in (y1, y2))
    return ops.stack([x1, y1, x2, y2], axis=-1)


def sides_at_least(boxes, min_size) -> Tensor:
    """Whether both sides of a box are `>= min_size` pixels; `(...,)` bool."""
    x1, y1, x2, y2 = _split(boxes)
    return ops.logical_and(x2 - x1 >= min_size, y2 - y1 >= min_size)


def encode(boxes, anchors, weights=(1.0, 1.0, 1.0, 1.0)) -> Tensor:
    """Deltas that turn `anchors` into `boxes` (Girshick et al. 2014, appendix C).

    `dx = wx (cx - cx_a) / w_a`, `dy` alike; `dw = ww log(w / w_a)`, `dh` alike.

    Args:
        boxes: `(..., 4)` target boxes in pixels.
        anchors: `(..., 4)` anchors or proposals in pixels, same shape.
        weights: multipliers of `dx, dy, dw, dh`.

    Returns:
        `(..., 4)` float32 deltas `dx, dy, dw, dh`; finite also where a box is empty.

    >>> from keras import ops
    >>> [round(float(d), 3) for d in encode(ops.array([0.0, 0, 4, 8]), ops.array([0.0, 0, 4, 4]))]
    [0.0, 0.5, 0.0, 0.693]
    """
    width, height, cx, cy = _centres(boxes)  # (...,)
    anchor_width, anchor_height, anchor_cx, anchor_cy = _centres(anchors)
    anchor_width = ops.maximum(anchor_width, 1e-6)
    anchor_height = ops.maximum(anchor_height, 1e-6)
    wx, wy, ww, wh = weights
    return ops.stack(
        [
            wx * (cx - anchor_cx) / anchor_width,
            wy * (cy - anchor_cy) / anchor_height,
            ww * ops.log(ops.maximum(width, 1e-6) / anchor_width),
            wh * ops.log(ops.maximum(height, 1e-6) / anchor_height),
        ],
        axis=-1,
    )


def decode(deltas, anchors, weights=(1.0, 1.0, 1.0, 1.0)) -> Tensor:
    """Boxes that `deltas` make of `anchors`; the inverse of `encode`.

    `dw` and `dh` are clamped from above at `log(1000 / 16)` after division by their weights.

    Args:
        deltas: `(..., 4)` deltas `dx, dy, dw, dh`.
        anchors: `(..., 4)` anchors or proposals in pixels, broadcastable.
        weights: the divisors of the deltas, as given to `encode`.

    Returns:
        `(..., 4)` float32 boxes in pixels, not clipped.
    """
    width, height, cx, cy = _centres(anchors)  # (...,)
    dx, dy, dw, dh = (d / w for d, w in zip(_split(deltas), weights, strict=True))
    cx, cy = cx + dx * width, cy + dy * height
    width = ops.exp(ops.minimum(dw, MAX_LOG_SCALE)) * width
    height = ops.exp(ops.minimum(dh, MAX_LOG_SCALE)) * height
    return ops.stack(
        [cx - 0.5 * width, cy - 0.5 * height, cx + 0.5 * width, cy + 0.5 * height], axis=-1
    )


def _centres(boxes):
    x1, y1, x2, y2 = _split(boxes)
    width, height = x2 - x1, y2 - y1
    return width, height, x1 + 0.5 * width, y1 + 0.5 * height
