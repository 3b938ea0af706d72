"""Writing the weights file of a preset: safetensors under frozen keys.

The library safetensors wants all arrays as bytes in memory first; a converted checkpoint is
memory-mapped and never there as a whole.
"""

import json
import math

import numpy as np

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


def write_weights(path, arrays, dtype) -> None:
    """Write `arrays` (dict of key to array) to the Path `path`.

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
    """Return the dtype that an array has in the file."""
    array = np.asarray(array)
    if dtype == "float16" and array.dtype == np.float32 and array.ndim >= 2:
        largest = np.abs(array).max(initial=0.0)
        if largest <= np.finfo(np.float16).max:
            return np.dtype(np.float16)
    return array.dtype if array.dtype.isnative else array.dtype.newbyteorder()
