"""The gradient of a scalar function of one array, on whatever backend runs."""

import keras
import numpy as np


def compiled(function):
    """The function, traced once by the backends that can: for one that is called many times."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.jit(function)
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    return function


def gradient(function, array):
    """d function(x) / dx at `array`, as NumPy; `function` maps a tensor to a scalar tensor."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return np.asarray(jax.grad(function)(jax.numpy.asarray(array)))
    if backend == "tensorflow":
        import tensorflow as tf

        x = tf.Variable(array)
        with tf.GradientTape() as tape:
            value = function(tf.convert_to_tensor(x))
        return tf.convert_to_tensor(tape.gradient(value, x)).numpy()
    import torch

    with torch.enable_grad():
        x = torch.tensor(array, requires_grad=True)
        function(x).backward()
    return x.grad.numpy()
