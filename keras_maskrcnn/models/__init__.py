"""Models made of the layers."""

from keras_maskrcnn.models.ensemble import Ensemble
from keras_maskrcnn.models.faster_rcnn import FasterRCNN
from keras_maskrcnn.models.keypoint_rcnn import KeypointRCNN
from keras_maskrcnn.models.mask_rcnn import MaskRCNN

__all__ = ["Ensemble", "FasterRCNN", "KeypointRCNN", "MaskRCNN"]
