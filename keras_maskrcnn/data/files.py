"""Reading files that people name, with errors that say which and why."""

import os


def read_bytes(path, kind, error, size=-1):
    """The content of a file, which must not be empty.

    Args:
        path: str or path.
        kind: what the file should be, with its article: "an image".
        error: class of the exception for a file that cannot be used.
        size: bytes to read from the start. Default: all.

    Raises:
        FileNotFoundError: there is no such file.
        error: the path is a folder, or the file is empty or cannot be read.

    >>> read_bytes("gone.png", "an image", ValueError)
    Traceback (most recent call last):
    ...
    FileNotFoundError: There is no image file 'gone.png'.
    """
    path, noun = os.fspath(path), kind.split()[1]
    try:
        with open(path, "rb") as file:
            data = file.read(size)
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no {noun} file '{path}'.") from None
    except IsADirectoryError:
        raise error(f"'{path}' is a folder, not {kind} file.") from None
    except OSError as reason:
        raise error(f"The {noun} file '{path}' cannot be read: {reason}.") from None
    if not data:
        raise error(f"The {noun} file '{path}' is empty (0 bytes). Copy it again.")
    return data
