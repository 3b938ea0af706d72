"""The one place that knows the backends: compile, wait for the device, ask for its memory."""

import os
import resource
import sys
from pathlib import Path

import keras

BACKEND = keras.backend.backend()


def on_gpu():
    """Whether the backend computes on a GPU."""
    if BACKEND == "jax":
        import jax

        return jax.default_backend() == "gpu"
    if BACKEND == "torch":
        import torch

        return torch.cuda.is_available()
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def block(result):
    """Returns `result` once the device has computed it."""
    if BACKEND == "jax":
        import jax

        return jax.block_until_ready(result)
    if BACKEND == "torch":
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return result
    import tensorflow as tf

    tf.test.experimental.sync_devices()
    return result


def peak_bytes():
    """Most memory so far: of the GPU, or without one of this process."""
    if not on_gpu():
        return process_peak_bytes()
    if BACKEND == "jax":
        import jax

        return jax.devices()[0].memory_stats()["peak_bytes_in_use"]
    if BACKEND == "torch":
        import torch

        return torch.cuda.max_memory_allocated()
    import tensorflow as tf

    return tf.config.experimental.get_memory_info("GPU:0")["peak"]


def process_peak_bytes():
    """Most memory of this process so far."""
    status = Path("/proc/self/status")  # where there is one: getrusage counts the parent's, too
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def compiled(function):
    """The function as this backend runs it fastest; it blocks until the result is there.

    JAX and TensorFlow compile it with XLA, PyTorch runs it op by op without gradients.
    """
    if BACKEND == "jax":
        import jax

        fast = jax.jit(function)
    elif BACKEND == "torch":
        import torch

        fast = torch.inference_mode()(function)
    else:
        import tensorflow as tf

        fast = tf.function(function, jit_compile=True)
    return lambda *arguments: block(fast(*arguments))


def compiled_layer(layer, *arguments):
    """A function without arguments that calls the layer, compiled, on these; its weights stay put.

    JAX gets the weights as arguments, else it would compile them in as constants.
    """
    layer(*arguments)
    if BACKEND != "jax":
        call = compiled(layer)
        return lambda: call(*arguments)
    state = [[v.value for v in layer.trainable_variables]]
    state.append([v.value for v in layer.non_trainable_variables])
    call = compiled(layer.stateless_call)
    return lambda: call(*state, *arguments)


def compiled_gradient(function):
    """Of the sum of squares of what the function gives, by its first argument, a list."""
    from keras import ops

    def loss(first, *others):
        return ops.sum(ops.square(ops.cast(function(first, *others), "float32")))

    if BACKEND == "jax":
        import jax

        fast = jax.jit(jax.grad(loss))
    elif BACKEND == "torch":

        def fast(first, *others):
            leaves = [x.detach().requires_grad_() for x in first]
            loss(leaves, *others).backward()
            return [leaf.grad for leaf in leaves]
    else:
        import tensorflow as tf

        @tf.function(jit_compile=True)
        def fast(first, *others):
            with tf.GradientTape() as tape:
                tape.watch(first)
                value = loss(first, *others)
            return tape.gradient(value, first)

    return lambda *arguments: block(fast(*arguments))


def limit_memory_growth():
    """Keeps the backend from taking the whole GPU, for a process that measures a peer as well."""
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if BACKEND == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
