"""What the records ("messages") in the header of an HDF5 object say.

Reference: The HDF Group, HDF5 File Format Specification, "Data Object Header Messages".
"""

import dataclasses
import math

from keras_maskrcnn.checkpoints.arrays import ElementType
from keras_maskrcnn.checkpoints.errors import CheckpointError, shown

DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT = 0x1, 0x2, 0x3, 0x6, 0x7, 0x8
FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0xB, 0xC, 0x10, 0x11, 0x15
_INTEGERS, _FLOATS, _STRINGS, _VARIABLE = 0, 1, 3, 9
_VIRTUAL = 3
# Bits of sign, exponent and mantissa of IEEE 754 by size, as the datatype message lists them:
# offset, precision, exponent's location and size, mantissa's location and size, exponent's bias.
_IEEE = {
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}
_DAMAGED = "The file is damaged: download it again"
_NEWER = "Write it anew with h5py and its default `libver`"


class Cursor:
    """Reads numbers one after the other from bytes.

    Args:
        view: memoryview.
        what: str, what the bytes are, for messages.
    """

    def __init__(self, view, what):
        self.position = 0
        self._view = view
        self._what = what

    def take(self, count) -> memoryview:
        """Return the next bytes; raise `CheckpointError` at the end."""
        piece = self._view[self.position : self.position + count]
        if len(piece) != count:
            raise CheckpointError(f"{self._what} is cut. {_DAMAGED}")
        self.position += count
        return piece

    def number(self, size) -> int:
        """Return the next bytes as an unsigned integer."""
        return int.from_bytes(self.take(size), "little")

    def numbers(self, size, count) -> tuple[int, ...]:
        """Tuple of so many unsigned integers."""
        return tuple(self.number(size) for _ in range(count))


@dataclasses.dataclass(frozen=True)
class Text:
    """Type of a text.

    Args:
        size: int, bytes that it takes; None if it lies in the global heap and has any length.
    """

    size: int | None


@dataclasses.dataclass(frozen=True)
class Attribute:
    """A value with a name.

    Args:
        name: str.
        type: `ElementType`, `Text`, or None if it is something else.
        shape: tuple of int; None if it has no value.
        data: memoryview.
    """

    name: str
    type: object
    shape: tuple | None
    data: memoryview


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the numbers of a dataset lie.

    Args:
        address: int, byte of the file; of the tree of chunks if there are chunks.
        size: int, bytes.
        chunk: tuple of int, shape of each chunk and size of a number; None if there are none.
        data: memoryview of the numbers if they lie in the message itself, else None.
    """

    address: int = 0
    size: int = 0
    chunk: tuple | None = None
    data: memoryview | None = None


def dataspace(view, what) -> tuple[int, ...] | None:
    """Return the shape that a dataspace message gives: tuple of int; None if there is no value."""
    cursor = Cursor(view, f"the dataspace of {what}")
    version, rank, _ = cursor.numbers(1, 3)
    if version not in (1, 2):
        raise CheckpointError(f"the dataspace of {what} has version {version}. {_NEWER}")
    kind = cursor.number(1)
    if version == 1:
        cursor.take(4)
    elif kind == 2:
        return None
    return cursor.numbers(8, rank)


def datatype(view, what) -> ElementType | Text | None:
    """Return the type in a datatype message: `ElementType`, `Text`, or None for all others."""
    cursor = Cursor(view, f"the datatype of {what}")
    kind = cursor.number(1) & 0x0F
    bits, size = cursor.number(3), cursor.number(4)
    order = "><"[not bits & 1]
    if kind == _INTEGERS and size in (1, 2, 4, 8):
        offset, precision = cursor.numbers(2, 2)
        if (offset, precision) == (0, 8 * size):
            return ElementType(f"{order}{'i' if bits & 8 else 'u'}{size}")
    if kind == _FLOATS and size in _IEEE and not bits & 0x40 and bits >> 8 == 8 * size - 1:
        found = (*cursor.numbers(2, 2), *cursor.numbers(1, 4), cursor.number(4))
        if found == _IEEE[size]:
            return ElementType(f"{order}f{size}")
    if kind == _STRINGS and size:
        return Text(size)
    if kind == _VARIABLE and bits & 0x0F == 1:
        return Text(None)
    return None


def attribute(view) -> Attribute | None:
    """Return the `Attribute` of a message; None if its type lies elsewhere in the file."""
    cursor = Cursor(view, "an attribute")
    version, flags = cursor.numbers(1, 2)
    if version not in (1, 2, 3):
        raise CheckpointError(f"an attribute has version {version}. {_NEWER}")
    sizes = cursor.numbers(2, 3)
    cursor.take(1 if version == 3 else 0)
    parts = []
    for size in sizes:
        parts.append(cursor.take(size))
        cursor.take(-size % 8 if version == 1 else 0)
    name = bytes(parts[0]).partition(b"\0")[0].decode("utf-8", "replace")
    if version > 1 and flags & 3:
        return None
    what = f"attribute '{shown(name)}'"
    kind, shape = datatype(parts[1], what), dataspace(parts[2], what)
    return Attribute(name, kind, shape, view[cursor.position :])


def layout(view, what) -> Layout:
    """Return the `Layout` in a layout message."""
    cursor = Cursor(view, f"the layout of {what}")
    version, kind = cursor.numbers(1, 2)
    if kind == _VIRTUAL and version == 4:
        raise CheckpointError(f"{what} is a virtual dataset, with numbers in other files")
    if version != 3 or kind > _VIRTUAL - 1:
        raise CheckpointError(f"the layout of {what} has version {version}. {_NEWER}")
    if kind == 0:
        return Layout(data=cursor.take(cursor.number(2)))
    if kind == 1:
        return Layout(*cursor.numbers(8, 2))
    rank = cursor.number(1)
    address = cursor.number(8)
    chunk = cursor.numbers(4, rank)
    if rank < 2 or not math.prod(chunk):
        raise CheckpointError(f"the chunks of {what} have no size. {_DAMAGED}")
    return Layout(address, chunk=chunk)


def filters(view, what) -> list[int]:
    """Return the numbers of the filters in a filter message, in the order of their application."""
    cursor = Cursor(view, f"the filters of {what}")
    version, count = cursor.numbers(1, 2)
    if version not in (1, 2):
        raise CheckpointError(f"the filters of {what} have version {version}. {_NEWER}")
    cursor.take(6 if version == 1 else 0)
    found = []
    for _ in range(count):
        number = cursor.number(2)
        name_size = cursor.number(2) if version == 1 or number >= 256 else 0
        cursor.take(2)
        values = cursor.number(2)
        cursor.take(name_size + (-name_size % 8 if version == 1 else 0))
        cursor.take(4 * (values + (values % 2 if version == 1 else 0)))
        found.append(number)
    return found
