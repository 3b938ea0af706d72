"""Presets: folders of `config.json`, `metadata.json` and `model.safetensors`, found by name.

A preset is written by `save` and read back by `load_config`, `load_metadata` and `load_weights`;
each takes a handle: the name of a bundled or downloaded preset, a folder, or
`hf://user/repository`. `remote` lists the checkpoints of other libraries that become presets,
`fetch` downloads one into the cache, `prepare` converts it too, and `convert` does that with a
file at hand. This package knows no model: it stores what it is given.
"""

from keras_maskrcnn.presets.building import build
from keras_maskrcnn.presets.cache import (
    CacheEntry,
    CacheError,
    cache_folder,
    cached,
    converted_folder,
    lock,
    remove,
)
from keras_maskrcnn.presets.catalogue import RemotePreset, remote
from keras_maskrcnn.presets.download import DownloadError, fetch
from keras_maskrcnn.presets.preparing import convert, obtain, prepare
from keras_maskrcnn.presets.registry import Preset, bundled
from keras_maskrcnn.presets.resolving import NotDownloaded, resolve
from keras_maskrcnn.presets.storage import load_config, load_metadata, save
from keras_maskrcnn.presets.weights import load_weights

__all__ = [
    "CacheEntry",
    "CacheError",
    "DownloadError",
    "NotDownloaded",
    "Preset",
    "RemotePreset",
    "build",
    "bundled",
    "cache_folder",
    "cached",
    "convert",
    "converted_folder",
    "fetch",
    "load_config",
    "load_metadata",
    "load_weights",
    "lock",
    "obtain",
    "prepare",
    "remote",
    "remove",
    "resolve",
    "save",
]
