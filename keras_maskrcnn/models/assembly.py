"""Putting a model together: the paper's layers as defaults, and checks of what is given."""

from keras_maskrcnn.branches import Branch, KeypointBranch, SemanticBranch
from keras_maskrcnn.layers.anchor_generator import AnchorGenerator
from keras_maskrcnn.layers.box_head import BoxHead
from keras_maskrcnn.layers.classes import take_classes
from keras_maskrcnn.layers.detection_layer import DetectionLayer
from keras_maskrcnn.layers.feature_pyramid import FeaturePyramid
from keras_maskrcnn.layers.image_normalization import ImageNormalization
from keras_maskrcnn.layers.proposal_layer import ProposalLayer
from keras_maskrcnn.layers.roi_align import RoIAlign
from keras_maskrcnn.layers.rpn_head import RPNHead
from keras_maskrcnn.ops.tensor import Tensor
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets


def completed(given, dtype, without=()) -> dict:
    """Return the layers of a model by name: those given, and the paper's for those that are None.

    Args:
        given: dict of layer or None, with the backbone.
        dtype: of the layers that are made.
        without: names of those that the model shall not have, which are None.

    Raises:
        ValueError: one that the model shall not have is given.
    """
    if surplus := [key for key in without if given[key] is not None]:
        raise ValueError(
            f"`{surplus[0]}` must not be given with rpn=False, which makes a model without a "
            f"region proposal network. Received: {surplus[0]}={given[surplus[0]]!r}. "
            "Leave one of the two out."
        )
    anchors = given["anchor_generator"] or AnchorGenerator()
    makers = {
        "image_normalization": lambda: normalization_of(given["backbone"], dtype),
        "feature_pyramid": lambda: FeaturePyramid(dtype=dtype),
        "anchor_generator": lambda: anchors,
        "rpn_head": lambda: RPNHead(anchors.anchors_per_cell, dtype=dtype),
        "proposal_layer": ProposalLayer,
        "box_roi_align": lambda: RoIAlign(7, name="box_roi_align"),
        "box_head": lambda: BoxHead(dtype=dtype),
        "detection_layer": DetectionLayer,
        "anchor_targets": AnchorTargets,
        "proposal_targets": ProposalTargets,
    }
    made = {key: makers[key]() for key, one in given.items() if one is None and key not in without}
    return given | made


def branches_of(branches) -> list:
    """Return the branches as a list; TypeError or ValueError if they cannot stand side by side."""
    branches = list(branches)
    for branch in branches:
        if not isinstance(branch, Branch):
            raise TypeError(
                "`branches` must hold layers of keras_maskrcnn.branches, such as MaskBranch(). "
                f"Received: {branch!r}."
            )
    names = [name for branch in branches for name in {branch.name, *branch.parts}]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(
            "`branches` must have different names, with weights of different names. Received "
            f"twice: {repeated}. Give one of them another `name`."
        )
    return branches


def keypoint_branches(keypoints, dtype=None) -> list:
    """Return the branch of keypoints that a model was given or is to have, in a list.

    Args:
        keypoints: `KeypointBranch`, what its `skeleton` may be, or None for no branch.
        dtype: of the layers that are made.
    """
    if keypoints is None:
        return []
    if isinstance(keypoints, KeypointBranch):
        return [keypoints]
    return [KeypointBranch(keypoints, dtype=dtype)]


def semantic_branch(semantic, loss_weight, dtype=None) -> SemanticBranch:
    """Return the semantic branch that a model was given, or one of its classes.

    Args:
        semantic: `SemanticBranch`, or what its `class_names` may be.
        loss_weight, dtype: of the branch that is made.
    """
    if isinstance(semantic, SemanticBranch):
        return semantic
    return SemanticBranch(semantic, loss_weight=loss_weight, dtype=dtype)


