"""Where images lie, whose names in the annotations differ from those on the disk in form only."""

import os
import unicodedata
from pathlib import Path
from urllib.parse import unquote

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.wording import closest, shown


def find_images(file_names, images_dir, name) -> list[str]:
    """Find the file of every image.

    A file of exactly the stated name counts first. Without one, separators of Windows, `%20` and
    its like, letter case and the form of accents (NFC, NFD) make no difference, and folders at the
    start of the stated name may be missing on the disk, if only one file answers to it then.

    Args:
        file_names: list of str, as the annotations state them.
        images_dir: folder of the images.
        name: path of the annotations, for messages.

    Returns:
        list of str, the names on the disk, relative to the folder.

    Raises:
        FileNotFoundError: the folder is missing.
        DatasetError: naming the first image that is missing and how many are, or two names that
            are of one file.
    """
    if not os.path.isdir(images_dir):
        raise FileNotFoundError(f"There is no image folder '{images_dir}'.")
    there = [os.path.isfile(os.path.join(images_dir, file)) for file in file_names]
    known = {} if all(there) else _by_form(images_dir)
    answers = [
        [file] if exact else _answers(file, known)
        for file, exact in zip(file_names, there, strict=True)
    ]
    missing = [file for file, found in zip(file_names, answers, strict=True) if len(found) != 1]
    if missing:
        raise DatasetError(
            f"{len(missing)} of the {len(file_names)} images of '{name}' are not in the folder "
            f"'{images_dir}'. The first is {shown(missing[0], 300)}.{_hint(missing[0], known)} "
            "Give the folder that file_name is relative to."
        )
    files = [found[0] for found in answers]
    _check_different(file_names, files, name)
    return files


def name_within(file_name, images_dir) -> str:
    """Return the name of an image relative to the folder of the images, without a way out of it.

    >>> name_within("../photos/a.png", "x/photos"), name_within("/elsewhere/a.png", "x/photos")
    ('a.png', 'elsewhere/a.png')
    """
    start = os.path.abspath(images_dir)
    parts = Path(os.path.normpath(os.path.join(start, file_name))).parts
    same_drive = parts[0] == Path(start).parts[0]
    shared = os.path.commonpath([start, os.path.join(*parts)]) if same_drive else parts[0]
    return Path(*parts[len(Path(shared).parts) :]).as_posix()


def name_form(file_name) -> tuple[str, ...]:
    """Return the parts of a name without what tools write differently.

    >>> name_form("Images\\\\A%20B.JPG")
    ('images', 'a b.jpg')
    """
    plain = unicodedata.normalize("NFC", unquote(file_name.replace("\\", "/")).casefold())
    return tuple(part for part in plain.split("/") if part not in ("", "."))


def _by_form(folder):
    """Return a dict from the form of each file's name, a tuple of its parts, to the names."""
    known = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            file = path.relative_to(folder).as_posix()
            known.setdefault(name_form(file), []).append(file)
    return known


def _answers(file_name, known):
    """Return the files of a name's form, or of its last parts."""
    parts = name_form(file_name)
    return next((known[parts[i:]] for i in range(len(parts)) if parts[i:] in known), [])


def _hint(file_name, known):
    """Return what the folder holds instead."""
    if answers := _answers(file_name, known):
        return f" It could be '{answers[0]}' or '{answers[1]}'."
    return closest(file_name, [file for files in known.values() for file in files])


def _check_different(file_names, files, name):
    """Check that no two names are of the same file."""
    first = {}
    for stated, file in zip(file_names, files, strict=True):
        if file in first:
            raise DatasetError(
                f"'{first[file]}' and '{stated}' in '{name}' are both the image '{file}'. Remove "
                "one, or give the folder that file_name is relative to."
            )
        first[file] = stated
