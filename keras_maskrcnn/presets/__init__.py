"""Presets: folders of `config.json`, `metadata.json` and `model.safetensors`, found by name.

A preset is written by `save` and read back by `load_config`, `load_metadata` and `load_weights`;
each takes a handle: the name of a bundled preset, a folder, or `hf://user/repository`.
This package knows no model: it stores what it is given.
"""

from keras_maskrcnn.presets.building import build
from keras_maskrcnn.presets.registry import Preset, bundled
from keras_maskrcnn.presets.resolving import resolve
from keras_maskrcnn.presets.storage import load_config, load_metadata, save
from keras_maskrcnn.presets.weights import load_weights

__all__ = [
    "Preset",
    "build",
    "bundled",
    "load_config",
    "load_metadata",
    "load_weights",
    "resolve",
    "save",
]
