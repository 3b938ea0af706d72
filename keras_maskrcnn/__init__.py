"""Mask R-CNN for Keras 3, on JAX, TensorFlow and PyTorch.

Every public name below is imported when it is first used, so that `import keras_maskrcnn` costs
nothing and imports neither Keras nor its backend. Only where Keras is there already, the model and
its layers are imported at once: that registers them, so that `keras.saving.load_model` knows them.
Where it is not, and neither KERAS_BACKEND nor Keras' settings file names a backend, KERAS_BACKEND
is set to one that is installed.

>>> import keras_maskrcnn as km
>>> km.__version__
'0.1.0'
"""

import importlib
import sys

from keras_maskrcnn import backend_choice, name_clash

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
    "semantics",
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
    "FCN": "models",
    "FasterRCNN": "models",
    "FeaturePyramid": "layers",
    "ImageNormalization": "layers",
    "KeypointHead": "layers",
    "KeypointRCNN": "models",
    "MaskHead": "layers",
    "MaskRCNN": "models",
    "PanopticFPN": "models",
    "ProposalLayer": "layers",
    "RPNHead": "layers",
    "RoIAlign": "layers",
    "SemanticHead": "layers",
    "UNetHead": "layers",
}

__all__ = [*_HOMES, *_MODULES, "__version__"]  # noqa: PLE0604


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    name_clash.check()
    try:
        module = importlib.import_module(f"{__name__}.{_HOMES.get(name, name)}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in backend_choice.BACKENDS or backend_choice.is_installed(missing):
            raise
        raise ImportError(backend_choice.lacking(missing)) from None
    return getattr(module, name) if name in _HOMES else module


def __dir__():
    return sorted({*globals(), *__all__})


backend_choice.set_default()
if "keras" in sys.modules:
    for _name in ("backbones", "branches", "layers", "models"):
        importlib.import_module(f"{__name__}.{_name}")
