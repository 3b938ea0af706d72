"""Masks inside boxes: resampling ground truth into proposals.

Shapes: m side of a stored mask, P bins per side, `...` any leading axes (`keras_maskrcnn.ops`).
"""

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def resample_masks(masks, mask_boxes, boxes, output_size, sampling_ratio=2) -> Tensor:
    """Read masks that are stored relative to one box in the frame of another box.

    Equal to RoIAlign of the full-size bitmap when the stored mask has the bitmap's resolution
    (He et al. 2017, section 3.1, "Mask targets"): bilinear values at `sampling_ratio ** 2` points
    of each bin, averaged; 0 outside the stored mask.

    Args:
        masks: `(..., m, m)` masks in `[0, 1]`, covering `mask_boxes`.
        mask_boxes: `(..., 4)` boxes that the masks fill, in pixels.
        boxes: `(..., 4)` boxes to read, in pixels.
        output_size: bins per side `P`.
        sampling_ratio: sampling points per bin and axis.

    Returns:
        `(..., P, P)` float32 soft masks.

    >>> from keras import ops
    >>> mask, box = ops.array([[0.0, 1.0], [0.0, 1.0]]), ops.array([0.0, 0.0, 8.0, 8.0])
    >>> right_half = resample_masks(mask, box, ops.array([4.0, 0.0, 8.0, 8.0]), 1, 1)
    >>> ops.convert_to_numpy(right_half).tolist()
    [[1.0]]
    """
    masks = ops.cast(masks, "float32")
    mask_boxes, boxes = ops.cast(mask_boxes, "float32"), ops.cast(boxes, "float32")
    # (..., P, m) each
    rows = _axis_weights(mask_boxes, boxes, 1, masks.shape[-2], output_size, sampling_ratio)
    columns = _axis_weights(mask_boxes, boxes, 0, masks.shape[-1], output_size, sampling_ratio)
    return ops.matmul(ops.matmul(rows, masks), ops.swapaxes(columns, -1, -2))


def _axis_weights(mask_boxes, boxes, axis, cells, bins, ratio):
    """`(..., P, m)`: how much each stored cell adds to each bin along one axis."""
    low, high = mask_boxes[..., axis, None], mask_boxes[..., axis + 2, None]  # (..., 1)
    start, stop = boxes[..., axis, None], boxes[..., axis + 2, None]
    # (P * ratio,), then (..., P * ratio)
    offsets = (ops.cast(ops.arange(bins * ratio), "float32") + 0.5) / (bins * ratio)
    points = start + offsets * (stop - start)
    points = (points - low) / ops.maximum(high - low, 1e-6) * cells - 0.5
    centres = ops.cast(ops.arange(cells), "float32")  # (m,)
    # (..., P * ratio, m)
    weights = ops.maximum(1.0 - ops.abs(ops.expand_dims(points, -1) - centres), 0.0)
    shape = (*ops.shape(weights)[:-2], bins, ratio, cells)
    return ops.mean(ops.reshape(weights, shape), axis=-2)
