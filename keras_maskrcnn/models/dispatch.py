"""Starting a batch on the device without waiting for what comes out.

`predict_on_batch` waits, and on JAX it also gives the weights away and takes them back, one by one.
"""

import weakref

import keras
import numpy as np
from keras import ops

from keras_maskrcnn.models.given_boxes import BOXES, PROPOSALS
from keras_maskrcnn.ops.tensor import Tensor

_JITTED = weakref.WeakKeyDictionary()
_TRACED = weakref.WeakKeyDictionary()


def start(model, inputs) -> dict[str, Tensor]:
    """Run the model on a batch, as `predict_on_batch` does.

    Args:
        model: `FasterRCNN`.
        inputs: dict of NumPy arrays, what `FasterRCNN.call` takes.

    Returns:
        Dict of tensors, which JAX, and the others on a GPU, may still be working at.
    """
    model.make_predict_function()
    if keras.backend.backend() == "tensorflow" and {BOXES, PROPOSALS} & set(inputs):
        return _traced(model, inputs)(inputs)
    if keras.backend.backend() != "jax":
        return model.predict_function([(inputs,)])
    state = [[v.value for v in part] for part in _variables(model)]
    if model.run_eagerly or not model.jit_compile:
        return model.stateless_call(*state, inputs, training=False)[0]
    outputs = _jitted(model)(*state, inputs)
    for value in outputs.values():
        value.copy_to_host_async()
    return outputs


def fetch(outputs) -> dict[str, np.ndarray]:
    """Return the dict of NumPy arrays of a dict of tensors, waited for."""
    return {key: ops.convert_to_numpy(value) for key, value in outputs.items()}


def is_finished(outputs) -> bool:
    """Whether `start` has waited all the same: TensorFlow and PyTorch do on the CPU."""
    backend = keras.backend.backend()
    if backend == "jax":
        return False
    device = next(iter(outputs.values())).device
    return "CPU" in device if backend == "tensorflow" else device.type == "cpu"


def _variables(model):
    return model.trainable_variables, model.non_trainable_variables


def _jitted(model):
    """Return the compiled model; a new one whenever Keras has made a new predict function."""
    if model.predict_function not in _JITTED:
        import jax

        model_ref = weakref.ref(model)

        def detect_step(trainable, non_trainable, inputs):
            return model_ref().stateless_call(trainable, non_trainable, inputs, training=False)[0]

        _JITTED[model.predict_function] = jax.jit(detect_step)
    return _JITTED[model.predict_function]


def _traced(model, inputs):
    """Return the graph of a model for so many given boxes, of images of any size.

    Keras' own gives up the number of boxes once it has seen two numbers, and the heads need it.
    """
    if model.run_eagerly:
        return model
    import tensorflow as tf

    shapes = {
        key: (x.shape[0], None, None, x.shape[-1]) if key == "images" else x.shape
        for key, x in inputs.items()
    }
    graphs = _TRACED.setdefault(model.predict_function, {})
    known = tuple(sorted((key, shape, str(inputs[key].dtype)) for key, shape in shapes.items()))
    if known not in graphs:
        model_ref = weakref.ref(model)
        specs = {key: tf.TensorSpec(shape, inputs[key].dtype) for key, shape in shapes.items()}
        graphs[known] = tf.function(
            lambda given: model_ref()(given, training=False),
            input_signature=[specs],
            jit_compile=model.jit_compile,
        )
    return graphs[known]
