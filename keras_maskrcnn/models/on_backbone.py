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
    dtype = given.get("dtype")
    # Batches of a few large images tell too little of mean and deviation to learn them anew.
    changes = {"freeze_bn": True, **({"dtype": dtype} if dtype else {})}
    backbone = Backbone.from_preset(handle, load_weights, **changes)
    if isinstance(backbone, EfficientNetLite):
        known = inspect.signature(cls.__init__).parameters
        layers = {key: x for key, x in narrow_layers(dtype).items() if key in known}
        given = {**layers, **given}
        if "keypoints" in known:
            given["keypoints"] = _narrow(given.get("keypoints", known["keypoints"].default), dtype)
    names = list(class_names)
    return cls(backbone, len(names), **{**given, "class_names": names})


def narrow_layers(dtype) -> dict:
    """Return the layers that go with a small backbone, by argument."""
    return {
        "feature_pyramid": FeaturePyramid(NARROW, dtype=dtype),
        "proposal_layer": ProposalLayer(500, 200, dtype=dtype),
        "box_head": BoxHead(dense_dims=(256,), dtype=dtype),
        "mask_head": MaskHead(conv_dims=(NARROW,) * 2, dtype=dtype),
        "anchor_targets": AnchorTargets(samples=128),
        "proposal_targets": ProposalTargets(samples=64),
    }


def _narrow(keypoints, dtype):
    """Return the branch of a skeleton with a narrow head; a branch, or None, as it is."""
    if keypoints is None or isinstance(keypoints, KeypointBranch):
        return keypoints
    head = KeypointHead(conv_dims=(NARROW,) * 4, dtype=dtype)
    return KeypointBranch(keypoints, head=head, dtype=dtype)
