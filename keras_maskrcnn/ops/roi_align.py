"""RoIAlign (He et al. 2017, section 3) over all pyramid levels and the whole batch at once.

Shapes: B images, R RoIs per image, P bins per side, S sampling points per bin and axis, T taps,
C channels (`keras_maskrcnn.ops`).
"""

import importlib.util
import itertools

import keras
import numpy as np
from keras import ops

from keras_maskrcnn.ops import boxes as box_ops
from keras_maskrcnn.ops import roi_align_adaptive as adaptive
from keras_maskrcnn.ops.device import on_cpu
from keras_maskrcnn.ops.roi_align_average import FixedTaps, corner, pool_average, weighted_sum
from keras_maskrcnn.ops.roi_align_axis import corner_positions, regular_positions
from keras_maskrcnn.ops.roi_align_maps import Maps, flatten
from keras_maskrcnn.ops.tensor import Tensor


def assign_levels(
    boxes, min_level=2, max_level=5, canonical_size=224, canonical_level=4, rounding="floor"
) -> Tensor:
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
) -> Tensor:
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
    maps = Maps(features, strides, levels)
    # From here on in cells of the map of each box.
    boxes = ops.stop_gradient(ops.cast(boxes, "float32")) * ops.expand_dims(maps.scale, -1)
    if pooling == "average" and _torchvision_applies(features[0], sampling_ratio):
        from keras_maskrcnn.ops import roi_align_torch

        grid = (output_size, sampling_ratio, aligned)
        return roi_align_torch.by_torchvision(features, boxes, levels, *grid)
    y1, x1, y2, x2 = (boxes[..., side] for side in (1, 0, 3, 2))  # (B, R)
    if pooling == "average" and sampling_ratio == 0:
        rows = adaptive.axis_weights(y1, y2, maps.heights, output_size, aligned)
        columns = adaptive.axis_weights(x1, x2, maps.widths, output_size, aligned)
        taps = adaptive.AdaptiveTaps(rows, columns, maps.start, maps.widths)
        return pool_average(features, levels, taps)
    if pooling == "crop_and_resize":
        # S lists of the near and the far cell, each (B, R, P) index and weight.
        rows = [_corner_samples(y1, y2, maps.heights, output_size)]
        columns = [_corner_samples(x1, x2, maps.widths, output_size)]
    else:
        grid = (output_size, sampling_ratio, aligned)
        rows = list(_samples(y1, y2, maps.heights, *grid))
        columns = list(_samples(x1, x2, maps.widths, *grid))
    if pooling == "max":
        return _pool_max(flatten(features), rows, columns, maps)
    taps = FixedTaps(_average(rows), _average(columns), maps.start, maps.widths)
    return pool_average(features, levels, taps)


def _torchvision_applies(feature, sampling_ratio):
    """Whether torchvision's CUDA kernel can do it; on a CPU its kernel is slower than ours."""
    if keras.backend.backend() != "torch" or on_cpu(feature) or sampling_ratio == 0:
        return False
    return importlib.util.find_spec("torchvision") is not None


def _samples(low, high, size, bins, ratio, aligned):
    """Per sampling point of a bin: ((index, weight) of the near cell, the same of the far one).

    Each is `(B, R, P)`.
    """
    for position, inside in regular_positions(low, high, size, bins, ratio, aligned):
        yield _near_and_far(position, ops.expand_dims(size, -1), inside)


def _corner_samples(low, high, size, bins):
    """Give `_samples` of the one sampling point of each bin of crop_and_resize."""
    position, inside = corner_positions(low, high, size, bins)
    return _near_and_far(position, ops.expand_dims(size, -1), inside)


def _near_and_far(position, size, inside):
    """Find the two cells around each position `(B, R, P)`, and their bilinear weights."""
    near = ops.cast(ops.floor(position), "int32")
    far = ops.minimum(near + 1, size - 1)
    fraction = position - ops.cast(near, "float32")
    inside = ops.cast(inside, "float32")
    return (near, inside * (1.0 - fraction)), (far, inside * fraction)


def _average(samples):
    """`(B, R, P, T)` all cells that the bins read along one axis, and weights of their average."""
    index = ops.stack([cell[0] for near_far in samples for cell in near_far], axis=-1)
    weight = ops.stack([cell[1] for near_far in samples for cell in near_far], axis=-1)
    return index, weight / len(samples)


def _pool_max(flat, rows, columns, maps):
    """`(B, R, P, P, C)`: the largest of the bilinear values at the S * S points of each bin."""
    pooled = None
    for near_far_y, near_far_x in itertools.product(rows, columns):
        pairs = itertools.product(near_far_y, near_far_x)
        value = weighted_sum(flat, [corner(*pair, maps.start, maps.widths) for pair in pairs])
        pooled = value if pooled is None else ops.maximum(pooled, value)
    return ops.cast(pooled, flat.dtype)
