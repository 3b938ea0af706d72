"""RoIAlign (He et al. 2017, section 3) over all pyramid levels and the whole batch at once."""

import itertools

import numpy as np
from keras import ops

from keras_maskrcnn.ops import adaptive_pooling as adaptive
from keras_maskrcnn.ops import boxes as box_ops


def assign_levels(
    boxes, min_level=2, max_level=5, canonical_size=224, canonical_level=4, rounding="floor"
):
    """Pyramid level of each box: `floor(k0 + log2(sqrt(area) / s0) + 1e-6)`, clamped.

    Equation 1 of Lin et al. 2017 (FPN) with torchvision's guard against rounding error.

    Args:
        boxes: `(..., 4)` boxes in pixels of the network input.
        min_level: lowest level, 2 for "P2".
        max_level: highest level, 5 for "P5".
        canonical_size: `s0`, side in pixels of the box that belongs to `canonical_level`.
        canonical_level: `k0`.
        rounding: "floor", or "nearest": `k0 + round(log2(sqrt(area) / s0))`, half to even, without
            the guard (Matterport).

    Returns:
        `(...,)` int32 levels. Boxes without area get `min_level`.

    >>> from keras import ops
    >>> levels = assign_levels(ops.array([[0.0, 0, 224, 224], [0.0, 0, 111, 111]]))
    >>> ops.convert_to_numpy(levels).tolist()
    [4, 2]
    """
    side = ops.sqrt(ops.maximum(box_ops.area(boxes), 1e-12))
    level = canonical_level + ops.log(side / canonical_size) / np.log(2.0)
    level = ops.round(level) if rounding == "nearest" else ops.floor(level + 1e-6)
    return ops.cast(ops.clip(level, min_level, max_level), "int32")


def roi_align(
    features, strides, boxes, levels, output_size, sampling_ratio=2, aligned=True, pooling="average"
):
    """Crop and resize boxes from the feature map of their level.

    Each box is cut into `P x P` bins; every bin averages (or takes the maximum of) the bilinear
    values at `sampling_ratio ** 2` regular points. Points more than one cell outside the map
    count as 0. The gradient flows to the features, not to the boxes.

    Args:
        features: list of `(B, H, W, C)` feature maps, one per level.
        strides: pixels per cell of each map, same order.
        boxes: `(B, R, 4)` boxes in pixels of the network input.
        levels: `(B, R)` int32 index into `features` for each box.
        output_size: bins per side `P`.
        sampling_ratio: sampling points per bin and axis; 0 for as many as a bin has cells, rounded
            up, at most `MAX_SAMPLES` (for "average" only).
        aligned: shift by half a cell so that pixel centres are met. False is the older form of
            torchvision's published weights; it also makes boxes at least one cell large.
        pooling: "average", "max", or "crop_and_resize": a single bilinear value per bin, at the
            points of a regular `P x P` grid that spans the box from corner to corner, the corners
            of the image being the centres of the map's corner cells; 0 outside. Matterport's
            choice (`tf.image.crop_and_resize`); `sampling_ratio` and `aligned` then do not matter.

    Returns:
        `(B, R, P, P, C)` crops in the dtype of the features.
    """
    batch, channels = ops.shape(features[0])[0], features[0].shape[-1]
    sizes = [ops.shape(f)[1:3] for f in features]
    flat = ops.concatenate([ops.reshape(f, (batch, -1, channels)) for f in features], axis=1)
    cells = ops.shape(flat)[1]
    flat = ops.reshape(flat, (-1, channels))
    heights = ops.take(ops.stack([s[0] for s in sizes]), levels)
    widths = ops.take(ops.stack([s[1] for s in sizes]), levels)
    starts = list(itertools.accumulate((s[0] * s[1] for s in sizes[:-1]), initial=0))
    start = ops.take(ops.stack(starts), levels) + cells * ops.expand_dims(ops.arange(batch), 1)
    scale = ops.take(ops.convert_to_tensor([1.0 / s for s in strides], "float32"), levels)

    boxes = ops.stop_gradient(ops.cast(boxes, "float32")) * ops.expand_dims(scale, -1)
    y1, x1, y2, x2 = (boxes[..., side] for side in (1, 0, 3, 2))
    if pooling == "average" and sampling_ratio == 0:
        rows = adaptive.axis_weights(y1, y2, heights, output_size, aligned)
        columns = adaptive.axis_weights(x1, x2, widths, output_size, aligned)
        return adaptive.pool(flat, rows, columns, start, widths)
    if pooling == "crop_and_resize":
        rows = [_corner_samples(y1, y2, heights, output_size)]
        columns = [_corner_samples(x1, x2, widths, output_size)]
    else:
        grid = (output_size, sampling_ratio, aligned)
        rows = list(_samples(y1, y2, heights, *grid))
        columns = list(_samples(x1, x2, widths, *grid))
    points = [
        [_corner(row, column, start, widths) for row in near_far_y for column in near_far_x]
        for near_far_y in rows
        for near_far_x in columns
    ]
    pool = _pool_max if pooling == "max" else _pool_average
    return pool(flat, points)


