"""Data sets with instance masks for TensorFlow Datasets (TFDS): builders, and a source over them.

TFDS's own data sets have boxes or semantic masks; these builders keep a mask for each object. They
need the extra `tfds` and are made when first asked for, so that importing this module imports
neither TFDS nor TensorFlow. From then on `tfds.load("balloon")` knows them too.
"""

from keras_maskrcnn.data.tfds.source import TFDSSource, require_tfds

__all__ = ["Balloon", "COCOFolder", "COCOFolderConfig", "Nuclei", "TFDSSource"]

_MODULES = {
    "Balloon": "balloon",
    "COCOFolder": "coco_folder",
    "COCOFolderConfig": "coco_folder",
    "Nuclei": "nuclei",
}


def __getattr__(name):
    """Make the builder, importing TFDS."""
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import importlib

    require_tfds()
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
