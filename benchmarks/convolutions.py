"""Why `ops/convolution_jax.py`: GFLOP/s of its forms and of XLA's own, JAX on a CPU.

    KERAS_BACKEND=jax python benchmarks/convolutions.py

Forward of 1x1 kernels, and the gradient of 3x3 kernels, at sizes of a training step of R50-FPN.
"""

import statistics
import time

import jax
import numpy as np

from keras_maskrcnn.ops import convolution_jax

# Images, side of the map, channels, filters.
POINTWISE = ((1, 200, 256, 64), (1, 200, 64, 256), (1, 50, 1024, 256))
WIDE = ((2, 128, 256, 256), (256, 14, 256, 256), (2, 64, 256, 256))
NARROW = ((2, 128, 64, 64), (2, 64, 128, 128))


def gflops(function, operations, *arguments):
    """Median of five calls after one that compiles."""
    jax.block_until_ready(function(*arguments))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        seconds.append(time.perf_counter() - start)
    return operations / statistics.median(seconds) / 1e9


def products(x, kernel):
    """A 1x1 convolution as one product."""
    return convolution_jax.conv2d(x, kernel, (1, 1), "same")


def by_xla(x, kernel):
    """Any convolution by XLA, also its gradients."""
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def by_products(x, kernel):
    """A convolution whose gradients are our own."""
    return convolution_jax._by_products(x, kernel, (1, 1), "same")


def of_kernel(function):
    """The gradient of the kernel of a convolution."""
    return lambda x, kernel, upstream: jax.vjp(lambda k: function(x, k), kernel)[1](upstream)


def compare(size, shape):
    """GFLOP/s of XLA and of ours: forward of a 1x1 kernel, else the gradient of the kernel."""
    images, side, channels, filters = shape
    rng = np.random.default_rng(0)
    x = rng.standard_normal((images, side, side, channels), "float32")
    kernel = rng.standard_normal((size, size, channels, filters), "float32")
    operations = 2 * images * side**2 * size**2 * channels * filters
    if size == 1:
        return [gflops(jax.jit(f), operations, x, kernel) for f in (by_xla, products)]
    upstream = rng.standard_normal((images, side, side, filters), "float32")
    return [
        gflops(jax.jit(of_kernel(f)), operations, x, kernel, upstream)
        for f in (by_xla, by_products)
    ]


def main():
    """Prints one line for each shape."""
    print(f"{'GFLOP/s':52}{'XLA':>8}{'ours':>8}")
    for name, size, shapes in (
        ("1x1, forward", 1, POINTWISE),
        ("3x3, gradient of the kernel", 3, WIDE),
        ("3x3, gradient of the kernel, left to XLA", 3, NARROW),
    ):
        for shape in shapes:
            xla, ours = compare(size, shape)
            images, side, channels, filters = shape
            label = f"{name}: {images} x {side} x {side}, {channels} to {filters}"
            print(f"{label:52}{xla:8.0f}{ours:8.0f}", flush=True)


if __name__ == "__main__":
    main()
