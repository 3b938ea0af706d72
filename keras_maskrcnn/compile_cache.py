"""XLA's compiled programs kept on disk, so that the next process need not compile them again."""

import math
import os
import warnings
from pathlib import Path

from keras_maskrcnn.presets import cache_folder

__all__ = ["enable"]

ENVIRONMENT = "KERAS_MASKRCNN_COMPILE_CACHE"
MAX_BYTES = 2**30
_OFF = ("0", "off", "false", "no")
_SHORTEST = 0.02  # seconds of compiling; what takes less is not worth a file


def enable(folder=None) -> Path | None:
    """Have JAX keep what it compiles in a folder, and take it from there.

    Call it once, before the model runs. TensorFlow and PyTorch have no such cache, and nothing
    happens there. The `maskrcnn` command calls it by itself. Whoever can write to the folder can
    run code in the processes that use it: do not share it with people you do not trust.

    A folder that JAX has been given already, as by JAX_COMPILATION_CACHE_DIR, stays with all of its
    settings. The least recently used programs are deleted beyond 1 GiB. A folder that can only be
    read is only read.

    Args:
        folder: str or path. Default: what KERAS_MASKRCNN_COMPILE_CACHE names ("off" for none), else
            `compiled` in `presets.cache_folder()`.

    Returns:
        Path of the folder in use, or None if nothing is kept: Keras runs on another backend, the
        variable says "off", or the folder can be neither made nor read (a warning if it was given).

    Example:

    >>> from unittest import mock
    >>> import keras_maskrcnn as km
    >>> with mock.patch.dict("os.environ", {"KERAS_MASKRCNN_COMPILE_CACHE": "off"}):
    ...     print(km.compile_cache.enable())
    None
    """
    import keras

    if keras.backend.backend() != "jax":
        return None
    import jax

    known = jax.config.jax_compilation_cache_dir
    if folder is None and known:
        return Path(known)
    chosen = _default() if folder is None else Path(folder)
    if chosen is None:
        return None
    chosen = chosen.expanduser().absolute()
    if not _is_usable(chosen):
        if folder is not None:
            warnings.warn(
                f"`folder` must be one that can be made and read. Received: {str(chosen)!r}. "
                "Nothing that is compiled is kept.",
                stacklevel=2,
            )
        return None
    _set(jax.config, chosen, writable=os.access(chosen, os.W_OK))
    return chosen


def _default():
    named = os.environ.get(ENVIRONMENT, "")
    if named.lower() in _OFF:
        return None
    return Path(named) if named else cache_folder() / "compiled"


def _is_usable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.R_OK | os.X_OK)


def _set(config, folder, writable):
    from jax.experimental.compilation_cache import compilation_cache

    compilation_cache.reset_cache()  # one that is open would stay open
    config.update("jax_compilation_cache_dir", str(folder))
    config.update("jax_compilation_cache_max_size", MAX_BYTES if writable else -1)
    config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # Nothing takes for ever to compile, so nothing is written.
    shortest = _SHORTEST if writable else math.inf
    config.update("jax_persistent_cache_min_compile_time_secs", shortest)
