"""Convolution for JAX on a CPU, where XLA's own is slow in three cases.

1x1 kernels run as one matrix product. The gradient of a kernel that is wide, or reads many small
maps as those of the mask head, is the sum of one matrix product for each of its cells; XLA computes
it as a convolution with a kernel as large as the map, and slower still in a branch. The groups of a
ResNeXt are convolutions of their own, side by side.

Shapes: B images, H W map of the input and H' W' of the output, h w kernel, C channels, F filters,
g groups (`keras_maskrcnn.ops`).
"""

import functools

import jax
from jax import lax

#: Channels from which, and cells of a map up to which, the gradient as matrix products is faster.
WIDE, SMALL = 256, 32 * 32
#: Up to so many groups are taken one by one: more make long programs.
GROUPS = 64

_DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def conv2d(x, kernel, strides, padding) -> jax.Array:
    """Two-dimensional convolution, see `keras_maskrcnn.ops.convolution.conv2d`."""
    height, width, channels, filters = kernel.shape
    if channels == x.shape[-1]:
        if height == width == 1:
            return _matrix_product(x[:, :: strides[0], :: strides[1]], kernel[0, 0])
        cells = x.shape[1] * x.shape[2]
        small = isinstance(cells, int) and cells <= SMALL  # symbolic while a model is exported
        if min(channels, filters) >= WIDE or small:
            return by_products(x, kernel, strides, padding)
    elif x.shape[-1] // channels <= GROUPS:
        return by_products(x, kernel, strides, padding)
    return _conv(x, kernel, strides, padding)


def _by_groups(function, x, kernel, *maps):
    """`function(x, kernel, *maps)` of each group, side by side."""
    groups = x.shape[-1] // kernel.shape[2]
    parts = [jax.numpy.split(array, groups, axis=-1) for array in (x, kernel, *maps)]
    return jax.numpy.concatenate([function(*each) for each in zip(*parts, strict=True)], axis=-1)


def _conv(x, kernel, strides, padding):
    """`(B, H', W', F)` of `(B, H, W, C)` and `(h, w, C / g, F)`, by XLA."""
    groups = x.shape[-1] // kernel.shape[2]
    return lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding.upper(),
        dimension_numbers=_DIMENSIONS,
        feature_group_count=groups,
    )


def _matrix_product(x, matrix):
    flat = x.reshape(-1, x.shape[-1]) @ matrix  # (B * H * W, F)
    return flat.reshape(*x.shape[:-1], matrix.shape[-1])


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def by_products(x, kernel, strides, padding) -> jax.Array:
    """Convolve group by group, the gradient as products; `conv2d` takes it where it is faster."""
    return _by_groups(lambda x, kernel: _conv(x, kernel, strides, padding), x, kernel)


def _forward(x, kernel, strides, padding):
    return by_products(x, kernel, strides, padding), (x, kernel)


def _backward(strides, padding, saved, upstream):
    x, kernel = saved
    of_input = _by_groups(
        functools.partial(_of_input, strides=strides, padding=padding), x, kernel, upstream
    )
    return of_input, _of_kernel(x, kernel.shape, strides, padding, upstream)


def _of_input(x, kernel, upstream, strides, padding):
    """Gradient of the input: a convolution with the kernel turned round.

    Written out for stride 1, because in a branch XLA does not turn the kernel beforehand.
    """
    if strides != (1, 1):
        return jax.vjp(lambda x: _conv(x, kernel, strides, padding), x)[1](upstream)[0]
    size = kernel.shape[:2]
    pads = lax.padtype_to_pads(x.shape[1:3], size, strides, padding.upper())
    pads = [(k - 1 - low, k - 1 - high) for k, (low, high) in zip(size, pads, strict=True)]
    turned = lax.optimization_barrier(jax.numpy.swapaxes(kernel[::-1, ::-1], 2, 3))
    return lax.conv_general_dilated(upstream, turned, strides, pads, dimension_numbers=_DIMENSIONS)


def _of_kernel(x, shape, strides, padding, upstream):
    """`(h, w, C / g, F)` gradient of the kernel: of each cell, what it read by what came of it."""
    size, channels = shape[:2], shape[2]
    pads = lax.padtype_to_pads(x.shape[1:3], size, strides, padding.upper())
    x = jax.numpy.pad(x, ((0, 0), *pads, (0, 0)))
    batch, height, width, filters = upstream.shape
    groups = x.shape[-1] // channels
    upstream = upstream.reshape(-1, filters)  # (B * H' * W', F)
    stops = (strides[0] * (height - 1) + 1, strides[1] * (width - 1) + 1)

    def cell(row, column):
        read = lax.slice(
            x,
            (0, row, column, 0),
            (batch, row + stops[0], column + stops[1], x.shape[-1]),
            (1, *strides, 1),
        )
        # read: (B, H', W', C)
        return _products(read.reshape(-1, x.shape[-1]), upstream, groups)

    rows = [jax.numpy.stack([cell(y, x) for x in range(size[1])]) for y in range(size[0])]
    return jax.numpy.stack(rows)


def _products(read, upstream, groups):
    """`(C / g, F)`: what each channel read times each filter of its group."""
    if groups == 1:  # apart, because in a branch XLA is slow at products with a batch of one
        return read.T @ upstream
    read, upstream = (x.reshape(len(x), groups, -1) for x in (read, upstream))  # (cells, g, ...)
    return jax.numpy.einsum("ngc,ngf->cgf", read, upstream).reshape(read.shape[-1], -1)


by_products.defvjp(_forward, _backward)
