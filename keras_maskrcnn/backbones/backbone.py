"""What the backbones of this package have in common: presets, frozen stages, their config."""

import contextlib
from typing import Self

import keras
from keras import layers

from keras_maskrcnn import presets
from keras_maskrcnn.layers.initializers import left_at_zero


class Backbone(keras.Model):
    """A functional model from normalised images to `{"P2", "P3", "P4", "P5"}`.

    A class of it makes the maps in `maps` and lists the prefixes of its layers' names in `STAGES`:
    first those of the stem, then those that end at "P2", ... "P5".

    Args:
        frozen_stages: how many of `STAGES` are frozen, from the stem on.
        freeze_bn: freeze all BatchNormalization.
        in_channels: channels of the images.
        name: name of the model.
        dtype: dtype policy of all layers. Default: the global one.

    Raises:
        ValueError: for a number of stages out of 0..5.
    """

    STAGES = ()
    #: `mean` and `std` of the `ImageNormalization` that the weights want; empty: ImageNet's.
    PIXEL_STATISTICS = {}

    def __init__(self, frozen_stages, freeze_bn, in_channels, name, dtype=None):
        if frozen_stages not in range(6):
            raise ValueError(
                f"`frozen_stages` must be in 0..5. Received: frozen_stages={frozen_stages}."
            )
        self.frozen_stages = frozen_stages
        self.freeze_bn = freeze_bn
        self.in_channels = in_channels
        self.policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        images = keras.Input((None, None, in_channels), name="images")
        super().__init__(images, self.maps(images), name=name)
        self._freeze()

    def maps(self, images) -> dict:
        """Return the symbolic maps "P2" to "P5" of symbolic images."""
        raise NotImplementedError

    def _freeze(self):
        frozen = tuple(name for stage in self.STAGES[: self.frozen_stages] for name in stage)
        for layer in self.layers:
            is_bn = isinstance(layer, layers.BatchNormalization)
            if layer.name.startswith(frozen) or (self.freeze_bn and is_bn):
                layer.trainable = False

    @classmethod
    def from_preset(cls, handle, load_weights=True, **changes) -> Self:
        """Build a backbone with weights, such as one trained to classify ImageNet.

        Args:
            handle: name of a preset such as "resnet50_imagenet", a folder, or
                "hf://user/repository". A preset of the zoo is downloaded the first time.
            load_weights: False leaves the weights at their initial random values; nothing is
                downloaded then.
            changes: arguments of the class that are to be others than the preset's, such as
                `freeze_bn=True`.

        Raises:
            ValueError: for an unknown name, or a preset that holds no backbone of this class.
        """
        with contextlib.suppress(presets.NotDownloaded):
            handle = presets.resolve(handle)
        if presets.kind(handle) != "backbone":
            changes = {}  # nothing to change: refused below
        with left_at_zero() if load_weights else contextlib.nullcontext():
            model = presets.build(handle, **changes)
        if not isinstance(model, cls):
            found = type(model).__name__
            take = "" if isinstance(model, Backbone) else "the backbone of "
            raise ValueError(
                f"The preset {str(handle)!r} holds a {found}, no {cls.__name__}. "
                f"Take {take}{found}.from_preset."
            )
        if load_weights:  # downloaded only now, when it is known to be a backbone
            folder = presets.resolve(handle, download=True)
            presets.load_weights(folder, {weight.path: weight for weight in model.weights})
        return model

    def get_config(self) -> dict:
        return {
            "name": self.name,
            "frozen_stages": self.frozen_stages,
            "freeze_bn": self.freeze_bn,
            "in_channels": self.in_channels,
            "dtype": keras.saving.serialize_keras_object(self.policy),
        }

    @classmethod
    def from_config(cls, config) -> Self:
        if isinstance(config.get("dtype"), dict):
            config = {**config, "dtype": keras.saving.deserialize_keras_object(config["dtype"])}
        return cls(**config)
