"""Depthwise convolution as a sum over the cells of its kernel, which XLA computes fast on a CPU.

XLA's own convolution of as many groups as channels takes ten times as long there. Each cell of the
kernel reads a shifted map and weighs its channels; XLA fuses the sum into one loop over the output.
The gradient of the kernel is added up position by position, because a sum over all positions of
each cell would read the map once for every cell.

Shapes: B images, H W map of the input and H' W' of the output, k l kernel, C channels
(`keras_maskrcnn.ops`).
"""

import functools

import keras
from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def depthwise_by_cells(x, kernel, strides, padding) -> Tensor:
    """Convolve each channel with its own kernel, in float32.

    Args:
        x: `(B, H, W, C)` maps; H and W may be unknown while TensorFlow traces.
        kernel: `(k, l, C)`.
        strides: rows and columns between outputs.
        padding: "valid" or "same".

    Returns:
        `(B, H', W', C)` in the dtype of `x`. Gradients of first order only.

    >>> from keras import ops
    >>> y = depthwise_by_cells(ops.ones((1, 1, 3, 2)), ops.ones((1, 2, 2)), (1, 1), "same")
    >>> ops.convert_to_numpy(y)[0, 0, :, 0].tolist()
    [2.0, 2.0, 1.0]
    """
    run = _compiled() if keras.backend.backend() == "tensorflow" else _depthwise
    y = run(ops.cast(x, "float32"), ops.cast(kernel, "float32"), tuple(strides), padding)
    return ops.cast(y, x.dtype)


@functools.cache
def _compiled():
    """`_depthwise` for TensorFlow, compiled by XLA also where the graph around it is not."""
    import tensorflow as tf

    return tf.function(_depthwise, jit_compile=True, autograph=False)


def _depthwise(x, kernel, strides, padding):
    @ops.custom_gradient
    def convolve(x, kernel):
        def gradients(upstream):
            return (
                _of_input(kernel, upstream, strides, window, ops.shape(x)[1:3]),
                _of_kernel(x, kernel, upstream, strides, window),
            )

        return _forward(x, kernel, strides, window), gradients

    window = _window(ops.shape(x)[1:3], kernel.shape[:2], strides, padding)
    return convolve(x, kernel)


def _window(sizes, kernel, strides, padding):
    """Return (height, width) of the output and how many rows and columns of zeros lie before."""
    if padding == "valid":
        outputs = [(n - k) // s + 1 for n, k, s in zip(sizes, kernel, strides, strict=True)]
        return outputs, (0, 0)
    outputs = [-(-n // s) for n, s in zip(sizes, strides, strict=True)]
    missing = [
        (m - 1) * s + k - n for m, n, k, s in zip(outputs, sizes, kernel, strides, strict=True)
    ]
    return outputs, [(n + abs(n)) // 2 // 2 for n in missing]  # half of what is above 0


def _forward(x, kernel, strides, window):
    (height, width), (above, left) = window
    rows, columns = kernel.shape[:2]
    x = _padded(x, rows - 1, columns - 1)
    return sum(
        _strided(x, rows - 1 - above + row, columns - 1 - left + column, height, width, strides)
        * kernel[row, column]
        for row, column in _cells(kernel)
    )


def _of_input(kernel, upstream, strides, window, size):
    """`(B, H, W, C)`: each pixel gets from every output that read it, through that cell."""
    (above, left), (rows, columns) = window[1], kernel.shape[:2]
    upstream = _padded(_spread(upstream, strides), rows, columns)
    return sum(
        _strided(upstream, rows + above - row, columns + left - column, *size, (1, 1))
        * kernel[row, column]
        for row, column in _cells(kernel)
    )


def _spread(x, strides):
    """Put zeros after each row and column: `(B, H' * strides[0], W' * strides[1], C)`."""
    if tuple(strides) == (1, 1):
        return x
    batch, height, width, channels = ops.shape(x)
    x = ops.reshape(x, (batch, height, 1, width, 1, channels))
    x = ops.pad(x, ((0, 0), (0, 0), (0, strides[0] - 1), (0, 0), (0, strides[1] - 1), (0, 0)))
    return ops.reshape(x, (batch, height * strides[0], width * strides[1], channels))


def _of_kernel(x, kernel, upstream, strides, window):
    """`(k, l, C)`: what each cell read, times what came of it, over all positions."""
    (height, width), (above, left) = window
    rows, columns, channels = kernel.shape
    x = _padded(x, rows - 1, columns - 1)
    first = rows - 1 - above, columns - 1 - left

    def add(position, total):
        image, position = position // (height * width), position % (height * width)
        row, column = position // width, position % width
        start = (image, first[0] + row * strides[0], first[1] + column * strides[1], 0)
        read = ops.slice(x, start, (1, rows, columns, channels))[0]
        return total + read * ops.slice(upstream, (image, row, column, 0), (1, 1, 1, channels))[0]

    positions = ops.shape(x)[0] * height * width
    return ops.fori_loop(0, positions, add, ops.zeros((rows, columns, channels)))


def _cells(kernel):
    return [(row, column) for row in range(kernel.shape[0]) for column in range(kernel.shape[1])]


def _padded(x, rows, columns):
    return ops.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)))


def _strided(x, top, left, height, width, strides):
    """Return `(B, height, width, C)` from a pixel on, in steps of `strides`."""
    bottom, right = top + strides[0] * (height - 1) + 1, left + strides[1] * (width - 1) + 1
    return x[:, top : bottom : strides[0], left : right : strides[1]]
