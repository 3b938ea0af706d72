"""The backend that the command runs on, started quietly."""

import importlib
import importlib.util
import logging
import os
import sys

from keras_maskrcnn import backend_choice


def choose() -> str:
    """Set KERAS_BACKEND, unless it is set, to a backend that is installed.

    Which, says `keras_maskrcnn.backend_choice`.

    Returns:
        str, the name of the backend.

    Raises:
        ImportError: if none is installed, or the one that KERAS_BACKEND names is not.
    """
    name = backend_choice.find()
    if name is not None and name not in backend_choice.BACKENDS:
        known = ", ".join(backend_choice.BACKENDS)
        raise ImportError(f"KERAS_BACKEND must be one of {known}. Received: {name!r}.")
    if not backend_choice.is_installed(name):
        raise ImportError(backend_choice.lacking(name))
    os.environ["KERAS_BACKEND"] = name
    if name == "tensorflow":
        import_tensorflow_quietly()
    return name


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
    # XLA's alarms ("Very slow compile? ... file a bug") are errors to it, and heed this alone.
    os.environ.setdefault("JAX_LOGGING_LEVEL", "CRITICAL")
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
