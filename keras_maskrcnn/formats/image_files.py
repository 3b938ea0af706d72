"""Which files are images, by their names."""

import glob
import os
from collections import Counter
from pathlib import Path

from keras_maskrcnn.wording import counted

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".gif",
    ".jp2", ".ppm", ".pgm",
)  # fmt: skip


def list_images(*sources) -> list[Path]:
    """List the image files that the arguments name, for a command line.

    Args:
        sources: each a file (taken whatever its suffix), a folder (its image files, sorted by name;
            folders inside it are not entered) or a glob pattern (`**` enters folders).

    Returns:
        list of `pathlib.Path`, in the order of the arguments, each file once.

    Raises:
        FileNotFoundError: an argument names nothing, or a folder without any image.
    """
    found = {}
    for source in sources:
        path = Path(source)
        if path.is_dir():
            matches = [entry for entry in sorted(path.iterdir()) if is_image_file(entry)]
            problem = f"The folder '{source}' holds no image file ({', '.join(IMAGE_SUFFIXES)})."
        elif path.exists():
            matches, problem = [path], ""
        else:
            names = sorted(glob.glob(os.fspath(source), recursive=True))
            matches = [Path(name) for name in names if is_image_file(Path(name))]
            problem = f"There is no image file, folder or pattern match for '{source}'."
        if not matches:
            raise FileNotFoundError(problem)
        found.update(dict.fromkeys(matches))
    return list(found)


def count_other_files(paths, *, beside=()) -> dict[str, int]:
    """Count the files that `list_images` leaves out of a folder, hidden ones aside.

    Args:
        paths: iterable of `Path`: what is in the folder.
        beside: suffixes, in lower case, of files that are not counted.

    Returns:
        dict from suffix, in lower case, to number, sorted; "" for files without one.
    """
    others = Counter(
        path.suffix.lower()
        for path in paths
        if path.is_file() and not is_image_file(path) and not path.name.startswith(".")
    )
    return {suffix: others[suffix] for suffix in sorted(others) if suffix not in beside}


def others_left_out(others) -> str:
    """Return what to say of what `count_other_files` counted.

    >>> others_left_out({"": 1, ".heic": 2})
    'left out 3 files by suffix: 1 without, 2 .heic'
    """
    kinds = ", ".join(f"{number} {suffix or 'without'}" for suffix, number in others.items())
    return f"left out {counted(sum(others.values()), 'file')} by suffix: {kinds}"


def is_image_file(path) -> bool:
    """Whether a `Path` is a file with the suffix of an image."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
