"""Which backend Keras is to run on, decided before Keras is imported."""

import importlib.util
import json
import os
import sys
from pathlib import Path

BACKENDS = ("jax", "tensorflow", "torch")


def find() -> str | None:
    """Return the backend that KERAS_BACKEND names, installed or not, else one that is installed.

    The one named in Keras' own settings file wins if it is installed, then the first of JAX,
    TensorFlow and PyTorch. None where none is installed.
    """
    wanted = os.environ.get("KERAS_BACKEND")
    return wanted or next(filter(is_installed, (_configured(), *BACKENDS)), None)


def set_default() -> None:
    """Set KERAS_BACKEND to what `find` gives, where Keras would else take one that nobody chose.

    Nothing is set once Keras is imported, or where KERAS_BACKEND or Keras' settings file names a
    backend. A settings file that names one that is not installed counts for nothing: Keras writes
    TensorFlow into it when it is first imported.
    """
    if os.environ.get("KERAS_BACKEND") or "keras" in sys.modules:
        return
    configured = _configured()
    chosen = is_installed(configured) or (configured is not None and configured not in BACKENDS)
    if not chosen and (name := find()):
        os.environ["KERAS_BACKEND"] = name


def lacking(name) -> str:
    """Return the sentence that says what to do about a backend that is not installed.

    Args:
        name: str, the one that Keras was to take, or None.
    """
    installed = list(filter(is_installed, BACKENDS))
    if name and os.environ.get("KERAS_BACKEND") == name:
        return (
            f"KERAS_BACKEND is {name!r}, which is not installed. "
            f'Type: pip install "keras3-maskrcnn[{name}]", or unset KERAS_BACKEND.'
        )
    if not installed:
        return 'Keras needs a backend. Type: pip install "keras3-maskrcnn[jax]"'
    return (
        f"Keras was imported before keras_maskrcnn and took {name!r}, which is not installed. Set "
        f"KERAS_BACKEND={installed[0]}, or import keras_maskrcnn first, and start Python anew."
    )


def is_installed(name) -> bool:
    """Whether `name` is a backend of Keras 3 that can be imported here."""
    return name in BACKENDS and bool(importlib.util.find_spec(name))


def _configured():
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
