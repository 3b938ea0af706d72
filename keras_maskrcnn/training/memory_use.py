"""How much memory a process has taken."""

import sys

import keras

from keras_maskrcnn.ops.device import on_cpu


def peak_memory() -> float | None:
    """Return the most gigabytes in use so far: of the GPU where the backend computes on one.

    Else of the process; None where the system does not say.
    """
    taken = _of_process() if on_cpu() else _of_gpu()
    return None if taken is None else taken / 1e9


def _of_gpu():
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    import jax

    return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")


def _of_process():
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)
