"""What a model has that is kept as a preset: `save_to_preset` and `from_preset`."""

import contextlib

from keras import ops
from keras.saving import serialize_keras_object

from keras_maskrcnn import presets
from keras_maskrcnn.layers.initializers import left_at_zero
from keras_maskrcnn.models.defaults import thawed
from keras_maskrcnn.models.trainability import as_built
from keras_maskrcnn.models.weights import weight_items


class Stored:
    """A base of `FasterRCNN`."""

    def save_to_preset(self, folder, *, metadata=None, dtype="float32"):
        """Write the model to a folder that `from_preset` reads on any backend.

        Args:
            folder: where `config.json`, `metadata.json` and `model.safetensors` go.
            metadata: dict of further entries for `metadata.json`.
            dtype: "float32", or "float16" to store kernels in half the space.
        """
        arrays = {key: ops.convert_to_numpy(v.value) for key, v in weight_items(self).items()}
        metadata = {**(metadata or {}), "class_names": list(self.class_names)}
        with as_built(self):
            config = serialize_keras_object(self)
        config.pop("compile_config", None)  # how it was trained, and on which backend
        config["config"] = thawed(config["config"])
        presets.save(folder, config, arrays, metadata, dtype)

    @classmethod
    def from_preset(cls, handle, load_weights=True, dtype=None):
        """Build a model from a preset.

        Args:
            handle: name of a preset, a folder, or "hf://user/repository". A preset of the zoo is
                downloaded and converted the first time.
            load_weights: False leaves the weights at their initial random values.
            dtype: dtype policy to compute in, such as "mixed_bfloat16". Default: the preset's.

        Raises:
            ValueError: for an unknown name (the closest is named), or weights that do not fit.
            FileNotFoundError: for a folder that holds no preset.
        """
        handle = presets.obtain(handle)
        with left_at_zero() if load_weights else contextlib.nullcontext():
            model = presets.build(handle, dtype)
        if not isinstance(model, cls):
            raise ValueError(
                f"The preset {str(handle)!r} holds a {type(model).__name__}, no {cls.__name__}. "
                f"Type {type(model).__name__}.from_preset."
            )
        if load_weights:
            presets.load_weights(handle, weight_items(model))
        return model
