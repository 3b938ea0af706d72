"""Files that are whole or absent: written beside their place, then renamed."""

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

TRIED = 4096  # bytes, the block of most disks


@contextlib.contextmanager
def written_aside(path) -> Iterator[Path]:
    """Give a new file to write; it takes the place of `path` when the block is done.

    A block that fails, or is killed, leaves what was at `path` as it was. The folder is made if it
    is not there.

    Args:
        path: str or path of the file.

    Yields:
        Path of an empty file in the same folder, with the suffix of `path`.

    Raises:
        OSError: the file cannot be written; the message names `path` and the reason, such as a
            full disk.

    Example:

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_aside(f"{folder}/a.txt") as part:
    ...         _ = part.write_text("whole")
    ...     os.listdir(folder)
    ['a.txt']
    """
    part = begin(path)
    try:
        with explained(path, part):
            yield part
        finish(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def begin(path) -> Path:
    """Make an empty file beside `path`, for `finish`; `written_aside` does both."""
    with explained(path):
        return _begun(Path(path))


def finish(part, path) -> None:
    """Put the file `part` in the place of `path`."""
    with explained(path):
        with open(part, "rb") as file:  # the disk holds it before it takes another's place
            os.fsync(file.fileno())
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)


def try_file(path) -> None:
    """Write a file beside `path` and take it away again, with the folders made for it.

    To be called before work whose result goes to `path`.

    Raises:
        OSError: as `written_aside`, and if something that is no file has this name.
    """
    with explained(path):
        check_name(path)
        _try(Path(path))


def try_folder(path) -> None:
    """Try as `try_file` whether files can be written in a folder."""
    with explained(path):
        _try(Path(path) / "file")


def try_picture(path) -> None:
    """Try as `try_file` whether a picture can be written in the format of its suffix."""
    import numpy as np

    _encoded(path, np.zeros((2, 2, 3), np.uint8))
    try_file(path)


def write_bytes(path, data) -> None:
    """Write a binary file."""
    with written_aside(path) as part:
        part.write_bytes(data)


def write_text(path, text) -> None:
    """Write a text file in UTF-8."""
    with written_aside(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        file.write(text)


def write_json(path, content, indent=None) -> None:
    """Write JSON that ends in a line feed."""
    write_text(path, json.dumps(content, indent=indent) + "\n")


def write_picture(path, image) -> None:
    """Write a picture in the format that the suffix of `path` names.

    Args:
        path: str or path.
        image: uint8 (H, W, 3) RGB or (H, W, 4) RGBA.

    Raises:
        OSError: OpenCV cannot make such a file, or as `written_aside`.
    """
    write_bytes(path, _encoded(path, image))


def _encoded(path, image):
    """Return the content of a picture's file; OpenCV would not say why it cannot write one."""
    import cv2

    code = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    try:
        done, data = cv2.imencode(Path(path).suffix, cv2.cvtColor(image, code))
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise OSError(
            f"The picture {str(path)!r} of {width} x {height} pixels cannot be written in the "
            "format that its suffix names. Give a name ending in .png."
        )
    return data.tobytes()


def _begun(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
    os.close(handle)
    return Path(part)


def _try(path):
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        part = _begun(path)
        try:
            part.write_bytes(bytes(TRIED))
        finally:
            part.unlink()
    finally:
        for folder in made:
            with contextlib.suppress(OSError):  # it was not made
                folder.rmdir()


def check_name(path) -> None:
    """Raise an OSError if something that a file cannot replace has this name, or none can."""
    with explained(path), contextlib.suppress(FileNotFoundError):
        os.lstat(path)  # a name may be too long, or lead through a file
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if os.path.exists(path) and not os.path.isfile(path):
            raise OSError(errno.EINVAL, "it is a device, not a file")


@contextlib.contextmanager
def explained(path, part=None) -> Iterator[None]:
    """Have an OSError of the system name the file that was wanted, and why it cannot be."""
    try:
        yield
    except OSError as error:
        others = part is not None and error.filename not in (None, str(part))
        if error.errno is None or error.strerror is None or others:
            raise  # it has a message of its own, or is about another file
        reason = error.strerror
        if isinstance(error, (FileExistsError, NotADirectoryError)):
            reason = "a part of this path is a file, not a folder"
        explained = type(error)(f"{str(path)!r} cannot be written: {reason}.")
        explained.errno = error.errno
        raise explained from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