def _samples(low, high, size, bins, ratio, aligned):
    """Per sampling point of a bin: ((index, weight) of the near cell, the same of the far one)."""
    size = ops.expand_dims(size, -1)
    low = low - 0.5 if aligned else low
    high = high - 0.5 if aligned else high
    extent = high - low if aligned else ops.maximum(high - low, 1.0)
    width = ops.expand_dims(extent / bins, -1)
    last = ops.cast(size, "float32")
    for point in range(ratio):
        bin_starts = ops.expand_dims(low, -1) + ops.cast(ops.arange(bins), "float32") * width
        position = bin_starts + (point + 0.5) * width / ratio
        inside = ops.logical_and(position >= -1.0, position <= last)
        position = ops.clip(ops.where(inside, position, 0.0), 0.0, last - 1.0)
        yield _near_and_far(position, size, inside)


def _corner_samples(low, high, size, bins):
    """The sampling point of each bin of crop_and_resize, in its order of operations."""
    last = ops.cast(size, "float32") - 1.0
    low, high = low / (last + 1.0), high / (last + 1.0)
    low, high, last = (ops.expand_dims(x, -1) for x in (low, high, last))
    if bins == 1:
        position = 0.5 * (low + high) * last
    else:
        step = (high - low) * last / (bins - 1)
        position = low * last + ops.cast(ops.arange(bins), "float32") * step
    inside = ops.logical_and(position >= 0.0, position <= last)
    return _near_and_far(ops.where(inside, position, 0.0), ops.expand_dims(size, -1), inside)


def _near_and_far(position, size, inside):
    near = ops.cast(ops.floor(position), "int32")
    far = ops.minimum(near + 1, size - 1)
    fraction = position - ops.cast(near, "float32")
    inside = ops.cast(inside, "float32")
    return (near, inside * (1.0 - fraction)), (far, inside * fraction)


def _corner(row, column, start, widths):
    (y, weight_y), (x, weight_x) = row, column
    y = y * ops.expand_dims(widths, -1) + ops.expand_dims(start, -1)
    index = ops.expand_dims(y, -1) + ops.expand_dims(x, -2)
    return index, ops.expand_dims(weight_y, -1) * ops.expand_dims(weight_x, -2)


def _bilinear(flat, corners):
    return sum(
        ops.cast(ops.take(flat, index, axis=0), "float32") * ops.expand_dims(weight, -1)
        for index, weight in corners
    )


def _pool_max(flat, points):
    pooled = _bilinear(flat, points[0])
    for corners in points[1:]:
        pooled = ops.maximum(pooled, _bilinear(flat, corners))
    return ops.cast(pooled, flat.dtype)


def _pool_average(flat, points):
    """Weighted sum of takes, which XLA fuses into one loop; its gradient is one scatter-add."""
    corners = [(i, w / len(points)) for corners in points for i, w in corners]
    cells = ops.shape(flat)[0]

    @ops.custom_gradient
    def pool(flat):
        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            weights = ops.stack([w for _, w in corners])
            updates = ops.expand_dims(weights, -1) * ops.cast(upstream, "float32")
            index = ops.reshape(ops.stack([i for i, _ in corners]), (-1,))
            updates = ops.reshape(updates, (-1, flat.shape[-1]))
            total = ops.segment_sum(updates, index, num_segments=cells)
            return ops.cast(total, flat.dtype)

        return ops.cast(_bilinear(flat, corners), flat.dtype), gradient

    return pool(flat)
