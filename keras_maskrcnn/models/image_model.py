"""What models of images have in common, whatever the network: training, and being kept."""

import contextlib
from typing import Self

import keras

from keras_maskrcnn.models import stored, training_data
from keras_maskrcnn.models.restoring import weights_kept


class ImageModel(keras.Model):
    """A model that `fit` trains on a `Loader`, and that is kept as a preset.

    A subclass has, as attributes: `backbone`, `image_normalization`, `image_resizer`, `branches`,
    `class_names` and `num_classes` of objects (none: () and 0), `ground_truth`, the keys of a batch
    that it learns from, `parts`, the layers with weights, and `head_names`, which of these are
    heads.
    """

    needs_proposals = False  # beside the image

    def fit(self, x=None, *args, validation_data=None, **kwargs) -> keras.callbacks.History:
        """Keras' `fit`, once the data is known to be of the model's classes.

        A `Loader`, which must have an object to learn from if the model finds objects, gives the
        ground truth that the model learns from, and `detect` shows the network images as large as
        its resizer makes them from here on; a line says so if that is new.
        """
        training_data.connect(self, x, validation_data)
        training_data.check_objects(self, x)
        training_data.take_resizer(self, x, quiet=kwargs.get("verbose", "auto") == 0)
        x, validation_data = (training_data.checked(self, one) for one in (x, validation_data))
        with weights_kept(self, training=True):
            return super().fit(x, *args, validation_data=validation_data, **kwargs)

    def evaluate(self, x=None, *args, **kwargs) -> float | list[float] | dict[str, float]:
        """Keras' `evaluate`, once the data is known to be of the model's classes."""
        training_data.connect(self, x)
        if not kwargs.get("_use_cached_eval_dataset"):  # which is `fit`'s, looked at there
            x = training_data.checked(self, x)
        with weights_kept(self):
            return super().evaluate(x, *args, **kwargs)

    def train_on_batch(self, x, *args, **kwargs) -> float | list[float] | dict[str, float]:
        """Keras' `train_on_batch`; the first batch after `compile` is looked at."""
        with self._first_time(self.train_function, x, training=True):
            return super().train_on_batch(x, *args, **kwargs)

    def test_on_batch(self, x, *args, **kwargs) -> float | list[float] | dict[str, float]:
        """Keras' `test_on_batch`; the first batch after `compile` is looked at."""
        with self._first_time(self.test_function, x):
            return super().test_on_batch(x, *args, **kwargs)

    def _first_time(self, function, x, training=False):
        """Return the context of a step; one that is not the first needs none."""
        if function is not None:
            return contextlib.nullcontext()
        training_data.check_first_batch(self, x)
        return weights_kept(self, training)

    def predict(self, *args, **kwargs) -> dict:
        """Keras' `predict`."""
        with weights_kept(self):
            return super().predict(*args, **kwargs)

    def save_to_preset(self, folder, *, metadata=None, dtype="float32") -> None:
        """Write the model to a folder that `from_preset` reads on any backend.

        Args:
            folder: where `config.json`, `metadata.json` and `model.safetensors` go.
            metadata: dict of further entries for `metadata.json`.
            dtype: "float32", or "float16" to store kernels in half the space.
        """
        stored.save(self, folder, metadata, dtype)

    def export(
        self, filepath, format="tf_saved_model", verbose=None, input_signature=None, **kwargs
    ) -> None:
        """Write a model that other programs run: pixels in, the padded tensors of `predict` out.

        Args:
            filepath: str or path.
            format: of Keras. Tried is "tf_saved_model" on TensorFlow; another one, or another
                backend, may refuse an operation.
            verbose: of Keras.
            input_signature: list of one `keras.InputSpec`, of the images: their shape
                `(B, H, W, 3)` and dtype "uint8". Sides are multiples of 32.
            kwargs: of Keras.

        Raises:
            ValueError: there is no `input_signature`: a model takes images of any size.
        """
        if input_signature is None:
            raise ValueError(
                "`input_signature` must say the shape and dtype of the images. Received: "
                "input_signature=None. Type model.export(path, input_signature="
                '[keras.InputSpec(shape=(1, 512, 512, 3), dtype="uint8")]).'
            )
        super().export(filepath, format, verbose, input_signature, **kwargs)

    @classmethod
    def from_preset(cls, handle, load_weights=True, dtype=None) -> Self:
        """Build a model from a preset.

        Args:
            handle: name of a preset, a folder, or "hf://user/repository". A preset of the zoo is
                downloaded and converted the first time.
            load_weights: False leaves the weights at their initial random values; nothing is
                downloaded then.
            dtype: dtype policy to compute in, such as "mixed_bfloat16". Default: the preset's.

        Returns:
            A model of this class.

        Raises:
            ValueError: for an unknown name (the closest is named), or weights that do not fit.
            FileNotFoundError: for a folder that holds no preset.
        """
        return stored.load(cls, handle, load_weights, dtype)
