"""Enlarged maps.

Shapes: B images (or crops of images), H W feature map, C channels (`keras_maskrcnn.ops`).
"""

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def enlarge_bilinear(x, factor) -> Tensor:
    """Return maps of `factor` times the size, bilinear between the centres of the cells.

    PyTorch's `interpolate(scale_factor=factor, mode="bilinear", align_corners=False)`.

    Args:
        x: `(B, H, W, C)` maps.
        factor: int, at least 1.

    Returns:
        `(B, factor * H, factor * W, C)`; beyond the outer centres the value of the last cell.

    >>> from keras import ops
    >>> x = ops.reshape(ops.array([0.0, 4.0]), (1, 1, 2, 1))
    >>> ops.convert_to_numpy(enlarge_bilinear(x, 2))[0, 0, :, 0].tolist()
    [0.0, 1.0, 3.0, 4.0]
    """
    return x if factor == 1 else _enlarge(_enlarge(x, factor, 1), factor, 2)


def _enlarge(x, factor, axis):
    """`factor` times the cells along axis 1 or 2, which lie before and behind each one's centre."""
    low, high = (x[:, :1], x[:, -1:]) if axis == 1 else (x[:, :, :1], x[:, :, -1:])
    rest, others = (x[:, :-1], x[:, 1:]) if axis == 1 else (x[:, :, :-1], x[:, :, 1:])
    before = ops.concatenate([low, rest], axis=axis)
    behind = ops.concatenate([others, high], axis=axis)
    places = [(number + 0.5) / factor - 0.5 for number in range(factor)]
    cells = [
        (1 - abs(place)) * x + abs(place) * (before if place < 0 else behind) for place in places
    ]
    shape = list(ops.shape(x))
    shape[axis] *= factor
    return ops.reshape(ops.stack(cells, axis=axis + 1), (-1, *shape[1:]))
