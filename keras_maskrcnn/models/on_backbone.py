"""Detectors that begin with a backbone alone: which layers go with which backbone."""

import inspect

import keras

from keras_maskrcnn.backbones import Backbone, EfficientNetLite
from keras_maskrcnn.branches import KeypointBranch
from keras_maskrcnn.layers.box_head import BoxHead
from keras_maskrcnn.layers.feature_pyramid import FeaturePyramid
from keras_maskrcnn.layers.keypoint_head import KeypointHead
from keras_maskrcnn.layers.mask_head import MaskHead
from keras_maskrcnn.layers.proposal_layer import ProposalLayer
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets

NARROW = 96  # channels of pyramid and heads


def build(cls, handle, class_names, load_weights, given) -> keras.Model:
    """Return a new model of the class `cls`: see `FasterRCNN.from_backbone`."""
    # Batches of a few large images tell too little of mean and deviation to learn them anew.
    changes = {"freeze_bn": True, **({"dtype": given["dtype"]} if given.get("dtype") else {})}
    backbone = Backbone.from_preset(handle, load_weights, **changes)
    layers = narrow_layers() if isinstance(backbone, EfficientNetLite) else {}
    if "keypoints" in given and layers and not isinstance(given["keypoints"], KeypointBranch):
        head = KeypointHead(conv_dims=(NARROW,) * 4, dtype=given.get("dtype"))
        given = {**given, "keypoints": KeypointBranch(given["keypoints"], head=head)}
    known = inspect.signature(cls.__init__).parameters
    layers = {key: make(given.get("dtype")) for key, make in layers.items() if key in known}
    names = list(class_names)
    return cls(backbone, len(names), **{**layers, **given, "class_names": names})


def narrow_layers() -> dict:
    """Return the functions of a dtype that make the layers that go with a small backbone.

    Pyramid and heads of 256 and 1024 channels would take three times as long as the backbone.
    """
    return {
        "feature_pyramid": lambda dtype: FeaturePyramid(NARROW, dtype=dtype),
        "proposal_layer": lambda dtype: ProposalLayer(500, 200, dtype=dtype),
        "box_head": lambda dtype: BoxHead(dense_dims=(256,), dtype=dtype),
        "mask_head": lambda dtype: MaskHead(conv_dims=(NARROW,) * 2, dtype=dtype),
        "anchor_targets": lambda dtype: AnchorTargets(samples=128),
        "proposal_targets": lambda dtype: ProposalTargets(samples=64),
    }
