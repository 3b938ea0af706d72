"""RoIAlign's average as a weighted sum of cells, with a gradient of its own.

Shapes: B images, R RoIs per image, P bins per side, T taps, C channels (`keras_maskrcnn.ops`).
"""

import itertools
from typing import NamedTuple

import keras
from keras import ops

from keras_maskrcnn.ops.roi_align_maps import flatten, split
from keras_maskrcnn.ops.tensor import Tensor


def corner(row, column, start, widths) -> tuple[Tensor, Tensor]:
    """`(B, R, P, P)` cells and weights of one tap of y and one of x of every bin.

    Args:
        row: `(B, R, P)` row of the map, and its weight.
        column: the same for the column.
        start: `(B, R)` the cell at which the map of each box begins.
        widths: `(B, R)` width of that map.
    """
    (y, weight_y), (x, weight_x) = row, column
    y = y * ops.expand_dims(widths, -1) + ops.expand_dims(start, -1)  # (B, R, P) row's first cell
    index = ops.expand_dims(y, -1) + ops.expand_dims(x, -2)  # (B, R, P, P)
    return index, ops.expand_dims(weight_y, -1) * ops.expand_dims(weight_x, -2)


def weighted_sum(flat, corners) -> Tensor:
    """`(B, R, P, P, C)` float32: one take for each corner, which XLA fuses into one loop."""
    return sum(
        ops.cast(ops.take(flat, index, axis=0), "float32") * ops.expand_dims(weight, -1)
        for index, weight in corners
    )


class FixedTaps(NamedTuple):
    """The cells of every bin where each has equally many sampling points.

    Args:
        rows: `(B, R, P, T)` rows that each bin reads, and their weights.
        columns: the same for columns.
        start: `(B, R)` the cell at which the map of each box begins.
        widths: `(B, R)` width of that map.
    """

    rows: tuple
    columns: tuple
    start: object
    widths: object

    def gather(self, flat) -> Tensor:
        """`(B, R, P, P, C)` float32 crops of `(cells, C)` maps."""
        if keras.backend.backend() == "torch":
            from keras_maskrcnn.ops import roi_align_torch

            return roi_align_torch.gather(flat, self._corners())
        return weighted_sum(flat, self._corners())

    def scatter(self, upstream, cells) -> Tensor:
        """`(cells, C)` float32 gradient of the maps, of that of the crops."""
        corners = self._corners()
        if keras.backend.backend() == "torch":
            from keras_maskrcnn.ops import roi_align_torch

            return roi_align_torch.scatter(upstream, corners, cells)
        weights = ops.stack([weight for _, weight in corners])  # (T * T, B, R, P, P)
        updates = ops.expand_dims(weights, -1) * upstream  # (T * T, B, R, P, P, C)
        index = ops.reshape(ops.stack([index for index, _ in corners]), (-1,))
        updates = ops.reshape(updates, (-1, upstream.shape[-1]))  # (T * T * B * R * P * P, C)
        return ops.segment_sum(updates, index, num_segments=cells)

    def _corners(self):
        """T * T pairs of `(B, R, P, P)` cells and weights."""
        rows, columns = (
            [(index[..., tap], weight[..., tap]) for tap in range(index.shape[-1])]
            for index, weight in (self.rows, self.columns)
        )
        pairs = itertools.product(rows, columns)
        return [corner(*pair, self.start, self.widths) for pair in pairs]


def pool_average(features, levels, taps) -> Tensor:
    """`(B, R, P, P, C)` crops in the dtype of the features, to which the gradient flows.

    Args:
        features: list of `(B, H, W, C)` feature maps.
        levels: `(B, R)` int32 index into `features` for each box.
        taps: the cells that each bin reads: `FixedTaps` or `AdaptiveTaps`.
    """
    features = [ops.convert_to_tensor(feature) for feature in features]
    if keras.backend.backend() == "jax":
        from keras_maskrcnn.ops import roi_align_jax

        return roi_align_jax.pool_average(features, levels, taps)

    def pool(*features):
        flat = flatten(features)  # (cells, C)

        def gradient(upstream):
            total = taps.scatter(ops.cast(upstream, "float32"), ops.shape(flat)[0])
            return tuple(split(ops.cast(total, flat.dtype), features))

        return ops.cast(taps.gather(flat), flat.dtype), gradient

    if keras.backend.backend() == "torch":
        from keras_maskrcnn.ops import roi_align_torch

        return roi_align_torch.WithGradient.apply(pool, *features)
    return ops.custom_gradient(pool)(*features)
