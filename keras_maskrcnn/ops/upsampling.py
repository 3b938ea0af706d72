"""Maps of twice the size.

Shapes: B images (or crops of images), H W feature map, C channels (`keras_maskrcnn.ops`).
"""

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def double_bilinear(x) -> Tensor:
    """Return maps of twice the size, bilinear between the centres of the cells.

    PyTorch's `interpolate(scale_factor=2, mode="bilinear", align_corners=False)`.

    Args:
        x: `(B, H, W, C)` maps.

    Returns:
        `(B, 2H, 2W, C)`; beyond the outer centres the value of the last cell.

    >>> from keras import ops
    >>> x = ops.reshape(ops.array([0.0, 4.0]), (1, 1, 2, 1))
    >>> ops.convert_to_numpy(double_bilinear(x))[0, 0, :, 0].tolist()
    [0.0, 1.0, 3.0, 4.0]
    """
    return _double(_double(x, 1), 2)


def _double(x, axis):
    """Twice the cells along axis 1 or 2: a quarter before the centre of each, one behind it."""
    low, high = (x[:, :1], x[:, -1:]) if axis == 1 else (x[:, :, :1], x[:, :, -1:])
    rest, others = (x[:, :-1], x[:, 1:]) if axis == 1 else (x[:, :, :-1], x[:, :, 1:])
    before = ops.concatenate([low, rest], axis=axis)
    behind = ops.concatenate([others, high], axis=axis)
    pairs = ops.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * behind], axis=axis + 1)
    shape = list(x.shape)
    shape[axis] *= 2
    return ops.reshape(pairs, (-1, *shape[1:]))
