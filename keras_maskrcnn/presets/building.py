"""From the config of a preset to the model it describes, trusting nothing that the file says.

Keras is imported only when a model is built, so that presets can be listed without a backend.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from keras_maskrcnn.presets.files import CONFIG_FILE
from keras_maskrcnn.presets.loading import load_config
from keras_maskrcnn.wording import shown

if TYPE_CHECKING:
    import keras

_IS_MODULE = re.compile(r"\w+(\.\w+)*", re.ASCII).fullmatch
# What layers raise that are given nonsense, such as shapes without axes, or terabytes.
_BROKEN = (ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError)
# The packages a config may name. Anything else must have been registered in this process.
_TRUSTED_PACKAGES = ("keras", "keras_maskrcnn", "builtins")


def build(handle, dtype=None, **changes) -> keras.Layer:
    """Build the object that the config of a preset describes, without its weights.

    Only classes of Keras and of this package are made, besides those that the running program has
    itself registered with `keras.saving.register_keras_serializable`; no other code is imported or
    run because a file names it.

    Args:
        handle: str or path of a preset, see `resolve`; it need not be downloaded.
        dtype: str, the dtype policy of every layer instead of the preset's, or None.
        changes: arguments of the object's class instead of the preset's.

    Returns:
        The Keras layer or model.

    Raises:
        FileNotFoundError: if there is no such preset.
        ValueError: if the config is damaged, names any other class or holds a Python lambda.
    """
    import keras

    config = load_config(handle)
    if changes:
        config = {**config, "config": {**config["config"], **changes}}
    if dtype is not None:
        config = _in_dtype(config, keras.dtype_policies.get(dtype).name)
    _check_trusted(config, handle, keras.saving.get_registered_object)
    try:
        built = keras.saving.deserialize_keras_object(config, safe_mode=True)
    except _BROKEN as error:
        reason = f"{str(error).partition(chr(10))[0]:.300}"
        raise ValueError(
            f"{CONFIG_FILE} of the preset {str(handle)!r} cannot be built: {reason}"
        ) from error
    if not isinstance(built, keras.Layer):
        raise ValueError(f"{CONFIG_FILE} of the preset {str(handle)!r} describes no model.")
    return built


def _in_dtype(node, name):
    """Return the config with every dtype policy replaced by that of a name."""
    if isinstance(node, list):
        return [_in_dtype(item, name) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("class_name") == "DTypePolicy":
        return {**node, "config": {"name": name}}
    return {key: _in_dtype(value, name) for key, value in node.items()}


def _check_trusted(config, handle, find_registered):
    nodes = [config]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes.extend(node)
        elif isinstance(node, dict):
            nodes.extend(node.values())
            if "class_name" in node:
                _check_trusted_class(node, handle, find_registered)


def _check_trusted_class(node, handle, find_registered):
    module, registered = node.get("module") or "keras", node.get("registered_name")
    names = (module, registered or "", node["class_name"])
    if not all(isinstance(name, str) for name in names) or not _IS_MODULE(module):
        raise ValueError(
            f"{CONFIG_FILE} of the preset {str(handle)!r} cannot be built: a class is named "
            f"{shown(node['class_name'])} of the module {shown(module)}. Save the preset again."
        )
    package = module.partition(".")[0]
    if package == "keras_maskrcnn":
        _import_own(module, handle)
    known = isinstance(registered, str) and find_registered(registered) is not None
    if package not in _TRUSTED_PACKAGES and not known:
        raise ValueError(
            f"{CONFIG_FILE} of the preset {str(handle)!r} names {module}.{node['class_name']}, "
            "which is neither of Keras nor of keras_maskrcnn. If you trust it, import the code "
            "that registers it before you load the preset."
        )


def _import_own(module, handle):
    """Import the file of this package that defines a class, which registers the class."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise ValueError(
            f"{CONFIG_FILE} of the preset {str(handle)!r} needs {module}, which this version of "
            "keras3-maskrcnn does not have. Install a newer keras3-maskrcnn."
        ) from error
