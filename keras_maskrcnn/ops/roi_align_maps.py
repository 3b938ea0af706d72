"""All feature maps of a batch as one list of cells, and where in it the map of each box lies.

Shapes: B images, R RoIs per image, L levels, C channels (`keras_maskrcnn.ops`).
"""

import itertools

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


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
        image = ops.expand_dims(ops.arange(shapes[0][0]), 1)  # (B, 1)
        #: `(B, R)`: first cell, height, width and cells per pixel of the map of each box.
        self.start = ops.take(ops.stack(starts), levels) + sum(sizes) * image
        self.heights = ops.take(ops.stack([shape[1] for shape in shapes]), levels)
        self.widths = ops.take(ops.stack([shape[2] for shape in shapes]), levels)
        scales = ops.convert_to_tensor([1.0 / stride for stride in strides], "float32")  # (L,)
        self.scale = ops.take(scales, levels)


def flatten(features) -> Tensor:
    """`(cells, C)`: all maps of the first image, one below the other, then the next image's."""
    batch, channels = ops.shape(features[0])[0], features[0].shape[-1]
    flat = [ops.reshape(f, (batch, -1, channels)) for f in features]  # L of (B, H * W, C)
    return ops.reshape(ops.concatenate(flat, axis=1), (-1, channels))


def split(flat, features) -> list[Tensor]:
    """Take apart what `flatten` put together: maps of the shapes of `features`."""
    batch, channels = ops.shape(features[0])[0], flat.shape[-1]
    flat, start, maps = ops.reshape(flat, (batch, -1, channels)), 0, []
    for feature in features:
        shape = ops.shape(feature)
        stop = start + shape[1] * shape[2]
        maps.append(ops.reshape(flat[:, start:stop], shape))
        start = stop
    return maps
