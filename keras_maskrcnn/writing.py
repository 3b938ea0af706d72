"""Files that are whole or absent: written beside their place, then renamed."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def written_aside(path) -> Iterator[Path]:
    """Give a new file to write; it takes the place of `path` when the block is done.

    A block that fails, or is killed, leaves what was at `path` as it was. The folder is made if it
    is not there.

    Args:
        path: str or path of the file.

    Yields:
        Path of an empty file in the same folder, with the suffix of `path`.

    Example:

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_aside(f"{folder}/a.txt") as part:
    ...         _ = part.write_text("whole")
    ...     os.listdir(folder)
    ['a.txt']
    """
    part = begin(path)
    try:
        yield part
        finish(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def begin(path) -> Path:
    """Make an empty file beside `path`, for `finish`; `written_aside` does both."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
    os.close(handle)
    return Path(part)


def finish(part, path) -> None:
    """Put the file `part` in the place of `path`."""
    with open(part, "rb") as file:  # the disk holds it before it takes another's place
        os.fsync(file.fileno())
    os.chmod(part, 0o666 & ~_umask())
    os.replace(part, path)


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
        OSError: OpenCV cannot write such a file.
    """
    import cv2

    code = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    with written_aside(path) as part:
        try:
            written = cv2.imwrite(str(part), cv2.cvtColor(image, code))
        except cv2.error:
            written = False
        if not written:
            raise OSError(
                f"The picture {str(path)!r} cannot be written. Give a name ending in .png."
            )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
