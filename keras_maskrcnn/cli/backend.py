"""Which backend Keras is to run on, decided before Keras is imported."""

import importlib
import importlib.util
import json
import logging
import os
import sys
from pathlib import Path

BACKENDS = ("jax", "tensorflow", "torch")


def choose() -> str:
    """Set KERAS_BACKEND, unless it is set, to a backend that is installed.

    The one named in Keras' own settings file wins if it is installed, then the first of JAX,
    TensorFlow and PyTorch.

    Returns:
        str, the name of the backend.

    Raises:
        ImportError: if none is installed, or the one that KERAS_BACKEND names is not.
    """
    wanted = os.environ.get("KERAS_BACKEND")
    candidates = [wanted] if wanted else [_configured(), *BACKENDS]
    for name in candidates:
        if name in BACKENDS and importlib.util.find_spec(name):
            os.environ["KERAS_BACKEND"] = name
            if name == "tensorflow":
                import_tensorflow_quietly()
            return name
    if wanted in BACKENDS:
        raise ImportError(
            f"KERAS_BACKEND is {wanted!r}, which is not installed. "
            f'Type: pip install "keras3-maskrcnn[{wanted}]", or unset KERAS_BACKEND.'
        )
    if wanted:
        raise ImportError(
            f"KERAS_BACKEND must be one of {', '.join(BACKENDS)}. Received: {wanted!r}."
        )
    raise ImportError('Keras needs a backend. Type: pip install "keras3-maskrcnn[jax]"')


def start() -> str:
    """Choose a backend, and keep what it compiles for the next process.

    Returns:
        str, the name of the backend.
    """
    name = choose()
    from keras_maskrcnn import compile_cache

    compile_cache.enable()
    return name


def silence() -> None:
    """Keep the start-up notes of the backends off the terminal; errors still come through."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    for name in ("jax", "tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)


def import_tensorflow_quietly() -> None:
    """Import TensorFlow, if it is installed, with standard error closed.

    Its notes at import heed no log level, and Keras imports it on other backends too, when it
    trains or saves a model.
    """
    if not importlib.util.find_spec("tensorflow"):
        return
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            importlib.import_module("tensorflow")
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _configured():
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
