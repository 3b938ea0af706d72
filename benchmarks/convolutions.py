"""Why `ops/convolution_jax.py`: GFLOP/s of its forms and of XLA's own, JAX on a CPU.

    KERAS_BACKEND=jax python benchmarks/convolutions.py

Forward of 1x1 kernels and the gradient of 3x3 kernels at sizes of a training step of R50-FPN, and
3x3 kernels in the 32 groups of ResNeXt-101 32x8d.
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
GROUPED = ((1, 200, 256, 256), (1, 50, 1024, 1024))


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
        x,
        kernel,
        (1, 1),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=x.shape[-1] // kernel.shape[2],
    )


def by_products(x, kernel):
    """A convolution by groups, whose gradients are our own."""
    return convolution_jax.by_products(x, kernel, (1, 1), "same")


def of_kernel(function):
    """The gradient of the kernel of a convolution."""
    return lambda x, kernel, upstream: jax.vjp(lambda k: function(x, k), kernel)[1](upstream)


def arrays(size, shape, groups=1):
    """Maps, a kernel and the gradient of the result; and the operations of one convolution."""
    images, side, channels, filters = shape
    rng = np.random.default_rng(0)
    x = rng.standard_normal((images, side, side, channels), "float32")
    kernel = rng.standard_normal((size, size, channels // groups, filters), "float32")
    upstream = rng.standard_normal((images, side, side, filters), "float32")
    return (x, kernel, upstream), 2 * kernel.size * images * side**2


def forward(ours, *arguments):
    """GFLOP/s of XLA and of ours."""
    (x, kernel, _), operations = arrays(*arguments)
    return [gflops(jax.jit(f), operations, x, kernel) for f in (by_xla, ours)]


def gradient(*arguments):
    """GFLOP/s of the gradient of the kernel, of XLA and of ours."""
    made, operations = arrays(*arguments)
    return [gflops(jax.jit(of_kernel(f)), operations, *made) for f in (by_xla, by_products)]


def main():
    """Prints one line for each shape."""

    def pointwise(*shape):
        return forward(products, *shape)

    def groupwise(*shape):
        return forward(by_products, *shape)

    lines = [
        *(("1x1, forward", 1, shape, pointwise) for shape in POINTWISE),
        *(("3x3, gradient of the kernel", 3, shape, gradient) for shape in WIDE),
        *(("the same, left to XLA", 3, shape, gradient) for shape in NARROW),
        *(("3x3 in 32 groups, forward", 3, shape, 32, groupwise) for shape in GROUPED),
        *(("its gradient of the kernel", 3, shape, 32, gradient) for shape in GROUPED),
    ]
    print(f"{'GFLOP/s':72}{'XLA':>8}{'ours':>8}")
    for name, *arguments, compare in lines:
        xla, ours = compare(*arguments)
        images, side, channels, filters = arguments[1]
        label = f"{name}: {images} x {side} x {side}, {channels} to {filters}"
        print(f"{label:72}{xla:8.3g}{ours:8.3g}", flush=True)


if __name__ == "__main__":
    main()
