"""Data sets: readers, augmentation and batching. NumPy in, NumPy out; only `Loader` needs Keras."""

from keras_maskrcnn.data.annotation_files import COCOSource, LabelMeSource, VIASource, YOLOSource
from keras_maskrcnn.data.augmentation import (
    AUGMENTATION_NAMES,
    Augmentation,
    Augmenter,
    AverageBlur,
    BackgroundReplacement,
    CopyPaste,
    Cutout,
    ElasticDeformation,
    External,
    GaussianBlur,
    GaussianNoise,
    Geometric,
    ImpulseNoise,
    Joint,
    LargeScaleJitter,
    Mixing,
    Mosaic,
    Photometric,
    RandomBrightness,
    RandomColor,
    RandomContrast,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomGamma,
    RandomGray,
    RandomInvert,
    RandomRotation,
    RandomScale,
    RandomShear,
    RandomShift,
)
from keras_maskrcnn.data.fields import Field
from keras_maskrcnn.data.figures import FiguresSource
from keras_maskrcnn.data.folds import folds
from keras_maskrcnn.data.holding_back import hold_back
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.keypoints import Keypoints
from keras_maskrcnn.data.opening import open_source
from keras_maskrcnn.data.panoptic_source import COCOPanopticSource
from keras_maskrcnn.data.problems import find_problems
from keras_maskrcnn.data.proposals import Proposals, WithProposals
from keras_maskrcnn.data.resizing import ImageResizer
from keras_maskrcnn.data.saving import save_source
from keras_maskrcnn.data.semantic_of_objects import SemanticOfObjects
from keras_maskrcnn.data.shapes import ShapesSource
from keras_maskrcnn.data.source import Sample, Source, Subset
from keras_maskrcnn.data.tfds import TFDSSource
from keras_maskrcnn.data.video import VideoReadError, read_video
from keras_maskrcnn.formats.coco.panoptic import write as write_coco_panoptic
from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.image_files import list_images
from keras_maskrcnn.formats.images import ImageReadError, read_image
from keras_maskrcnn.formats.via import via_project

__all__ = [
    "AUGMENTATION_NAMES",
    "Augmentation",
    "Augmenter",
    "AverageBlur",
    "BackgroundReplacement",
    "COCOPanopticSource",
    "COCOSource",
    "CopyPaste",
    "Cutout",
    "DatasetError",
    "ElasticDeformation",
    "External",
    "Field",
    "FiguresSource",
    "GaussianBlur",
    "GaussianNoise",
    "Geometric",
    "ImageReadError",
    "ImageResizer",
    "ImpulseNoise",
    "Instances",
    "Keypoints",
    "Joint",
    "LabelMeSource",
    "LargeScaleJitter",
    "Loader",
    "Mixing",
    "Mosaic",
    "Photometric",
    "Proposals",
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
    "Sample",
    "SemanticOfObjects",
    "ShapesSource",
    "Source",
    "Subset",
    "TFDSSource",
    "VIASource",
    "VideoReadError",
    "WithProposals",
    "YOLOSource",
    "find_problems",
    "folds",
    "hold_back",
    "list_images",
    "open_source",
    "read_image",
    "read_video",
    "save_source",
    "via_project",
    "write_coco_panoptic",
]


def __getattr__(name):
    """Import `Loader`, and Keras with it, when it is first asked for."""
    if name == "Loader":
        from keras_maskrcnn.data.loader import Loader

        return Loader
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
