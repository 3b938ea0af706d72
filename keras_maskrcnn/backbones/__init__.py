"""Backbones that turn images into feature maps "P2".."P5"."""

from keras_maskrcnn.backbones.adapter import pyramid_from
from keras_maskrcnn.backbones.resnet import ResNet

__all__ = ["ResNet", "pyramid_from"]
