"""Puts together datasets of HDF5 that lie in chunks, compressed or not."""

import itertools
import math
import zlib

import numpy as np

from keras_maskrcnn.checkpoints.errors import CheckpointError

_GZIP, _SHUFFLE = 1, 2
_TREE = 1  # kind of a tree whose leaves are chunks
_DAMAGED = "The file is damaged: download it again"


def read_chunks(file, layout, filters, element, shape, what) -> np.ndarray:
    """Return the numbers of a dataset that lies in chunks.

    Args:
        file: `Hdf5File`.
        layout: `Layout` with a tree of chunks.
        filters: list of int, the numbers of the filters that were applied to each chunk.
        element: `ElementType`.
        shape: tuple of int, checked by `check_shape`.
        what: str, for messages.

    Returns:
        Array.

    Raises:
        CheckpointError: if a chunk is missing, comes twice, is outside, or is not of its size.
    """
    if unknown := [number for number in filters if number not in (_GZIP, _SHUFFLE)]:
        raise CheckpointError(
            f"{what} is compressed by filter {unknown[0]}. Write it anew without compression or by "
            "gzip"
        )
    chunk, itemsize = layout.chunk[:-1], layout.chunk[-1]
    if len(chunk) != len(shape) or itemsize != element.itemsize:
        raise CheckpointError(f"the chunks of {what} have another shape. {_DAMAGED}")
    missing = math.prod(-(-size // step) for size, step in zip(shape, chunk, strict=True))
    chunk_bytes = math.prod(layout.chunk)
    file.budget.take(missing * chunk_bytes, f"the chunks of {what}")
    array, seen = np.zeros(shape, element.dtype), set()
    if not missing:
        return element.plain(array)
    key_size = 8 + 8 * len(layout.chunk)
    for key, address in itertools.islice(file.tree(layout.address, _TREE, key_size, what), missing):
        packed_size, skipped = (int.from_bytes(key[at : at + 4], "little") for at in (0, 4))
        corner = tuple(np.frombuffer(key, "<u8", len(chunk), 8).tolist())
        outside = any(
            at % step or at >= size for at, step, size in zip(corner, chunk, shape, strict=True)
        )
        if outside or corner in seen:
            raise CheckpointError(f"a chunk of {what} is outside of it or comes twice. {_DAMAGED}")
        seen.add(corner)
        data = file.block(address, packed_size, f"a chunk of {what}")
        for place in reversed(range(len(filters))):
            if not skipped >> place & 1:
                data = _undone(filters[place], data, chunk_bytes, itemsize, what)
        if len(data) != chunk_bytes:
            raise CheckpointError(f"a chunk of {what} has another size. {_DAMAGED}")
        numbers = np.frombuffer(data, element.dtype).reshape(chunk)
        inside = tuple(slice(at, at + step) for at, step in zip(corner, chunk, strict=True))
        target = array[inside]
        target[...] = numbers[tuple(slice(size) for size in target.shape)]
    if len(seen) != missing:
        raise CheckpointError(f"{what} has {len(seen)} of {missing} chunks. {_DAMAGED}")
    return element.plain(array)


def _undone(number, data, size, itemsize, what):
    if number == _SHUFFLE:
        count = len(data) // itemsize
        if count * itemsize != len(data):
            raise CheckpointError(f"a chunk of {what} has another size. {_DAMAGED}")
        return np.frombuffer(data, np.uint8).reshape(itemsize, count).T.tobytes()
    inflater = zlib.decompressobj()
    try:
        return inflater.decompress(data, size + 1)
    except zlib.error:
        raise CheckpointError(f"a chunk of {what} cannot be decompressed. {_DAMAGED}") from None
