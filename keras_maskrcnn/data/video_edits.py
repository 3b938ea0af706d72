"""How much of an MP4 or MOV is played: a trimmed one still holds the frames that it leaves out."""

import struct
from collections.abc import Iterator

MOST = 1 << 24  # bytes of a header that are looked through


def played_seconds(path) -> float | None:
    """Return the length that the edit list of a video file states, None if there is no such list.

    Args:
        path: str or path of a file of any kind.
    """
    try:
        with open(path, "rb") as file:
            movie = _header(file)
        scale = _scale(_inside(movie, b"mvhd"))
        for kind, track in _boxes(movie):
            if kind == b"trak" and _inside(track, b"mdia", b"hdlr")[8:12] == b"vide":
                return _edited(_inside(track, b"edts", b"elst")) / scale or None
    except (struct.error, KeyError, ZeroDivisionError, ValueError, OSError):
        pass  # no such file, without a list, or damaged
    return None


def _header(file):
    """Return the content of the box that describes the movie, wherever it stands in the file."""
    while True:
        size, kind = struct.unpack(">I4s", file.read(8))
        size, used = (*struct.unpack(">Q", file.read(8)), 16) if size == 1 else (size, 8)
        if kind == b"moov":
            return memoryview(file.read(max(0, min(size - used, MOST))))
        if size < used:
            raise KeyError(b"moov")
        file.seek(size - used, 1)


def _boxes(content) -> Iterator[tuple[bytes, bytes]]:
    """Generate the kind and content of each box in a box."""
    while len(content) >= 8:
        size, kind = struct.unpack_from(">I4s", content)
        yield kind, content[8:size]
        content = content[max(size, 8) :]


def _inside(content, *kinds):
    for kind in kinds:
        content = dict(_boxes(content))[kind]
    return content


def _scale(content):
    """Return the units of time in a second; a first byte of 1 says that times have 8 bytes."""
    return struct.unpack_from(">20xI" if content[:1] == b"\x01" else ">12xI", content)[0]


def _edited(content):
    """Sum the durations of an edit list; a start of -1 is a pause before the video."""
    (count,) = struct.unpack_from(">4xI", content)
    entry = ">QqI" if content[:1] == b"\x01" else ">IiI"
    entries = struct.iter_unpack(entry, content[8 : 8 + count * struct.calcsize(entry)])
    return sum(duration for duration, start, _ in entries if start >= 0)
