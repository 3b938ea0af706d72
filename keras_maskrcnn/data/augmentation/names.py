"""The names of augmentations in lists and on the command line."""

import functools

from keras_maskrcnn.data.augmentation import (
    background,
    elastic,
    external,
    geometric,
    mixing,
    occlusion,
    photometric,
)
from keras_maskrcnn.data.augmentation.kinds import Augmentation
from keras_maskrcnn.wording import closest

AUGMENTATION_NAMES = {
    "flip": geometric.RandomFlip,
    "flip-vertical": functools.partial(geometric.RandomFlip, horizontal=False, vertical=True),
    "orient": functools.partial(geometric.RandomFlip, vertical=True, rot90=True),
    "rotate": geometric.RandomRotation,
    "shear": geometric.RandomShear,
    "shift": geometric.RandomShift,
    "scale": geometric.RandomScale,
    "crop": geometric.RandomCrop,
    "jitter": geometric.LargeScaleJitter,
    "elastic": elastic.ElasticDeformation,
    "brightness": photometric.RandomBrightness,
    "contrast": photometric.RandomContrast,
    "gamma": photometric.RandomGamma,
    "color": photometric.RandomColor,
    "gray": photometric.RandomGray,
    "invert": photometric.RandomInvert,
    "noise": photometric.GaussianNoise,
    "impulse": photometric.ImpulseNoise,
    "blur": photometric.GaussianBlur,
    "average-blur": photometric.AverageBlur,
    "cutout": occlusion.Cutout,
    "erase": occlusion.RandomErasing,
    "background": background.BackgroundReplacement,
    "copy-paste": mixing.CopyPaste,
    "mosaic": mixing.Mosaic,
}


def make_augmentations(augment) -> list[Augmentation]:
    """Return augmentation objects for a list of names, objects and functions.

    Args:
        augment: one or a sequence of

            - names, which stand for an object with its defaults: "flip" (left-right),
              "flip-vertical", "orient" (all eight orientations), "rotate" (up to 15 degrees),
              "shear", "shift", "scale", "crop", "jitter" (large-scale), "elastic", "brightness",
              "contrast", "gamma", "color" (hue and saturation), "gray", "invert", "noise",
              "impulse", "blur", "average-blur", "cutout", "erase", "background", "copy-paste",
              "mosaic";
            - `Augmentation` objects;
            - callables in the style of albumentations, see `External`.

    Returns:
        list of objects; what cuts comes last, as it needs the final size.

    Raises:
        ValueError: a name is unknown.
    """
    if augment is None:
        return []
    single = isinstance(augment, str | Augmentation) or callable(augment)
    made = []
    for item in [augment] if single else augment:
        if isinstance(item, str) and item in AUGMENTATION_NAMES:
            item = AUGMENTATION_NAMES[item]()
        elif callable(item) and not isinstance(item, type | Augmentation):
            item = external.External(item)
        if not isinstance(item, Augmentation):
            names = ", ".join(f"'{name}'" for name in AUGMENTATION_NAMES)
            raise ValueError(
                f"`augment` must hold augmentation objects, functions, or names among {names}. "
                f"Received: {item!r}.{closest(item, AUGMENTATION_NAMES)}"
            )
        made.append(item)
    return sorted(made, key=lambda item: getattr(item, "cuts", False))
