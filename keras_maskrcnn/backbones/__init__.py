"""Backbones: networks that turn images into feature maps "P2".."P5"."""

from keras_maskrcnn.backbones.adapter import pyramid_from
from keras_maskrcnn.backbones.backbone import Backbone
from keras_maskrcnn.backbones.efficientnet_lite import EfficientNetLite
from keras_maskrcnn.backbones.resnet import ResNet

__all__ = ["Backbone", "EfficientNetLite", "ResNet", "pyramid_from"]
