"""Opens a checkpoint file and finds out by its first bytes of which kind it is."""

import contextlib
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from keras_maskrcnn.checkpoints.errors import CheckpointError, naming, shown

TORCH_ZIP = "a zip file of torch.save"
TORCH_LEGACY = "a file of torch.save from before version 1.6"
PICKLE = "a pickle file"
HDF5 = "an HDF5 file"
READERS = {
    TORCH_ZIP: "read_torch",
    TORCH_LEGACY: "read_torch",
    PICKLE: "read_pickle",
    HDF5: "read_keras_h5",
}

# The number 0x1950a86a20f9469cfc6c, pickled: what a legacy file of torch begins with.
_TORCH_MAGIC = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
_PICKLE = re.compile(rb"\x80[\x02-\x05]|[(}\]]|c[A-Za-z_.]+\n[A-Za-z_.]+\n")
_AGAIN = "Download the file again, from the address of the file itself"
# Beginnings of files that are taken for checkpoints: what they are, and what to do.
_MISTAKEN = (
    (b"version https://git-lfs", "is a pointer of git-lfs, not the file. Fetch it: git lfs pull"),
    (b"<!doctype", f"is a web page, saved in place of the file. {_AGAIN}"),
    (b"<html", f"is a web page, saved in place of the file. {_AGAIN}"),
    (b"<?xml", f"is an answer of a server in XML, saved in place of the file. {_AGAIN}"),
    (b"{", f"is JSON, maybe an answer of a server, and holds no weights. {_AGAIN}"),
    (b"\x1f\x8b", "is compressed by gzip. Unpack it first: gunzip"),
    (b"\xfd7zxz", "is compressed by xz. Unpack it first: unxz"),
    (b"bzh", "is compressed by bzip2. Unpack it first: bunzip2"),
    (b"\x93numpy", "is a NumPy array (.npy), and a checkpoint holds many by name"),
)


@contextlib.contextmanager
def opened(path, *kinds) -> Iterator[tuple[str, memoryview]]:
    """Map the bytes of a file of one of these kinds into memory, without reading them.

    Errors raised inside get the file's name.

    Args:
        path: str or Path.
        kinds: of `TORCH_ZIP`, `TORCH_LEGACY`, `PICKLE`, `HDF5`.

    Yields:
        `(kind, view)`: which it is, and a read-only memoryview of all its bytes. Slices of it,
        and arrays on them, stay valid when the context ends.

    Raises:
        OSError: if the file cannot be opened.
        CheckpointError: if it is of another kind; the message says of which.
    """
    path = Path(path)
    with naming(path):
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no regular file"
            raise CheckpointError(f"is {what}. Give the path of the checkpoint file itself")
        view = _mapped(path)
        kind = _kind(view)
        if kind not in kinds:
            raise CheckpointError(f"is {kind}. `{READERS[kind]}` reads it, and so does `read`")
        yield kind, view


def _mapped(path):
    with path.open("rb") as file:
        if not file.seek(0, 2):
            raise CheckpointError(f"is empty. {_AGAIN}")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _kind(view):
    start = bytes(view[:512])
    if start.startswith(b"PK\x03\x04"):
        return TORCH_ZIP
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return HDF5
    if _TORCH_MAGIC in start[:32]:
        return TORCH_LEGACY
    if _PICKLE.match(start):
        return PICKLE
    raise CheckpointError(_what_else(start))


def _what_else(start):
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for beginning, what in _MISTAKEN:
        if text.startswith(beginning):
            return what
    if start[8:10] == b'{"':
        return "is a safetensors file. The library safetensors reads it; there is no need to here"
    if start[257:262] == b"ustar":
        return "is a tar file. Unpack it, or if torch.save made it (before 0.1.10), save it anew"
    if not start.strip(b"\0"):
        return f"begins with zeros, as a download does that was cut. {_AGAIN}"
    return (
        "is no checkpoint: it must be a file of torch.save, a pickle or an HDF5 file. "
        f"It begins with '{shown(start[:12].decode('latin1'))}'. {_AGAIN}"
    )
