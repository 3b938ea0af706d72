"""The weights file of a preset: safetensors under frozen keys.

The library safetensors reads it. It is written here, because the library wants all arrays as bytes
in memory first, and a converted checkpoint is memory-mapped and never there as a whole.
"""

import json
import math

import numpy as np
from safetensors import SafetensorError, safe_open

from keras_maskrcnn.presets.files import WEIGHTS_FILE
from keras_maskrcnn.presets.resolving import resolve
from keras_maskrcnn.wording import listed

# What safetensors calls the dtypes that weights have.
_DTYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "int64": "I64",
    "int32": "I32",
    "uint8": "U8",
    "bool": "BOOL",
}


def load_weights(handle, variables):
    """Assigns the weights of a preset to variables.

    Nothing is assigned unless every key and shape fits.

    Args:
        handle: str or path of a preset, see `resolve`.
        variables: dict of frozen key (str) to Keras variable.

    Raises:
        FileNotFoundError: if the preset has no weights file.
        ValueError: if the file is damaged, or its keys or shapes are not those of `variables`; the
            message lists what differs, sorted.

    Example:

    >>> import keras, numpy as np, tempfile
    >>> from keras_maskrcnn import presets
    >>> weights = {"scale": np.array([2.0, 3.0], "float32")}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     presets.save(folder, {}, weights, {"class_names": []})
    ...     scale = keras.Variable([0.0, 0.0])
    ...     presets.load_weights(folder, {"scale": scale})
    >>> keras.ops.convert_to_numpy(scale).tolist()
    [2.0, 3.0]
    """
    path = resolve(handle) / WEIGHTS_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"The preset {str(handle)!r} has no {WEIGHTS_FILE}. "
            "Give load_weights=False to build the model without weights."
        )
    try:
        with safe_open(path, framework="numpy") as file:
            _check_fit(path, file, variables)
            for key, variable in variables.items():
                array = file.get_tensor(key)
                if array.dtype == np.float16:  # JAX would compile a conversion for every shape
                    array = array.astype("float32")
                variable.assign(array)
    except SafetensorError as error:
        raise ValueError(
            f"{str(path)!r} is damaged or no safetensors file: {error}. Fetch or save it again."
        ) from error


def write_weights(path, arrays, dtype):
    """Writes `arrays` (dict of key to array) to the Path `path`.

    With `dtype="float16"` the float32 arrays of two or more axes (kernels) are stored in float16
    where float16 can hold them; biases and statistics stay float32.
    """
    order = sorted(arrays, key=lambda key: (-_stored_dtype(arrays[key], dtype).itemsize, key))
    header, end = {}, 0
    for key in order:
        stored, shape = _stored_dtype(arrays[key], dtype), np.shape(arrays[key])
        start, end = end, end + math.prod(shape) * stored.itemsize
        header[key] = {
            "dtype": _DTYPES[stored.name],
            "shape": list(shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for key in order:
            stored = np.ascontiguousarray(arrays[key], _stored_dtype(arrays[key], dtype))
            file.write(stored.reshape(-1).view(np.uint8).data)


def _stored_dtype(array, dtype):
    """The dtype that an array has in the file."""
    array = np.asarray(array)
    if dtype == "float16" and array.dtype == np.float32 and array.ndim >= 2:
        largest = np.abs(array).max(initial=0.0)
        if largest <= np.finfo(np.float16).max:
            return np.dtype(np.float16)
    return array.dtype if array.dtype.isnative else array.dtype.newbyteorder()


def _check_fit(path, file, variables):
    stored = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
    wanted = {key: tuple(variable.shape) for key, variable in variables.items()}
    lines = []
    if missing := sorted(wanted.keys() - stored.keys()):
        lines.append(f"only the model has: {listed(missing)}")
    if unexpected := sorted(stored.keys() - wanted.keys()):
        lines.append(f"only the file has: {listed(unexpected)}")
    shared = sorted(wanted.keys() & stored.keys())
    if other := [key for key in shared if stored[key] != wanted[key]]:
        pairs = [f"{key}: file {stored[key]}, model {wanted[key]}" for key in other]
        lines.append(f"shapes differ: {listed(pairs)}")
    if lines:
        raise ValueError(f"The weights in {str(path)!r} do not fit the model.\n" + "\n".join(lines))
