"""Groups and datasets of an HDF5 file."""

import functools

import numpy as np

from keras_maskrcnn.checkpoints import hdf5_messages as messages
from keras_maskrcnn.checkpoints.arrays import ElementType, check_shape, packed
from keras_maskrcnn.checkpoints.errors import CheckpointError, shown
from keras_maskrcnn.checkpoints.hdf5_chunks import read_chunks
from keras_maskrcnn.checkpoints.hdf5_file import DAMAGED, LONGEST_TEXT, NEWER, Hdf5File, decoded

_UNDEFINED = 2**64 - 1
_SOFT_LINK, _EXTERNAL_LINK = 2, 64
_SHARED, _TYPE_IS_GIVEN = 2, 8


def root_of(view, budget) -> "Hdf5Object":
    """Return the group that holds all others.

    Args:
        view: memoryview of the file.
        budget: `Budget`.

    Returns:
        `Hdf5Object`.

    Raises:
        CheckpointError: if the file is damaged or of the newer format.
    """
    file = Hdf5File(view, budget)
    return Hdf5Object(file, file.root, "/")


class Hdf5Object:
    """A group or a dataset.

    Args:
        file: `Hdf5File`.
        address: int, byte at which its header begins.
        path: str, for messages.
    """

    def __init__(self, file, address, path):
        self.path = path
        self._file = file
        self._messages = list(self._read_messages(address))

    def _read_messages(self, address):
        what = f"the header of '{self.path}'"
        if self._file.block(address, 4, what) == b"OHDR":
            raise CheckpointError(f"{what} is of the newer format. {NEWER}")
        cursor = self._file.cursor(address, 16, what, b"\x01")
        cursor.take(1)
        left = cursor.number(2)
        cursor.take(4)
        blocks = [(address + 16, cursor.number(4))]
        while blocks:
            start, size = blocks.pop(0)
            cursor = self._file.cursor(start, size, what)
            while left and cursor.position + 8 <= size:
                left -= 1
                self._file.spend(1)
                (kind, length), flags = cursor.numbers(2, 2), cursor.number(1)
                cursor.take(3)
                data = cursor.take(length)
                if kind == messages.CONTINUATION:
                    blocks.append(messages.Cursor(data, what).numbers(8, 2))
                else:
                    yield kind, data, flags

    def _message(self, kind):
        """Return the bytes of the message of a kind; None if there is none."""
        for found, data, flags in self._messages:
            if found == kind:
                if flags & _SHARED:
                    raise CheckpointError(f"'{self.path}' shares its description. {NEWER}")
                return data
        return None

    @property
    def is_group(self) -> bool:
        """Whether it holds others; raises `CheckpointError` if they are kept in the newer way."""
        for kind, data, _ in self._messages:
            if kind == messages.LINK and _links_elsewhere(data):
                raise CheckpointError(f"'{self.path}' has a link to another file. Do not use it")
        if any(kind in (messages.LINK_INFO, messages.LINK) for kind, _, _ in self._messages):
            raise CheckpointError(f"the group '{self.path}' is of the newer format. {NEWER}")
        return self._message(messages.SYMBOL_TABLE) is not None

    @functools.cached_property
    def children(self) -> dict[str, "Hdf5Object"]:
        """What a group holds: dict from name to `Hdf5Object`; {} for a dataset.

        CheckpointError is raised if the group is damaged, or holds a link.
        """
        if not self.is_group:
            return {}
        what = f"the group '{self.path}'"
        tree, heap = messages.Cursor(self._message(messages.SYMBOL_TABLE), what).numbers(8, 2)
        cursor = self._file.cursor(heap, 32, what, b"HEAP")
        cursor.take(4)
        size, _, address = cursor.numbers(8, 3)
        names, found = self._file.block(address, size, what), {}
        for _, node in self._file.tree(tree, 0, 8, what):
            for name_at, header, link in self._entries(node, what):
                name = bytes(names[name_at : name_at + LONGEST_TEXT])
                if b"\0" not in name:
                    raise CheckpointError(f"a name in {what} does not end. {DAMAGED}")
                if link == _SOFT_LINK:
                    raise CheckpointError(f"'{shown(decoded(name))}' in {what} is a link. {NEWER}")
                found[decoded(name)] = header
        parent = self.path.rstrip("/")
        return {
            name: Hdf5Object(self._file, header, f"{parent}/{shown(name)}")
            for name, header in found.items()
        }

    def _entries(self, node, what):
        """Yield place of the name, address and kind of link of the members in a table."""
        cursor = self._file.cursor(node, 8, what, b"SNOD\x01")
        cursor.take(1)
        count = cursor.number(2)
        self._file.spend(count)
        cursor = self._file.cursor(node + 8, 40 * count, what)
        for _ in range(count):
            yield *cursor.numbers(8, 2), cursor.number(4)
            cursor.take(20)

    def texts(self, name) -> list[str] | None:
        """Return the texts of an attribute.

        Args:
            name: str.

        Returns:
            list of str; None if there is no such attribute.

        Raises:
            CheckpointError: if it is no text.
        """
        if name not in self._attributes:
            return None
        attribute = self._attributes[name]
        what = f"attribute '{name}' of '{self.path}'"
        count = 0 if attribute.shape is None else check_shape(attribute.shape, what)
        if not count:
            return []
        if type(attribute.type) is not messages.Text:
            raise CheckpointError(f"{what} must be text. {DAMAGED}")
        size = attribute.type.size
        cursor = messages.Cursor(attribute.data, what)
        if size is None:
            return [self._file.heap_text(cursor.take(16), what) for _ in range(count)]
        return [decoded(cursor.take(size)) for _ in range(count)]

    @functools.cached_property
    def _attributes(self):
        if any(kind == messages.ATTRIBUTE_INFO for kind, _, _ in self._messages):
            raise CheckpointError(
                f"the attributes of '{self.path}' are of the newer format. {NEWER}"
            )
        found = [
            messages.attribute(d) for kind, d, _ in self._messages if kind == messages.ATTRIBUTE
        ]
        return {attribute.name: attribute for attribute in found if attribute is not None}

    def array(self) -> np.ndarray:
        """Return the numbers of a dataset: a view of the file where that is possible.

        Returns:
            NumPy array.

        Raises:
            CheckpointError: if they are no numbers, lie in another file, or are damaged.
        """
        what = f"the dataset '{self.path}'"
        shape, kind, place = (
            self._message(k) for k in (messages.DATASPACE, messages.DATATYPE, messages.LAYOUT)
        )
        if None in (shape, kind, place):
            raise CheckpointError(f"'{self.path}' lacks the shape, type or place of a dataset")
        if self._message(messages.EXTERNAL_FILES) is not None:
            raise CheckpointError(f"{what} has its numbers in another file. Do not use it")
        shape, element = messages.dataspace(shape, what), messages.datatype(kind, what)
        if type(element) is not ElementType or shape is None:
            raise CheckpointError(
                f"{what} must hold numbers. Text, objects and records are not read"
            )
        size = check_shape(shape, what) * element.itemsize
        self._file.budget.take(size, what)
        layout = messages.layout(place, what)
        filters = self._message(messages.FILTERS)
        if layout.chunk is not None:
            numbers = [] if filters is None else messages.filters(filters, what)
            return read_chunks(self._file, layout, numbers, element, shape, what)
        return packed(self._data(layout, what) if size else b"", element, shape, what)

    def _data(self, layout, what):
        if layout.data is not None:
            return layout.data
        if layout.address == _UNDEFINED:
            raise CheckpointError(f"{what} was never written. {DAMAGED}")
        return self._file.block(layout.address, layout.size, what)


def _links_elsewhere(link):
    """Whether a link message has the type of a link to another file, or of a user's own kind."""
    return len(link) > 2 and bool(link[1] & _TYPE_IS_GIVEN) and link[2] >= _EXTERNAL_LINK
