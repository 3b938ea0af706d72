"""Random changes of training images, and of their objects with them."""

from keras_maskrcnn.data.augmentation.background import BackgroundReplacement
from keras_maskrcnn.data.augmentation.elastic import ElasticDeformation
from keras_maskrcnn.data.augmentation.external import External
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
    Joint,
    Mixing,
    Photometric,
)
from keras_maskrcnn.data.augmentation.mixing import CopyPaste, Mosaic
from keras_maskrcnn.data.augmentation.names import AUGMENTATION_NAMES, make_augmentations
from keras_maskrcnn.data.augmentation.occlusion import Cutout, RandomErasing
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
    "Joint",
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
    "make_augmentations",
]
