"""Convolutions of channels-last maps, in the form that each backend computes fastest.

Shapes: B images (or crops of images), H W feature map, C channels (`keras_maskrcnn.ops`).
"""

import keras
from keras import ops

from keras_maskrcnn.ops.depthwise import depthwise_by_cells
from keras_maskrcnn.ops.device import on_cpu
from keras_maskrcnn.ops.tensor import Tensor


def conv2d(x, kernel, strides=(1, 1), padding="valid") -> Tensor:
    """Two-dimensional convolution without bias, the same numbers as `keras.ops.conv`.

    JAX on a CPU computes 1x1 convolutions and the gradients of wide kernels several times faster
    as matrix products (`convolution_jax`), JAX and TensorFlow on a CPU as many groups as channels
    as a sum over the kernel (`depthwise`); PyTorch needs none of the copies that Keras makes
    (`convolution_torch`); all else is `keras.ops.conv`.

    Args:
        x: `(B, H, W, C)` maps.
        kernel: `(h, w, C / groups, filters)`.
        strides: rows and columns between outputs.
        padding: "valid" or "same".

    Returns:
        `(B, H', W', filters)` in the dtype of the kernel.

    >>> from keras import ops
    >>> y = conv2d(ops.ones((1, 3, 3, 2)), ops.ones((1, 1, 2, 1)), strides=(2, 2))
    >>> ops.convert_to_numpy(y)[0, ..., 0].tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    backend = keras.backend.backend()
    kernel = ops.convert_to_tensor(kernel)
    x = ops.convert_to_tensor(x, kernel.dtype)
    if backend == "torch":
        from keras_maskrcnn.ops import convolution_torch as fast
    elif on_cpu() and x.shape[-1] == kernel.shape[3] > kernel.shape[2] == 1:
        return depthwise_by_cells(x, kernel[:, :, 0], strides, padding)
    elif backend == "jax" and on_cpu():
        from keras_maskrcnn.ops import convolution_jax as fast
    else:
        return ops.conv(x, kernel, list(strides), padding, data_format="channels_last")
    return fast.conv2d(x, kernel, tuple(strides), padding)


def transposed_conv2d(x, kernel) -> Tensor:
    """Transposed convolution of stride 2 with a 2x2 kernel, its four results side by side.

    Each cell becomes 2 x 2 pixels that no other cell adds to, so it is one matrix product. What
    follows pixel by pixel can run on this form before `depth_to_space` puts the pixels in place.

    Args:
        x: `(B, H, W, C)` maps.
        kernel: `(2, 2, filters, C)`, as `keras.layers.Conv2DTranspose` has it.

    Returns:
        `(B, H, W, 2, 2, filters)`; axes 3 and 4 are y and x of the pixel inside its cell.
    """
    filters, channels = kernel.shape[2:]
    flat = ops.transpose(ops.reshape(kernel, (4 * filters, channels)))  # (C, 4 * filters)
    y = ops.matmul(ops.reshape(x, (-1, channels)), flat)  # (B * H * W, 4 * filters)
    return ops.reshape(y, (-1, *x.shape[1:3], 2, 2, filters))


def depth_to_space(x) -> Tensor:
    """Put pixels in place: `(B, H, W, 2, 2, ...)` of `transposed_conv2d` to `(B, 2H, 2W, ...)`.

    >>> from keras import ops
    >>> cells = ops.reshape(ops.arange(8), (1, 1, 2, 2, 2))
    >>> ops.convert_to_numpy(depth_to_space(cells)).tolist()
    [[[0, 1, 4, 5], [2, 3, 6, 7]]]
    """
    height, width = x.shape[1:3]
    order = (0, 1, 3, 2, 4, *range(5, len(x.shape)))  # to (B, H, 2, W, 2, ...)
    return ops.reshape(ops.transpose(x, order), (-1, 2 * height, 2 * width, *x.shape[5:]))
