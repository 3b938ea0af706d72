"""The choices of a training run."""

import dataclasses

import keras

from keras_maskrcnn.data import ImageResizer

# What may differ between the command that began a run and the one that resumes it.
FREE_TO_CHANGE = ("epochs", "patience", "ap_every", "ap_images")
LARGEST_SIDE = 2048


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train.

    Args:
        epochs: int, passes over the training images.
        batch_size: int, images per step.
        image_size: int, side in pixels of the square that images are fitted into.
        image_scale: float, or None: enlarge every image by this factor instead of fitting it into
            the square; with `"crop"` among `augment`, larger images give random windows.
        augment: tuple of names, see `keras_maskrcnn.data.Loader`.
        max_objects: int, or None: room for objects per image, see `keras_maskrcnn.data.Loader`.
        learning_rate: float, highest rate: reached in a linear warm-up over the first twentieth of
            all steps (1000 at most), then lowered along a cosine to a hundredth.
        weight_decay: float, AdamW's, on kernels only.
        patience: int, epochs without a better figure after which to stop; 0 never stops early.
        ap_every: int, epochs from one COCO AP measurement to the next.
        ap_images: int, or None: measure AP on that many images only.
        seed: int, of initial weights, order, augmentation and sampling.

    Example:

    >>> Recipe(epochs=2, batch_size=4).optimizer(steps_per_epoch=10).__class__.__name__
    'AdamW'
    """

    epochs: int = 20
    batch_size: int = 2
    image_size: int = 512
    image_scale: float | None = None
    augment: tuple[str, ...] = ("flip",)
    max_objects: int | None = None
    learning_rate: float = 5e-4
    weight_decay: float = 1e-4
    patience: int = 0
    ap_every: int = 1
    ap_images: int | None = None
    seed: int = 0

    def __post_init__(self):
        if self.image_scale is not None and "crop" not in self.augment:
            raise ValueError(
                "`augment` must hold 'crop' with `image_scale`, or larger images would be trained "
                f"on at another scale than they are detected at. Received: {list(self.augment)}."
            )

    def resizer(self):
        """The `ImageResizer` of training, which the model keeps for `detect`."""
        if self.image_scale is None:
            return ImageResizer(self.image_size, self.image_size)
        return ImageResizer(max_size=LARGEST_SIDE, scale=self.image_scale)

    def schedule(self, steps_per_epoch):
        """The learning rate by step of the whole run."""
        steps = max(1, self.epochs * steps_per_epoch)
        warmup = min(1000, steps // 20)
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=self.learning_rate / 100 if warmup else self.learning_rate,
            decay_steps=steps - warmup,
            alpha=0.01,
            warmup_target=self.learning_rate if warmup else None,
            warmup_steps=warmup,
        )

    def optimizer(self, steps_per_epoch):
        """A new optimizer with the schedule of the whole run."""
        optimizer = keras.optimizers.AdamW(
            self.schedule(steps_per_epoch), weight_decay=self.weight_decay, global_clipnorm=10.0
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer
