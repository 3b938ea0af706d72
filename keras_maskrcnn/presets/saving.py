"""Writing the folder of a preset."""

import hashlib
import json
import math
import os
import shutil
import tempfile
from importlib import metadata as distributions
from pathlib import Path

import numpy as np

from keras_maskrcnn import __version__
from keras_maskrcnn.presets.files import CONFIG_FILE, METADATA_FILE, WEIGHTS_FILE
from keras_maskrcnn.presets.weights_file import write_weights


def save(folder, config, arrays, metadata, dtype="float32") -> None:
    """Write a preset.

    The files are written aside and put in place once all are complete, so that a failure leaves
    the preset that was there before as it was. Other files in `folder` are not touched.

    Args:
        folder: str or path; made if it does not exist.
        config: dict, the model as `keras.saving.serialize_keras_object` gives it.
        arrays: dict of frozen key (str) to NumPy array.
        metadata: dict of what else is to be known, at least `"class_names"` (list of str);
            `"description"`, `"source"` and `"licence"` are shown by `maskrcnn zoo`. The versions,
            the parameter count and the size and checksum of the weights are added.
        dtype: `"float32"` or `"float16"`: with the latter, kernels are stored in half the space.

    Raises:
        ValueError: if `dtype` is neither, or an array holds a value that is not finite.
        OSError: if the folder cannot be written.

    Example:

    >>> import numpy as np, tempfile
    >>> from keras_maskrcnn import presets
    >>> weights = {"kernel": np.zeros((3, 4), "float32")}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     presets.save(folder, {}, weights, {"class_names": ["a"]})
    ...     presets.load_metadata(folder)["parameter_count"]
    12
    """
    _check_arrays(arrays, dtype)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as staging:
        staging = Path(staging)
        write_weights(staging / WEIGHTS_FILE, arrays, dtype)
        _write_json(staging / CONFIG_FILE, config)
        _write_json(staging / METADATA_FILE, _completed(metadata, staging, arrays, dtype))
        _put_in_place(staging, folder)


def _check_arrays(arrays, dtype):
    if dtype not in ("float32", "float16"):
        raise ValueError(f'`dtype` must be "float32" or "float16". Received: dtype={dtype!r}.')
    for key, array in arrays.items():
        if not np.all(np.isfinite(array)):
            raise ValueError(
                f"`arrays` must hold finite numbers. Received: {key!r} with NaN or infinity. "
                "Training has diverged: train again with a smaller learning rate."
            )


def _completed(metadata, staging, arrays, dtype):
    weights = staging / WEIGHTS_FILE
    with weights.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "format": 1,
        "keras_version": distributions.version("keras"),
        "keras_maskrcnn_version": __version__,
        **metadata,
        "parameter_count": sum(math.prod(np.shape(array)) for array in arrays.values()),
        "weights": {"dtype": dtype, "bytes": weights.stat().st_size, "sha256": checksum},
    }


def _put_in_place(staging, folder):
    """Move the staged files into `folder`; if one cannot be moved, the old ones come back."""
    placed = []
    try:
        for name in (WEIGHTS_FILE, CONFIG_FILE, METADATA_FILE):
            target, old = folder / name, staging / f"old-{name}"
            if target.exists():
                shutil.copy2(target, old)
            placed.append((target, old))
            os.replace(staging / name, target)
    except BaseException:
        for target, old in placed:
            target.unlink(missing_ok=True)
            if old.exists():
                shutil.move(old, target)
        raise


def _write_json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
