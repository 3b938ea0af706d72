"""Anchor boxes (Ren et al. 2015, section 3.1.1) on the grid of one feature map.

Shapes: H, W feature map, A anchors per cell (`keras_maskrcnn.ops`).
"""

import numpy as np
from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def cell_anchors(sizes, aspect_ratios, rounded=False) -> np.ndarray:
    """Anchors of one cell, centred at the origin.

    With ratio `r = height / width` and size `s`: `height = s sqrt(r)`, `width = s / sqrt(r)`.

    Args:
        sizes: side lengths in pixels of the square anchors, for example `(32,)`.
        aspect_ratios: height / width, for example `(0.5, 1.0, 2.0)`. The outer loop.
        rounded: round corners to whole pixels, half to even, as torchvision does.

    Returns:
        `(A, 4)` float32 NumPy array, xyxy; A is `len(aspect_ratios) * len(sizes)`.

    >>> cell_anchors((32,), (1.0,))
    array([[-16., -16.,  16.,  16.]], dtype=float32)
    """
    ratios = np.sqrt(np.asarray(aspect_ratios, "float32"))
    sizes = np.asarray(sizes, "float32")
    heights = (ratios[:, None] * sizes[None, :]).reshape(-1)  # (A,)
    widths = ((1.0 / ratios)[:, None] * sizes[None, :]).reshape(-1)
    anchors = np.stack([-widths, -heights, widths, heights], axis=1) / 2
    return (np.round(anchors) if rounded else anchors).astype("float32")


def grid_anchors(cells, grid_size, stride) -> Tensor:
    """Anchors of every cell of a feature map, in y, x, anchor order.

    Args:
        cells: `(A, 4)` anchors of one cell, as `cell_anchors` gives.
        grid_size: `(height, width)` of the feature map; integers or scalar tensors.
        stride: pixels from one cell to the next, one number or `(y, x)`. The first cell is at 0.

    Returns:
        `(height * width * A, 4)` float32 tensor, not clipped to the image.

    >>> from keras import ops
    >>> anchors = grid_anchors(cell_anchors((2,), (1.0,)), (1, 2), 4)
    >>> ops.convert_to_numpy(anchors)[1].tolist()
    [3.0, -1.0, 5.0, 1.0]
    """
    stride_y, stride_x = stride if isinstance(stride, (tuple, list)) else (stride, stride)
    height, width = grid_size
    ys = ops.cast(ops.arange(height), "float32") * ops.cast(stride_y, "float32")
    xs = ops.cast(ops.arange(width), "float32") * ops.cast(stride_x, "float32")
    grid_y, grid_x = ops.meshgrid(ys, xs, indexing="ij")  # (H, W)
    shifts = ops.stack([grid_x, grid_y, grid_x, grid_y], axis=-1)  # (H, W, 4)
    # (H, W, A, 4)
    anchors = ops.expand_dims(shifts, 2) + ops.convert_to_tensor(cells, "float32")
    return ops.reshape(anchors, (-1, 4))


def align_corners(boxes, size) -> Tensor:
    """Boxes in Matterport's coordinates, multiplied by the padded size.

    There a coordinate counts from the centre of the first pixel (0) to that of the last (1), and
    `x2`, `y2` name the last pixel inside: `x1 W / (W - 1)` and `(x2 - 1) W / (W - 1)`.

    Args:
        boxes: `(..., 4)` xyxy in pixels.
        size: `(height, width)` of the padded images; integers or scalar tensors.

    Returns:
        `(..., 4)` float32 tensor.

    >>> from keras import ops
    >>> ops.convert_to_numpy(align_corners(ops.array([[0.0, 0, 5, 5]]), (5, 5))).tolist()
    [[0.0, 0.0, 5.0, 5.0]]
    """
    height, width = (ops.cast(side, "float32") for side in size)
    scale = ops.stack([width / (width - 1), height / (height - 1)] * 2)
    return (boxes - ops.convert_to_tensor([0.0, 0.0, 1.0, 1.0])) * scale
