"""Models made of the layers."""

from keras_maskrcnn.models.ensemble import Ensemble
from keras_maskrcnn.models.faster_rcnn import FasterRCNN
from keras_maskrcnn.models.fcn import FCN
from keras_maskrcnn.models.keypoint_rcnn import KeypointRCNN
from keras_maskrcnn.models.mask_rcnn import MaskRCNN
from keras_maskrcnn.models.panoptic_fpn import PanopticFPN

__all__ = ["FCN", "Ensemble", "FasterRCNN", "KeypointRCNN", "MaskRCNN", "PanopticFPN"]