def build_layers(model) -> None:
    """Make the weights of a model's layers, which take its number of classes."""
    shapes = {level: tuple(x.shape) for level, x in pyramid_outputs(model.backbone).items()}
    _build(model.feature_pyramid, shapes)
    pyramid = model.feature_pyramid.compute_output_shape(shapes)
    if model.has_rpn:
        _build(model.rpn_head, pyramid)
    if hasattr(model.proposal_layer, "more_in_training"):
        model.proposal_layer.more_in_training()
    take_classes(model.box_head, "box_head", model.num_classes)
    size, channels = model.box_roi_align.output_size, next(iter(pyramid.values()))[-1]
    _build(model.box_head, (None, None, size, size, channels))
    for branch in model.branches:
        branch.take_classes(model.num_classes)
        _build(branch, {level: pyramid[level] for level in shapes})


def build_semantic(model) -> None:
    """Make the weights of a model that has a pyramid and branches without RoIs alone."""
    shapes = {level: tuple(x.shape) for level, x in pyramid_outputs(model.backbone).items()}
    _build(model.feature_pyramid, shapes)
    pyramid = model.feature_pyramid.compute_output_shape(shapes)
    for branch in model.branches:
        _build(branch, {level: pyramid[level] for level in shapes})


def _build(layer, shape):
    if not layer.built:
        layer.build(shape)


def normalization_of(backbone, dtype) -> ImageNormalization:
    """Return what the backbone learnt with; for other numbers of channels, the mean of that."""
    layer = ImageNormalization(**getattr(backbone, "PIXEL_STATISTICS", {}), dtype=dtype)
    channels = backbone.inputs[0].shape[-1]
    if channels == len(layer.mean):
        return layer
    mean, std = (sum(values) / len(values) for values in (layer.mean, layer.std))
    return ImageNormalization((mean,) * channels, (std,) * channels, dtype=dtype)


def checked_names(class_names, num_classes) -> tuple[str, ...]:
    """Names of the foreground classes; ValueError unless there are K different ones."""
    if class_names is None:
        return tuple(f"class {label}" for label in range(1, num_classes + 1))
    if len(class_names) != num_classes or len(set(class_names)) != num_classes:
        raise ValueError(
            f"`class_names` must hold {num_classes} different names, one per foreground class. "
            f"Received: class_names={list(class_names)}."
        )
    return tuple(class_names)


def check_channels(model) -> None:
    """ValueError unless the images are normalised channel by channel of the backbone."""
    layer, channels = model.image_normalization, model.backbone.inputs[0].shape[-1]
    counts = {len(getattr(layer, key, ())) for key in ("mean", "std")} - {0, channels}
    if counts and not getattr(layer, "per_image", False):
        raise ValueError(
            f"`image_normalization` must have {channels} means and deviations, one per channel of "
            f"the backbone. Received: mean={layer.mean}, std={layer.std}. "
            f"Type ImageNormalization(mean=({channels} numbers), std=({channels} numbers))."
        )


def pyramid_outputs(backbone) -> dict[str, Tensor]:
    """Return the dict of level to symbolic map that a backbone gives; ValueError if it does not."""
    outputs = getattr(backbone, "output", None)
    if not isinstance(outputs, dict):
        raise ValueError(
            "`backbone` must be a functional keras.Model whose output is a dict of levels "
            f"'P2', 'P3', ... Received: {type(backbone).__name__}. "
            "`km.backbones.pyramid_from` makes one of any Keras model."
        )
    return outputs


def thawed(config) -> dict:
    """Return a model's config with every layer trainable: what was frozen belongs to a training."""
    return {
        key: [_thawed(one) for one in value] if isinstance(value, list) else _thawed(value)
        for key, value in config.items()
    }


def _thawed(value):
    """Return the config of a layer with it and the layers that it holds trainable."""
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        return value
    config = {key: _thawed(one) for key, one in value["config"].items()}
    return {**value, "config": config | ({"trainable": True} if "trainable" in config else {})}
