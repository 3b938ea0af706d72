"""Models kept as presets."""

import contextlib

import keras
from keras import ops
from keras.saving import serialize_keras_object

from keras_maskrcnn import presets
from keras_maskrcnn.layers.initializers import left_at_zero
from keras_maskrcnn.models.assembly import thawed
from keras_maskrcnn.models.trainability import as_built
from keras_maskrcnn.models.weights import weight_items


def save(model, folder, metadata, dtype) -> None:
    """Write a model to a folder: see `FasterRCNN.save_to_preset`."""
    arrays = {key: ops.convert_to_numpy(v.value) for key, v in weight_items(model).items()}
    metadata = {**(metadata or {}), "class_names": list(model.class_names)}
    with as_built(model):
        config = serialize_keras_object(model)
    config.pop("compile_config", None)  # how it was trained, and on which backend
    config["config"] = thawed(config["config"])
    presets.save(folder, config, arrays, metadata, dtype)


def load(cls, handle, load_weights, dtype) -> keras.Model:
    """Return the model of a preset, of the class `cls`: see `FasterRCNN.from_preset`."""
    with contextlib.suppress(presets.NotDownloaded):
        handle = presets.resolve(handle)
    complete = load_weights and not presets.pretrained_parts(handle)
    with left_at_zero() if complete else contextlib.nullcontext():
        model = presets.build(handle, dtype)
    if not isinstance(model, cls):
        raise ValueError(
            f"The preset {str(handle)!r} holds a {type(model).__name__}, no {cls.__name__}. "
            f"Type {type(model).__name__}.from_preset."
        )
    if load_weights:  # downloaded only now, when it is known to be one of `cls`
        presets.load_weights(presets.resolve(handle, download=True), weight_items(model))
    return model
