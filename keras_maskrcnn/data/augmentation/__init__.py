"""Random changes of training images, their masks and boxes with them."""

from keras_maskrcnn.data.augmentation.geometric import (
    LargeScaleJitter,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomScale,
    RandomShear,
    RandomShift,
)
from keras_maskrcnn.data.augmentation.kinds import (
    Augmentation,
    Geometric,
    Mixing,
    Photometric,
    Scenic,
)
from keras_maskrcnn.data.augmentation.mixing import CopyPaste, Mosaic
from keras_maskrcnn.data.augmentation.names import AUGMENTATION_NAMES, make_augmentations
from keras_maskrcnn.data.augmentation.photometric import (
    AverageBlur,
    GaussianBlur,
    GaussianNoise,
    ImpulseNoise,
    RandomBrightness,
    RandomColor,
    RandomContrast,
    RandomGamma,
    RandomGray,
    RandomInvert,
)
from keras_maskrcnn.data.augmentation.pipeline import Augmenter
from keras_maskrcnn.data.augmentation.scenic import (
    BackgroundReplacement,
    Cutout,
    ElasticDeformation,
    External,
    RandomErasing,
)

__all__ = [
    "AUGMENTATION_NAMES",
    "Augmentation",
    "Augmenter",
    "AverageBlur",
    "BackgroundReplacement",
    "CopyPaste",
    "Cutout",
    "ElasticDeformation",
    "External",
    "GaussianBlur",
    "GaussianNoise",
    "Geometric",
    "ImpulseNoise",
    "LargeScaleJitter",
    "Mixing",
    "Mosaic",
    "Photometric",
    "RandomBrightness",
    "RandomColor",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomGamma",
    "RandomGray",
    "RandomInvert",
    "RandomRotation",
    "RandomScale",
    "RandomShear",
    "RandomShift",
    "Scenic",
    "make_augmentations",
]
