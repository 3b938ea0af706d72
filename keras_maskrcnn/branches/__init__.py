"""Heads with all that is their own: crops, targets, loss and results."""

from keras_maskrcnn.branches.branch import Branch
from keras_maskrcnn.branches.keypoint import KeypointBranch
from keras_maskrcnn.branches.mask import MaskBranch
from keras_maskrcnn.branches.semantic import SemanticBranch

__all__ = ["Branch", "KeypointBranch", "MaskBranch", "SemanticBranch"]
