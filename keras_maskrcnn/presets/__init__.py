"""Presets: folders of `config.json`, `metadata.json` and `model.safetensors`, found by name.

The way of a name, each step in the file named for it; none goes back:

    resolve(handle)         resolving.py    a name, a folder or hf://user/repository -> folder;
                                            with `download=True` a preset of the zoo is first
    download(name)          downloading.py  fetched, checked and converted, once:
      fetch_checkpoint        fetching.py     record -> its maker's file in the cache, checked
        receive                 receiving.py    address -> file, resumed where it was cut
      convert_published       converting.py   file -> config, metadata and weights
        save                    saving.py       those -> the three files of the preset

    load_config, load_metadata, load_weights (loading.py) read a preset, and build (building.py)
    makes the model. Of a preset of the zoo that is not downloaded, config and metadata are those
    of its record (catalogue/): it is described and built without a file.

`convert` makes a preset of a checkpoint at hand, `bundled` and `remote` list what has a name,
`cached` what was downloaded. This package knows no model: it stores what it is given.
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
from keras_maskrcnn.presets.converting import convert
from keras_maskrcnn.presets.describing import describe, kind
from keras_maskrcnn.presets.downloading import download
from keras_maskrcnn.presets.fetching import DownloadError
from keras_maskrcnn.presets.loading import (
    load_config,
    load_metadata,
    load_weights,
    pretrained_parts,
)
from keras_maskrcnn.presets.registry import Preset, bundled
from keras_maskrcnn.presets.resolving import NotDownloaded, resolve
from keras_maskrcnn.presets.saving import save

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
    "describe",
    "download",
    "kind",
    "load_config",
    "load_metadata",
    "load_weights",
    "lock",
    "pretrained_parts",
    "remote",
    "remove",
    "resolve",
    "save",
]
