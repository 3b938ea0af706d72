"""The choices of a training run."""

import dataclasses

from keras_maskrcnn.data import ImageResizer
from keras_maskrcnn.evaluation.kinds import DECIDING_LOGS
from keras_maskrcnn.training.optimization import Optimization
from keras_maskrcnn.wording import closest

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
        optimization: `Optimization`: optimizer, learning rate and the like.
        monitor: kind of result whose figure decides which epoch is the best one and when to stop:
            AP of a "box", "mask" or "keypoint", PQ of a "panoptic" map, mean IoU of a "semantic"
            map, as far as the model gives them. None takes the last that is measured of semantic,
            box, mask, keypoint, panoptic.
        patience: int, epochs without a better figure after which to stop; 0 never stops early.
        ap_every: int, epochs from one COCO AP measurement to the next.
        ap_images: int, or None: measure AP on that many images only.
        seed: int, of initial weights, order, augmentation and sampling.

    Example:

    >>> Recipe(epochs=2, batch_size=4, optimization=Optimization(ema=0.99)).resizer()
    ImageResizer(min_size=512, max_size=512, scale=None, min_scale=0.0, rounding='floor',
    resampling='bilinear', square=False)
    """

    epochs: int = 20
    batch_size: int = 2
    image_size: int = 512
    image_scale: float | None = None
    augment: tuple[str, ...] = ("flip",)
    max_objects: int | None = None
    optimization: Optimization = Optimization()
    monitor: str | None = None
    patience: int = 0
    ap_every: int = 1
    ap_images: int | None = None
    seed: int = 0

    def __post_init__(self):
        if self.monitor not in (None, *DECIDING_LOGS):
            raise ValueError(
                f"`monitor` must be one of {list(DECIDING_LOGS)}, or left out. Received: "
                f"monitor={self.monitor!r}.{closest(self.monitor, DECIDING_LOGS)}"
            )
        if self.image_scale is not None and "crop" not in self.augment:
            raise ValueError(
                "`augment` must hold 'crop' with `image_scale`, or larger images would be trained "
                f"on at another scale than they are detected at. Received: {list(self.augment)}."
            )

    def resizer(self) -> ImageResizer:
        """Return the `ImageResizer` of training, which the model keeps for `detect`."""
        if self.image_scale is None:
            return ImageResizer(self.image_size, self.image_size)
        return ImageResizer(max_size=LARGEST_SIDE, scale=self.image_scale)

    def choices(self) -> dict:
        """Return all choices by name, those of the optimization beside the others."""
        chosen = dataclasses.asdict(self)
        return {**chosen.pop("optimization"), **chosen}
