"""What is known of a preset, without downloading it, building it or importing Keras."""

import dataclasses
import os
from pathlib import Path

from keras_maskrcnn.presets import catalogue
from keras_maskrcnn.presets.loading import load_config, load_metadata
from keras_maskrcnn.presets.resolving import find

_KINDS = {
    "MaskRCNN": "mask_rcnn",
    "FasterRCNN": "faster_rcnn",
    "KeypointRCNN": "keypoint_rcnn",
    "PanopticFPN": "panoptic_fpn",
    "FCN": "fcn",
}
_BACKBONE = ("depth", "groups", "width_per_group", "filters", "variant")


def describe(handle) -> dict:
    """Return what is known of a preset: its folder, zoo record, metadata and model.

    Args:
        handle: str or path of a preset, see `resolve`; it need not be downloaded.

    Returns:
        dict for JSON: `"folder"` (None until it is downloaded), `"kind"`, the fields of
        `RemotePreset` if the zoo has it (`"bytes"` to download, `"published"` figures, ...), those
        of `load_metadata` (`"class_names"`, `"parameter_count"`, `"licence"`, ...), and `"model"`:
        its `"class"`, its `"backbone"`, its `"heads"` and its `"image_size"` (shorter and longest
        side in pixels).

    Raises:
        FileNotFoundError, ValueError: as `load_metadata` and `load_config` do.

    Example:

    >>> from keras_maskrcnn import presets
    >>> known = presets.describe("mask_rcnn_resnext101_32x8d_fpn_3x_coco")
    >>> known["model"]["backbone"]
    {'class': 'ResNet', 'depth': 101, 'groups': 32, 'width_per_group': 8}
    >>> known["model"]["heads"], known["parameter_count"]
    (['rpn_head', 'box_head', 'mask_head'], 107833520)
    """
    found, record = find(handle), catalogue.remote().get(os.fspath(handle))
    return {
        "folder": str(found) if isinstance(found, Path) else None,
        "kind": kind(handle),
        **(dataclasses.asdict(record) if record else {}),
        **load_metadata(handle),
        "model": _model(load_config(handle)),
    }


def kind(handle) -> str:
    """Return what a preset holds: a model with masks, with keypoints, with boxes alone, a backbone.

    Args:
        handle: str or path of a preset, see `resolve`; it need not be downloaded.

    Returns:
        "mask_rcnn", "faster_rcnn", "keypoint_rcnn", "panoptic_fpn", "fcn", "backbone", or for a
        model of another class "detector".

    Raises:
        FileNotFoundError, ValueError: as `load_config` does.

    Example:

    >>> from keras_maskrcnn import presets
    >>> presets.kind("mask_rcnn_tiny_shapes"), presets.kind("resnet50_imagenet")
    ('mask_rcnn', 'backbone')
    """
    config = load_config(handle)
    if (name := str(config.get("class_name"))) in _KINDS:
        return _KINDS[name]
    layers = config.get("config")
    return "detector" if isinstance(layers, dict) and "backbone" in layers else "backbone"


def _model(config):
    """Class and, if they can be read off a config that is not trusted, parts of a model."""
    model = {"class": config.get("class_name")}
    layers = config.get("config")
    if not isinstance(layers, dict):
        return model
    if backbone := _config_of(layers, "backbone"):
        known = {key: backbone[key] for key in _BACKBONE if key in backbone}
        model["backbone"] = {"class": layers["backbone"].get("class_name"), **known}
    if heads := [key for key in layers if key.endswith("_head")]:
        model["heads"] = heads
    resizer = layers.get("image_resizer")
    if isinstance(resizer, dict):
        model["image_size"] = [resizer.get("min_size"), resizer.get("max_size")]
    own = {key: layers[key] for key in _BACKBONE if key in layers}
    return {**model, **own}


def _config_of(layers, name):
    layer = layers.get(name)
    config = layer.get("config") if isinstance(layer, dict) else None
    return config if isinstance(config, dict) else {}
