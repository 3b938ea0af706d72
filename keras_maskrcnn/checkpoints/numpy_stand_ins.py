"""What stands for NumPy's functions and types in a pickle: records, made into arrays on demand."""

import dataclasses

import numpy as np

from keras_maskrcnn.checkpoints.arrays import ElementType, check_shape, packed
from keras_maskrcnn.checkpoints.errors import CheckpointError, shown
from keras_maskrcnn.checkpoints.pickle_instructions import LongText
from keras_maskrcnn.checkpoints.pickle_machine import StandIn, Stateful

_NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
ELEMENTS = {code: ElementType(f"<{code}") for code in _NUMBERS}
ELEMENTS["b1"] = ElementType("|u1", boolean=True)


@dataclasses.dataclass(frozen=True)
class EncodedText:
    """Stands for the bytes that `_codecs.encode(text, "latin1")` would give.

    They are made where they are needed: a pickle can ask for them a thousand times.

    Args:
        text: str or `LongText`.
    """

    text: object


class DType(Stateful):
    """Stands for a `numpy.dtype`.

    Args:
        element: `ElementType`.
    """

    def __init__(self, element):
        self.element = element

    def set_state(self, state) -> None:
        """Take the byte order from NumPy's tuple (version, order, subarray, names, ...)."""
        if type(state) is not tuple or len(state) < 5 or state[2:5] != (None, None, None):
            raise CheckpointError("a dtype has fields or a broken state. Only numbers can be read")
        if state[1] not in ("<", ">", "=", "|"):
            raise CheckpointError(f"a dtype has the byte order {shown(state[1])}")
        self.element = self.element.with_byte_order(">" if state[1] == ">" else "<")


@dataclasses.dataclass
class NumPyArray(Stateful):
    """Stands for a `numpy.ndarray`, or a scalar where the shape is ().

    Args:
        shape: tuple of int; None as long as the pickle has not said.
        dtype: `DType`.
        data: bytes, memoryview, text that has a byte in each character, or `EncodedText`.
        fortran: whether the first index runs fastest.
    """

    shape: tuple | None = None
    dtype: DType | None = None
    data: object = None
    fortran: bool = False

    def set_state(self, state) -> None:
        """Take NumPy's tuple (version, shape, dtype, whether Fortran, data)."""
        if type(state) is not tuple or len(state) not in (4, 5):
            raise CheckpointError("an array has a broken state. The file is damaged")
        self.shape, dtype, fortran, self.data = state[-4:]
        self.dtype, self.fortran = _dtype(dtype), fortran is True or fortran == 1

    def to_array(self, budget, what) -> np.ndarray:
        """Return the array: a view of the file where that is possible.

        Args:
            budget: `Budget`.
            what: str, for messages.

        Returns:
            NumPy array.

        Raises:
            CheckpointError: if data, shape and type do not fit.
        """
        if self.dtype is None:
            raise CheckpointError(f"{what} was never filled. The file is damaged")
        element = self.dtype.element
        budget.take(check_shape(self.shape, what) * element.result_itemsize, what)
        return packed(_raw(self.data, what), element, self.shape, what, self.fortran)


def _raw(data, what):
    """Bytes, also where a pickle has them as text: each character is a byte."""
    if type(data) in (bytes, memoryview):
        return data
    text = data.text if type(data) is EncodedText else data
    try:
        if type(text) is LongText:
            text = str(text.view, "utf-8")
        if type(text) is str:
            return text.encode("latin1")
    except UnicodeError:
        raise CheckpointError(f"the data of {what} is text. The file is damaged") from None
    raise CheckpointError(
        f"the data of {what} is {shown(data)}, not bytes. Only arrays of numbers can be read, not "
        "of objects"
    )


def _dtype(value):
    if type(value) is not DType:
        raise CheckpointError(f"{shown(value)} stands where a dtype must")
    return value


def _make_dtype(arguments):
    code = arguments[0] if arguments else None
    if type(code) is not str or code not in ELEMENTS:
        raise CheckpointError(
            f"the dtype {shown(code)} is none of numbers ({', '.join(ELEMENTS)}). Objects, text "
            "and records are not read"
        )
    return DType(ELEMENTS[code])


def _make_empty(arguments):
    """`_reconstruct(numpy.ndarray, (0,), b"b")`: the state comes later."""
    if len(arguments) != 3 or arguments[0] is not NDARRAY:
        raise CheckpointError("numpy's _reconstruct must make a numpy.ndarray")
    return NumPyArray()


def _make_from_buffer(arguments):
    if len(arguments) != 4 or arguments[3] not in ("C", "F"):
        raise CheckpointError("numpy's _frombuffer must have data, dtype, shape and order")
    data, dtype, shape, order = arguments
    return NumPyArray(shape, _dtype(dtype), data, order == "F")


def _make_scalar(arguments):
    if len(arguments) != 2:
        raise CheckpointError("numpy's scalar must have a dtype and its bytes")
    return NumPyArray((), _dtype(arguments[0]), arguments[1])


def _encode(arguments):
    """`_codecs.encode(text, "latin1")`, by which Python 3 writes bytes in old protocols."""
    if len(arguments) != 2 or arguments[1] not in ("latin1", "latin-1"):
        raise CheckpointError("_codecs.encode must encode text in latin1")
    return EncodedText(arguments[0])


def _no_bytes(arguments):
    """`bytes()`, by which Python 3 writes b"" in old protocols."""
    if arguments:
        raise CheckpointError("bytes must be called without arguments")
    return b""


NDARRAY = object()
_EMPTY, _SCALAR = StandIn(_make_empty), StandIn(_make_scalar)
_FROM_BUFFER, _BYTES = StandIn(_make_from_buffer), StandIn(_no_bytes)
NUMPY_NAMES = {
    ("numpy", "ndarray"): NDARRAY,
    ("numpy", "dtype"): StandIn(_make_dtype),
    ("numpy.core.multiarray", "_reconstruct"): _EMPTY,
    ("numpy._core.multiarray", "_reconstruct"): _EMPTY,
    ("numpy.core.multiarray", "scalar"): _SCALAR,
    ("numpy._core.multiarray", "scalar"): _SCALAR,
    ("numpy.core.numeric", "_frombuffer"): _FROM_BUFFER,
    ("numpy._core.numeric", "_frombuffer"): _FROM_BUFFER,
    ("_codecs", "encode"): StandIn(_encode),
    ("__builtin__", "bytes"): _BYTES,
    ("builtins", "bytes"): _BYTES,
}
