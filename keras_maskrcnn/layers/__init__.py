"""The layers of Mask R-CNN, each usable alone in a model of your own."""

from keras_maskrcnn.layers.anchor_generator import AnchorGenerator
from keras_maskrcnn.layers.box_head import BoxHead
from keras_maskrcnn.layers.detection_layer import DetectionLayer
from keras_maskrcnn.layers.feature_pyramid import FeaturePyramid
from keras_maskrcnn.layers.image_normalization import ImageNormalization
from keras_maskrcnn.layers.keypoint_head import KeypointHead
from keras_maskrcnn.layers.mask_head import MaskHead
from keras_maskrcnn.layers.proposal_layer import ProposalLayer
from keras_maskrcnn.layers.roi_align import RoIAlign
from keras_maskrcnn.layers.rpn_head import RPNHead
from keras_maskrcnn.layers.semantic_head import SemanticHead
from keras_maskrcnn.layers.unet_head import UNetHead

__all__ = [
    "AnchorGenerator",
    "BoxHead",
    "DetectionLayer",
    "FeaturePyramid",
    "ImageNormalization",
    "KeypointHead",
    "MaskHead",
    "ProposalLayer",
    "RPNHead",
    "RoIAlign",
    "SemanticHead",
    "UNetHead",
]
