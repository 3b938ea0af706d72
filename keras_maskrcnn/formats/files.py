"""Reading files that people name, with errors that say which and why."""

import codecs
import json
import os
from pathlib import Path


class DatasetError(ValueError):
    """A data set that cannot be used; the message names the file, the place and what to do."""


def read_bytes(path, kind, error, size=-1) -> bytes:
    """Return the content of a file, which must not be empty.

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


def read_text(path) -> str:
    """Read a text file in UTF-8, with or without its mark.

    Raises:
        FileNotFoundError: there is no such file.
        DatasetError: it is a folder, cannot be read, or is text of another encoding.
    """
    path = os.fspath(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no annotation file '{path}'.") from None
    except OSError as error:
        raise DatasetError(f"The annotation file '{path}' cannot be read: {error}.") from None
    except UnicodeDecodeError as error:
        start = error.object[:2]
        found = f"byte {error.start + 1} is 0x{error.object[error.start]:02x}"
        if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            found = "it begins with the mark of UTF-16"
        raise DatasetError(_not_utf8(path, found)) from None
    if "\0" in text:
        raise DatasetError(_not_utf8(path, "it holds zero bytes, as UTF-16 does"))
    return text


def _not_utf8(path, found):
    return (
        f"The annotation file '{path}' cannot be read: it is not text in UTF-8, {found}. Save it "
        "in UTF-8."
    )


def read_json(path) -> object:
    """Read a JSON file and say clearly what is wrong with it.

    Raises:
        FileNotFoundError: there is no such file.
        DatasetError: it is a folder, empty, of another encoding than UTF-8, not JSON, or beyond
            what Python's parser takes.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = "is empty" if not text.strip() else "is not JSON"
        raise DatasetError(
            f"The annotation file '{path}' {what}: {error.msg} at line {error.lineno}, "
            f"column {error.colno}. Export it again as JSON."
        ) from None
    except RecursionError:
        raise DatasetError(
            f"The annotation file '{path}' cannot be read: its lists are nested too deeply."
        ) from None
    except ValueError:  # Python's limit
        raise DatasetError(
            f"The annotation file '{path}' cannot be read: a number in it has thousands of digits."
        ) from None
