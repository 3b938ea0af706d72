"""The points at which RoIAlign reads, to be looked at.

Shapes: B images, R RoIs per image, P bins per side, S sampling points per bin and axis
(`keras_maskrcnn.ops`).
"""

from typing import NamedTuple

from keras import ops

from keras_maskrcnn.ops import roi_align_adaptive as adaptive
from keras_maskrcnn.ops.roi_align_axis import corner_positions, edges, regular_positions
from keras_maskrcnn.ops.roi_align_maps import Maps


class AxisPoints(NamedTuple):
    """Where the bins of each box read along one axis: in cells, 0 being the first cell's centre.

    Args:
        positions: `(B, R, P, S)` float32, of each bin's sampling points, moved into the map where
            they lie up to a cell outside.
        counts: bool of that shape: which of them are there, and not further outside.
        edges: `(B, R, P + 1)` borders of the bins; None for crop_and_resize, which has none.
    """

    positions: object
    counts: object
    edges: object


def sampling_points(
    features, strides, boxes, levels, output_size, sampling_ratio=2, aligned=True, pooling="average"
) -> tuple[AxisPoints, AxisPoints]:
    """Find the points at which `roi_align` of the same arguments reads: to be looked at.

    Returns:
        `AxisPoints` of y and those of x; each row of a bin's points is read at each of its columns.

    >>> import numpy as np
    >>> y, x = sampling_points([np.zeros((1, 9, 9, 1))], [4], np.array([[[4.0, 8, 12, 16]]]),
    ...                        np.array([[0]]), output_size=1)
    >>> np.asarray(y.positions).ravel().tolist(), np.asarray(x.positions).ravel().tolist()
    ([2.0, 3.0], [1.0, 2.0])
    """
    maps = Maps(features, strides, levels)
    boxes = ops.cast(boxes, "float32") * ops.expand_dims(maps.scale, -1)
    grid = (output_size, sampling_ratio, aligned, pooling)
    return (
        _axis_points(boxes[..., 1], boxes[..., 3], maps.heights, *grid),
        _axis_points(boxes[..., 0], boxes[..., 2], maps.widths, *grid),
    )


def _axis_points(low, high, size, bins, ratio, aligned, pooling):
    if pooling == "crop_and_resize":
        points = corner_positions(low, high, size, bins)
        return AxisPoints(*(ops.expand_dims(x, -1) for x in points), edges=None)
    if ratio == 0:
        positions, counts, _ = adaptive.positions(low, high, size, bins, aligned)
    else:
        points = regular_positions(low, high, size, bins, ratio, aligned)
        # S pairs of (B, R, P) become two of (B, R, P, S).
        positions, counts = (ops.stack(x, axis=-1) for x in zip(*points, strict=True))
    return AxisPoints(positions, counts, edges(low, high, bins, aligned))
