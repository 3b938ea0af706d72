"""The paper's layers as defaults of a model, and the checks of what was given instead."""

from keras_maskrcnn.layers.anchor_generator import AnchorGenerator
from keras_maskrcnn.layers.box_head import BoxHead
from keras_maskrcnn.layers.detection_layer import DetectionLayer
from keras_maskrcnn.layers.feature_pyramid import FeaturePyramid
from keras_maskrcnn.layers.image_normalization import ImageNormalization
from keras_maskrcnn.layers.mask_head import MaskHead
from keras_maskrcnn.layers.proposal_layer import ProposalLayer
from keras_maskrcnn.layers.roi_align import RoIAlign
from keras_maskrcnn.layers.rpn_head import RPNHead
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets


def defaults(names, given, num_classes, dtype):
    """Dict of the layers among `names` that were not given: the paper's."""
    anchor_generator = given.get("anchor_generator") or AnchorGenerator()
    makers = {
        "image_normalization": lambda: _normalization(given["backbone"], dtype),
        "feature_pyramid": lambda: FeaturePyramid(dtype=dtype),
        "anchor_generator": lambda: anchor_generator,
        "rpn_head": lambda: RPNHead(anchor_generator.anchors_per_cell, dtype=dtype),
        "proposal_layer": ProposalLayer,
        "box_roi_align": lambda: RoIAlign(7, name="box_roi_align"),
        "box_head": lambda: BoxHead(num_classes, dtype=dtype),
        "detection_layer": DetectionLayer,
        "mask_roi_align": lambda: RoIAlign(14, name="mask_roi_align"),
        "mask_head": lambda: MaskHead(num_classes, dtype=dtype),
        "anchor_targets": AnchorTargets,
        "proposal_targets": ProposalTargets,
    }
    return {key: make() for key, make in makers.items() if key in names and key not in given}


def _normalization(backbone, dtype):
    """ImageNet's statistics, or, for other numbers of channels, their mean for every channel."""
    layer = ImageNormalization(dtype=dtype)
    channels = backbone.inputs[0].shape[-1]
    if channels == len(layer.mean):
        return layer
    mean, std = (sum(values) / len(values) for values in (layer.mean, layer.std))
    return ImageNormalization((mean,) * channels, (std,) * channels, dtype=dtype)


def checked_names(class_names, num_classes):
    """Names of the foreground classes; ValueError unless there are K different ones."""
    if class_names is None:
        return tuple(f"class {label}" for label in range(1, num_classes + 1))
    if len(class_names) != num_classes or len(set(class_names)) != num_classes:
        raise ValueError(
            f"`class_names` must hold {num_classes} different names, one per foreground class. "
            f"Received: class_names={list(class_names)}."
        )
    return tuple(class_names)


def check_heads(model):
    """ValueError unless the heads have the classes of the model."""
    for key in model.HEADS:
        if getattr(model, key).num_classes != model.num_classes:
            raise ValueError(
                f"`{key}` must have {model.num_classes} classes as the model. "
                f"Received: {key}.num_classes={getattr(model, key).num_classes}."
            )


def check_channels(model):
    """ValueError unless the images are normalised channel by channel of the backbone."""
    layer, channels = model.image_normalization, model.backbone.inputs[0].shape[-1]
    counts = {len(getattr(layer, key, ())) for key in ("mean", "std")} - {0, channels}
    if counts and not getattr(layer, "per_image", False):
        raise ValueError(
            f"`image_normalization` must have {channels} means and deviations, one per channel of "
            f"the backbone. Received: mean={layer.mean}, std={layer.std}. "
            f"Type ImageNormalization(mean=({channels} numbers), std=({channels} numbers))."
        )


def pyramid_outputs(backbone):
    """Dict of level to symbolic feature map that a backbone gives; ValueError if it does not."""
    outputs = getattr(backbone, "output", None)
    if not isinstance(outputs, dict):
        raise ValueError(
            "`backbone` must be a functional keras.Model whose output is a dict of levels "
            f"'P2', 'P3', ... Received: {type(backbone).__name__}. "
            "`km.backbones.pyramid_from` makes one of any Keras model."
        )
    return outputs


def thawed(config):
    """A model's config with every layer trainable: what was frozen belongs to one training."""
    config = dict(config)
    for key, value in config.items():
        if isinstance(value, dict) and "trainable" in value.get("config", {}):
            config[key] = {**value, "config": {**value["config"], "trainable": True}}
    return config
