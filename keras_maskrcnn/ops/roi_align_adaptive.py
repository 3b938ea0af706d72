"""RoIAlign's average with as many sampling points as a bin has cells (`sampling_ratio=0`).

The number of points differs from box to box, so nothing is unrolled: the weight with which each
cell adds to each bin is found for each axis, and a loop adds one cell of every bin at a time, as
often as the largest bin of the batch needs.

Shapes: B images, R RoIs per image, P bins per side, S sampling points per bin and axis, T taps,
C channels (`keras_maskrcnn.ops`); S and T are `MAX_SAMPLES + 1` here.
"""

from typing import NamedTuple

import keras
from keras import ops

from keras_maskrcnn.ops.roi_align_axis import frame
from keras_maskrcnn.ops.tensor import Tensor

#: Most sampling points per bin and axis. Bins of more cells (of a box that is long and thin) are
#: read at the cells nearest to so many regular points.
MAX_SAMPLES = 32


def axis_weights(low, high, size, bins, aligned) -> tuple[Tensor, Tensor, Tensor]:
    """Which cells each bin reads along one axis, and how much of each.

    Args:
        low: `(B, R)` where the box begins, in cells of its feature map.
        high: `(B, R)` where it ends.
        size: `(B, R)` int32, cells of the map along this axis.
        bins: P, bins along this axis.
        aligned: as for `roi_align`.

    Returns:
        `cells` `(B, R, P, T)` int32 and `weights` of the same shape, which sum to 1
        inside the map, and `count` `(B, R)` int32, how many of them matter.
    """
    position, counts, wanted = positions(low, high, size, bins, aligned)
    samples = ops.minimum(wanted, MAX_SAMPLES)[..., None, None]  # (B, R, 1, 1)
    number = ops.cast(ops.arange(MAX_SAMPLES + 1), "float32")  # (T,)
    share = ops.cast(counts, "float32") / samples  # (B, R, P, S)
    cells = ops.floor(position[..., :1]) + number  # (B, R, P, T): one after the other
    distance = ops.abs(position[..., None, :] - cells[..., None])  # (B, R, P, T, S)
    near = ops.maximum(1.0 - distance, 0.0)
    weights = ops.sum(near * share[..., None, :], axis=-1)  # (B, R, P, T)
    capped = (wanted > MAX_SAMPLES)[..., None, None]  # (B, R, 1, 1)
    cells = ops.where(capped, ops.floor(position + 0.5), cells)
    weights = ops.where(capped, share, weights)
    count = ops.minimum(wanted, MAX_SAMPLES) + 1.0  # (B, R)
    return ops.cast(cells, "int32"), weights, ops.cast(count, "int32")


def positions(low, high, size, bins, aligned) -> tuple[Tensor, Tensor, Tensor]:
    """Where each bin reads along one axis. Arguments as for `axis_weights`.

    Returns:
        `(B, R, P, S)` float32 positions in cells, within the map, 0 being the centre
        of the first cell; bool of that shape, which of them count; `(B, R)` float32, how many of a
        bin would, were there no most.
    """
    low, extent = frame(low, high, aligned)
    wanted = ops.maximum(ops.ceil(extent / bins), 1.0)  # (B, R)
    samples = ops.minimum(wanted, MAX_SAMPLES)[..., None, None]  # (B, R, 1, 1)
    number = ops.cast(ops.arange(MAX_SAMPLES + 1), "float32")  # (S,)
    start = ops.cast(ops.arange(bins), "float32")[:, None]  # (P, 1)
    last = ops.cast(size, "float32")[..., None, None] - 1.0  # (B, R, 1, 1)
    extent = extent[..., None, None]
    # In the order of operations of torchvision, because a point may lie right on the border.
    position = low[..., None, None] + start * (extent / bins)  # (B, R, P, 1)
    position = position + (number + 0.5) * (extent / bins) / samples  # (B, R, P, S)
    counts = ops.logical_and(position >= -1.0, position <= last + 1.0)
    counts = ops.logical_and(counts, ops.logical_and(number < samples, extent > 0.0))
    return ops.clip(position, 0.0, last), counts, wanted


class AdaptiveTaps(NamedTuple):
    """The cells of every bin, as `roi_align_average.FixedTaps`, one for each turn of a loop.

    Args:
        rows: what `axis_weights` gives for y.
        columns: the same for x.
        start: `(B, R)` the cell at which the map of each box begins.
        widths: `(B, R)` width of that map.
    """

    rows: tuple
    columns: tuple
    start: object
    widths: object

    def gather(self, flat) -> Tensor:
        """`(B, R, P, P, C)` float32 crops of `(cells, C)` maps."""

        def add(number, total):
            index, weight = self._tap(number, ops.shape(flat)[0])
            values = ops.cast(ops.take(flat, index, axis=0), "float32")
            return number + 1, total + values * weight[..., None]

        bins = self.columns[0].shape[2]
        shape = (*ops.shape(self.rows[0])[:3], bins, flat.shape[-1])
        return self._repeat(add, ops.zeros(shape, "float32"))

    def scatter(self, upstream, cells) -> Tensor:
        """`(cells, C)` float32 gradient of the maps, of that of the crops."""

        def add(number, total):
            index, weight = self._tap(number, cells)
            # (B * R * P * P, C)
            updates = ops.reshape(upstream * weight[..., None], (-1, upstream.shape[-1]))
            index = ops.reshape(index, (-1,))
            return number + 1, total + ops.segment_sum(updates, index, num_segments=cells)

        return self._repeat(add, ops.zeros((cells, upstream.shape[-1]), "float32"))

    def _tap(self, number, cells):
        """Cell and weight, `(B, R, P, P)`, of one cell of every bin."""
        rows, columns = self.rows, self.columns
        row, column = number // columns[2], number % columns[2]  # (B, R)
        row = ops.minimum(row, MAX_SAMPLES)
        # (B, R, P, P)
        weight = _of_cell(rows[1], row)[..., :, None] * _of_cell(columns[1], column)[..., None, :]
        weight = ops.where((number < rows[2] * columns[2])[..., None, None], weight, 0.0)
        y = self.start[..., None] + _of_cell(rows[0], row) * self.widths[..., None]  # (B, R, P)
        x = _of_cell(columns[0], column)
        # Beyond its map a box reads some other cell, with weight 0.
        return ops.clip(y[..., :, None] + x[..., None, :], 0, cells - 1), weight

    def _repeat(self, step, start):
        needed = ops.max(self.rows[2] * self.columns[2])
        state = (ops.zeros((), "int32"), start)

        def loop():
            return ops.while_loop(lambda number, _: number < needed, step, state)[1]

        if keras.backend.backend() != "tensorflow":
            return loop()
        import tensorflow as tf

        return tf.function(loop)()  # op by op, a thousand turns would take a minute


def _of_cell(values, number):
    """`(B, R, P)`: what belongs to one cell, `number` `(B, R)`, of every bin."""
    return ops.take_along_axis(values, number[..., None, None], axis=-1)[..., 0]
