"""Where RoIAlign reads along one axis of a map: in cells, 0 being the centre of the first cell.

Shapes: B images, R RoIs per image, P bins per side (`keras_maskrcnn.ops`).
"""

from collections.abc import Iterator

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def frame(low, high, aligned) -> tuple[Tensor, Tensor]:
    """Where the first bin begins and how far the bins reach, of the shape of `low`.

    Args:
        low: where a box begins, in pixels divided by the stride.
        high: where it ends.
        aligned: as for `roi_align`: whether cell k has its centre at `(k + 0.5) * stride`.

    >>> from keras import ops
    >>> [float(x) for x in frame(ops.array(2.0), ops.array(6.0), aligned=True)]
    [1.5, 4.0]
    """
    if aligned:
        low, high = low - 0.5, high - 0.5
        return low, high - low
    return low, ops.maximum(high - low, 1.0)


def edges(low, high, bins, aligned) -> Tensor:
    """`(..., P + 1)` float32 borders of the bins; arguments as for `frame`, bins being P.

    >>> from keras import ops
    >>> ops.convert_to_numpy(edges(ops.array(2.0), ops.array(6.0), 2, aligned=True)).tolist()
    [1.5, 3.5, 5.5]
    """
    low, extent = frame(low, high, aligned)
    number = ops.cast(ops.arange(bins + 1), "float32")  # (P + 1,)
    return ops.expand_dims(low, -1) + number * ops.expand_dims(extent / bins, -1)


def regular_positions(low, high, size, bins, ratio, aligned) -> Iterator[tuple[Tensor, Tensor]]:
    """Position of each of the `ratio` sampling points of every bin, point by point.

    Args:
        low: `(B, R)` where a box begins, in pixels divided by the stride.
        high: `(B, R)` where it ends.
        size: `(B, R)` int32, cells of its map along this axis.
        bins: P, bins along this axis.
        ratio: sampling points of a bin.
        aligned: as for `frame`.

    Yields:
        `(B, R, P)` float32 positions, moved into the map if they are up to a cell outside, and
        whether they count.
    """
    low, extent = frame(low, high, aligned)
    width = ops.expand_dims(extent / bins, -1)  # (B, R, 1)
    last = ops.cast(ops.expand_dims(size, -1), "float32")
    for point in range(ratio):
        # (B, R, P) from here on
        bin_starts = ops.expand_dims(low, -1) + ops.cast(ops.arange(bins), "float32") * width
        position = bin_starts + (point + 0.5) * width / ratio
        inside = ops.logical_and(position >= -1.0, position <= last)
        yield ops.clip(ops.where(inside, position, 0.0), 0.0, last - 1.0), inside


def corner_positions(low, high, size, bins) -> tuple[Tensor, Tensor]:
    """Position of the one sampling point of each bin of crop_and_resize.

    In the order of operations of `tf.image.crop_and_resize`. Arguments as for `regular_positions`.

    Returns:
        `(B, R, P)` float32 positions, and whether they lie within the map.
    """
    last = ops.cast(size, "float32") - 1.0
    low, high = low / (last + 1.0), high / (last + 1.0)
    low, high, last = (ops.expand_dims(x, -1) for x in (low, high, last))  # (B, R, 1)
    if bins == 1:
        position = 0.5 * (low + high) * last
    else:
        step = (high - low) * last / (bins - 1)
        position = low * last + ops.cast(ops.arange(bins), "float32") * step  # (B, R, P)
    inside = ops.logical_and(position >= 0.0, position <= last)
    return ops.where(inside, position, 0.0), inside
