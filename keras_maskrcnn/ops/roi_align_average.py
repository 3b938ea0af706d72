"""RoIAlign's average as a weighted sum of cells, with a gradient of its own."""

import itertools
from typing import NamedTuple

import keras
from keras import ops


class Maps:
    """Where in a list of all cells of all feature maps the map of each box lies.

    Args:
        features: list of `(B, H, W, C)` feature maps.
        strides: pixels per cell of each map.
        levels: `(B, R)` int32 index of the map of each box.
    """

    def __init__(self, features, strides, levels):
        shapes = [ops.shape(f) for f in features]
        sizes = [height * width for _, height, width, _ in shapes]
        starts = list(itertools.accumulate(sizes[:-1], initial=0))
        image = ops.expand_dims(ops.arange(shapes[0][0]), 1)
        #: `(B, R)`: first cell, height, width and cells per pixel of the map of each box.
        self.start = ops.take(ops.stack(starts), levels) + sum(sizes) * image
        self.heights = ops.take(ops.stack([shape[1] for shape in shapes]), levels)
        self.widths = ops.take(ops.stack([shape[2] for shape in shapes]), levels)
        scales = ops.convert_to_tensor([1.0 / stride for stride in strides], "float32")
        self.scale = ops.take(scales, levels)


def corner(row, column, start, widths):
    """`(B, R, P, P)` cells and weights of one corner of one sampling point of every bin.

    Args:
        row: `(B, R, P)` row of the map, and its weight.
        column: the same for the column.
        start: `(B, R)` the cell at which the map of each box begins.
        widths: `(B, R)` width of that map.
    """
    (y, weight_y), (x, weight_x) = row, column
    y = y * ops.expand_dims(widths, -1) + ops.expand_dims(start, -1)
    index = ops.expand_dims(y, -1) + ops.expand_dims(x, -2)
    return index, ops.expand_dims(weight_y, -1) * ops.expand_dims(weight_x, -2)


def flatten(features):
    """`(cells, C)`: all maps of the first image, one below the other, then the next image's."""
    batch, channels = ops.shape(features[0])[0], features[0].shape[-1]
    flat = [ops.reshape(f, (batch, -1, channels)) for f in features]
    return ops.reshape(ops.concatenate(flat, axis=1), (-1, channels))


def split(flat, features):
    """Maps of the shapes of `features`, of what `flatten` would make of them."""
    batch, channels = ops.shape(features[0])[0], flat.shape[-1]
    flat, start, maps = ops.reshape(flat, (batch, -1, channels)), 0, []
    for feature in features:
        shape = ops.shape(feature)
        stop = start + shape[1] * shape[2]
        maps.append(ops.reshape(flat[:, start:stop], shape))
        start = stop
    return maps


def bilinear(flat, corners):
    """Weighted sum of cells: one take for each corner, which XLA fuses into one loop."""
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

    def gather(self, flat):
        """`(B, R, P, P, C)` float32 crops of `(cells, C)` maps."""
        if keras.backend.backend() == "torch":
            from keras_maskrcnn.ops import roi_align_torch

            return roi_align_torch.gather(flat, self._corners())
        return bilinear(flat, self._corners())

    def scatter(self, upstream, cells):
        """`(cells, C)` float32 gradient of the maps, of that of the crops."""
        corners = self._corners()
        if keras.backend.backend() == "torch":
            from keras_maskrcnn.ops import roi_align_torch

            return roi_align_torch.scatter(upstream, corners, cells)
        weights = ops.stack([weight for _, weight in corners])
        updates = ops.expand_dims(weights, -1) * upstream
        index = ops.reshape(ops.stack([index for index, _ in corners]), (-1,))
        updates = ops.reshape(updates, (-1, upstream.shape[-1]))
        return ops.segment_sum(updates, index, num_segments=cells)

    def _corners(self):
        rows, columns = (
            [(index[..., tap], weight[..., tap]) for tap in range(index.shape[-1])]
            for index, weight in (self.rows, self.columns)
        )
        pairs = itertools.product(rows, columns)
        return [corner(*pair, self.start, self.widths) for pair in pairs]


def pool_average(features, levels, taps):
    """`(B, R, P, P, C)` crops in the dtype of the features, to which the gradient flows.

    Args:
        features: list of `(B, H, W, C)` feature maps.
        levels: `(B, R)` int32 index into `features` for each box.
        taps: the cells that each bin reads: `FixedTaps`, or another tuple of its kind.
    """
    features = [ops.convert_to_tensor(feature) for feature in features]
    if keras.backend.backend() == "jax":
        from keras_maskrcnn.ops import roi_align_jax

        return roi_align_jax.pool_average(features, levels, taps)

    @ops.custom_gradient
    def pool(*features):
        flat = flatten(features)

        def gradient(*args, upstream=None):
            upstream = ops.cast(args[0] if upstream is None else upstream, "float32")
            total = ops.cast(taps.scatter(upstream, ops.shape(flat)[0]), flat.dtype)
            return tuple(split(total, features))

        return ops.cast(taps.gather(flat), flat.dtype), gradient

    return pool(*features)
