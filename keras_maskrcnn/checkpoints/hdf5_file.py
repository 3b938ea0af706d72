"""The blocks of an HDF5 file of the layout that h5py writes unless it is told otherwise.

The C library reads every HDF5 file there is, and is not made for hostile ones: of a small file with
a few bytes changed at random, one copy in a thousand sent HDF5 1.14.6 into an endless loop, out of
Python's reach. A file of weights needs little of the format: a superblock of version 0 or 1, groups
with symbol tables, object headers of version 1, datasets in one piece or in chunks. That little is
read here in Python alone, every address held against the file's length and every entry counted.
What is newer, links to other files, and types other than numbers are refused by name.

Reference: The HDF Group, HDF5 File Format Specification.
"""

from collections.abc import Iterator

from keras_maskrcnn.checkpoints.errors import CheckpointError
from keras_maskrcnn.checkpoints.hdf5_messages import Cursor

MAX_ENTRIES = 500_000  # blocks and entries in them; a file of 500 weights has some 10 000
LONGEST_TEXT = 1024  # bytes
DAMAGED = "The file is damaged: download it again"
NEWER = "Write it anew with h5py and its default `libver`"


class Hdf5File:
    """The bytes of an HDF5 file, and the blocks in them.

    Args:
        view: memoryview of the file.
        budget: `Budget`.

    `root` is the address of the object that holds all others.
    """

    def __init__(self, view, budget):
        self.budget = budget
        self._view = view
        self._left = MAX_ENTRIES
        self._heaps = {}
        cursor = Cursor(view, "the superblock")
        cursor.take(8)
        version, _, _, _, _, offsets, lengths, _ = cursor.numbers(1, 8)
        if version > 1:
            raise CheckpointError(f"the superblock has version {version}, and 0 is read. {NEWER}")
        cursor.take(8 if version == 0 else 12)
        base, _, end, _ = cursor.numbers(8, 4)
        if (offsets, lengths, base) != (8, 8, 0):
            raise CheckpointError(f"the superblock has another size or start of addresses. {NEWER}")
        if end > len(view):
            raise CheckpointError(
                f"the file was cut: it must have {end} bytes and has {len(view)}. Download it again"
            )
        cursor.take(8)
        self.root = cursor.number(8)

    def spend(self, count) -> None:
        """Count entries about to be read, or raise `CheckpointError` if there are too many."""
        self._left -= count
        if self._left < 0:
            raise CheckpointError(
                f"the file has more than {MAX_ENTRIES} entries, or runs in circles. {DAMAGED}"
            )

    def block(self, address, size, what) -> memoryview:
        """Return the bytes at an address; raise `CheckpointError` unless they lie in the file."""
        self.spend(1)
        if address + size > len(self._view):
            raise CheckpointError(f"{what} lies outside of the file. {DAMAGED}")
        return self._view[address : address + size]

    def cursor(self, address, size, what, signature=b"") -> Cursor:
        """Return a `Cursor` over a block, behind the signature that it must begin with."""
        cursor = Cursor(self.block(address, size, what), what)
        if cursor.take(len(signature)) != signature:
            raise CheckpointError(f"{what} is not where it must be. {DAMAGED}")
        return cursor

    def tree(self, address, kind, key_size, what) -> Iterator[tuple[memoryview, int]]:
        """Yield keys (memoryview) and addresses of the leaves of a tree ("B-tree, version 1").

        Args:
            address: int.
            kind: 0 for the members of a group, 1 for the chunks of a dataset.
            key_size: bytes of a key.
            what: str, what the tree is of, for messages.
        """
        todo = [(address, None)]
        while todo:
            node, expected = todo.pop()
            cursor = self.cursor(node, 24, what, b"TREE")
            found, level, count = cursor.number(1), cursor.number(1), cursor.number(2)
            if found != kind or expected not in (None, level):
                raise CheckpointError(f"the tree of {what} is broken. {DAMAGED}")
            self.spend(count)
            cursor = self.cursor(node + 24, count * (key_size + 8), what)
            entries = [(cursor.take(key_size), cursor.number(8)) for _ in range(count)]
            if level == 0:
                yield from entries
            else:
                todo.extend((child, level - 1) for _, child in reversed(entries))

    def heap_text(self, reference, what) -> str:
        """Return the text of any length to which a view of its length, heap and index refers."""
        cursor = Cursor(reference, what)
        length, address, index = cursor.number(4), cursor.number(8), cursor.number(4)
        if address not in self._heaps:
            self._heaps[address] = dict(self._heap_objects(address, what))
        found = self._heaps[address].get(index)
        if found is None or not length <= min(len(found), LONGEST_TEXT):
            raise CheckpointError(f"{what} is not in its heap, or too long. {DAMAGED}")
        return decoded(found[:length])

    def _heap_objects(self, address, what):
        size = self.cursor(address, 16, what, b"GCOL\x01\0\0\0").number(8)
        cursor = self.cursor(address, size, what)
        cursor.take(16)
        while cursor.position + 16 <= size:
            self.spend(1)
            index, _ = cursor.numbers(2, 2)
            cursor.take(4)
            object_size = cursor.number(8)
            if index == 0:  # what is left free
                return
            yield index, cursor.take(object_size)
            cursor.take(-object_size % 8)


def decoded(data) -> str:
    """Text that ends with the first zero byte: str."""
    return bytes(data).partition(b"\0")[0].decode("utf-8", "replace")
