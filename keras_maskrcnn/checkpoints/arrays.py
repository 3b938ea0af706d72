"""Arrays on the bytes of a file, made only after every number that describes them was checked."""

import dataclasses
import math
from typing import Self

import numpy as np

from keras_maskrcnn.checkpoints.errors import CheckpointError

MAX_RANK = 32
MAX_SIZE = 2**40  # elements


@dataclasses.dataclass(frozen=True)
class ElementType:
    """Type of the numbers in a file.

    Args:
        dtype: NumPy's name of the type in the file: "<f4", ">f8", "|u1", ...
        bfloat16: whether the 16 bits are the upper half of a float32.
        boolean: whether the byte is a truth value.
    """

    dtype: str
    bfloat16: bool = False
    boolean: bool = False

    @property
    def itemsize(self) -> int:
        """Bytes of one number in the file."""
        return np.dtype(self.dtype).itemsize

    @property
    def result_itemsize(self) -> int:
        """Bytes of one number in the array given out."""
        return 4 if self.bfloat16 else self.itemsize

    def with_byte_order(self, order) -> Self:
        """Return the same type in the byte order "<" or ">"."""
        return dataclasses.replace(self, dtype=np.dtype(self.dtype).newbyteorder(order).str)

    def plain(self, array) -> np.ndarray:
        """Return the array in a type that every library knows: a view where that is possible.

        bfloat16 becomes float32; a byte other than 0 counts as True; the byte order becomes the
        machine's, and an array whose numbers lie askew in memory is copied.
        """
        if self.bfloat16:
            bits = np.asarray(array.astype(np.uint32) << np.uint32(16), np.uint32)
            return bits.view(np.float32)
        if self.boolean:
            return np.asarray(array != 0)
        dtype = array.dtype.newbyteorder("=")
        return array if array.flags.aligned and array.dtype == dtype else array.astype(dtype)


def check_shape(shape, what) -> int:
    """Raise `CheckpointError` unless `shape` is a tuple of at most 32 sizes; return the count.

    Args:
        shape: what a file gives as a shape.
        what: str, what has the shape, for the message.

    Returns:
        int, number of elements.
    """
    sizes_given = type(shape) is tuple and all(type(size) is int for size in shape)
    if not sizes_given or len(shape) > MAX_RANK or any(size < 0 for size in shape):
        raise CheckpointError(f"{what} has no shape of at most {MAX_RANK} sizes from 0 on")
    if math.prod(max(size, 1) for size in shape) > MAX_SIZE:
        raise CheckpointError(f"{what} has more than {MAX_SIZE} elements")
    return math.prod(shape)


def strided(data, element, shape, strides, offset, what) -> np.ndarray:
    """Return a view of a shape on bytes, with strides in elements.

    Args:
        data: bytes-like.
        element: `ElementType`.
        shape: tuple of int, checked by `check_shape`.
        strides: tuple of int, elements from one index to the next.
        offset: int, element with which the array begins.
        what: str, for messages.

    Returns:
        Array, `plain`.

    Raises:
        CheckpointError: if an element lies outside of the bytes, or two on the same.
    """
    numbers = (*strides, offset) if type(strides) is tuple else (None,)
    if len(numbers) != len(shape) + 1 or any(type(n) is not int or n < 0 for n in numbers):
        raise CheckpointError(f"{what} must have a stride from 0 on for each size, and an offset")
    if 0 in shape:
        return element.plain(np.zeros(shape, element.dtype))
    _check_overlap(shape, strides, what)
    last = offset + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
    if (last + 1) * element.itemsize > len(data):
        raise CheckpointError(
            f"{what} reaches to element {last} of a storage of {len(data) // element.itemsize}"
        )
    steps = [
        step * element.itemsize if size > 1 else 0
        for size, step in zip(shape, strides, strict=True)
    ]
    start = offset * element.itemsize
    return element.plain(np.ndarray(shape, element.dtype, data, start, steps))


def _check_overlap(shape, strides, what):
    """Each stride must step over all that the smaller ones reach."""
    reach = 0
    for step, size in sorted(zip(strides, shape, strict=True)):
        if size == 1:
            continue
        if step <= reach:
            raise CheckpointError(
                f"{what} has elements that share memory: shape {shape}, strides {strides}. Save "
                "its `contiguous()` instead"
            )
        reach += (size - 1) * step


def packed(data, element, shape, what, fortran=False) -> np.ndarray:
    """Return an array that fills its bytes exactly, in C or Fortran order.

    Args:
        data: bytes-like.
        element: `ElementType`.
        shape: tuple of int.
        what: str, for messages.
        fortran: whether the first index runs fastest.

    Returns:
        Array, `plain`.

    Raises:
        CheckpointError: if the bytes are more or fewer, or the shape is none.
    """
    count = check_shape(shape, what)
    if count * element.itemsize != len(data):
        raise CheckpointError(
            f"{what} has {len(data)} bytes, and its shape {shape} needs {count * element.itemsize}"
        )
    flat = np.frombuffer(data, element.dtype) if count else np.zeros(0, element.dtype)
    return element.plain(flat.reshape(shape, order="F" if fortran else "C"))
