"""What the backbones of this package have in common: presets, frozen stages, their config."""

import contextlib
from typing import Self

import keras
from keras import layers

from keras_maskrcnn import presets
from keras_maskrcnn.layers.initializers import left_at_zero


class Backbone(keras.Model):
    """A functional model from normalised images to `{"P2", "P3", "P4", "P5"}`.

    A class of it lists the prefixes of its layers' names in `STAGES`: first those of the stem, then
    those that end at "P2", ... "P5". `frozen_stages=n` freezes the first n.

    Args:
        args: as of `keras.Model`, which a class of it calls with its own inputs and outputs.
        kwargs: likewise.
    """

    STAGES = ()
    #: `mean` and `std` of the `ImageNormalization` that the weights want; empty: ImageNet's.
    PIXEL_STATISTICS = {}

    def freeze(self) -> None:
        """Freeze `frozen_stages` stages, and with `freeze_bn` all batch normalisation."""
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
        with left_at_zero() if load_weights else contextlib.nullcontext():
            model = presets.build(handle)
            if changes and isinstance(model, cls):
                model = type(model).from_config({**model.get_config(), **changes})
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


def check_frozen_stages(frozen_stages) -> None:
    """ValueError unless it is a number of stages."""
    if frozen_stages not in range(6):
        raise ValueError(
            f"`frozen_stages` must be in 0..5. Received: frozen_stages={frozen_stages}."
        )
