"""Mask R-CNN for Keras 3, on JAX, TensorFlow and PyTorch.

Every public name below is imported when it is first used, so that `import keras_maskrcnn` costs
nothing and imports neither Keras nor its backend. Only where Keras is there already, the model and
its layers are imported at once: that registers them, so that `keras.saving.load_model` knows them.

>>> import keras_maskrcnn as km
>>> km.__version__
'0.1.0'
"""

import importlib
import sys

from keras_maskrcnn import name_clash

__version__ = "0.1.0"

_MODULES = (
    "backbones",
    "branches",
    "compile_cache",
    "data",
    "drawing",
    "effects",
    "evaluation",
    "explain",
    "layers",
    "losses",
    "models",
    "ops",
    "presets",
    "skeletons",
    "targets",
    "training",
    "transfer",
)
_HOMES = {
    "AnchorGenerator": "layers",
    "BoxHead": "layers",
    "DetectionLayer": "layers",
    "Detections": "detections",
    "FasterRCNN": "models",
    "FeaturePyramid": "layers",
    "ImageNormalization": "layers",
    "KeypointHead": "layers",
    "KeypointRCNN": "models",
    "MaskHead": "layers",
    "MaskRCNN": "models",
    "ProposalLayer": "layers",
    "RPNHead": "layers",
    "RoIAlign": "layers",
}

__all__ = [*_HOMES, *_MODULES, "__version__"]  # noqa: PLE0604


def __getattr__(name):
    if name in __all__:
        name_clash.check()
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})


if "keras" in sys.modules:
    for _name in ("backbones", "branches", "layers", "models"):
        importlib.import_module(f"{__name__}.{_name}")
