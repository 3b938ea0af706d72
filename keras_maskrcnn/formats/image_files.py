"""Which files are images, by their names."""

import glob
import os
from collections import Counter
from pathlib import Path

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


def count_other_files(folder) -> dict[str, int]:
    """Count the files of a folder that `list_images` leaves out, hidden ones aside.

    Returns:
        dict from suffix, in lower case, to number, sorted; "" for files without one.
    """
    others = [
        path.suffix.lower()
        for path in Path(folder).iterdir()
        if path.is_file() and not is_image_file(path) and not path.name.startswith(".")
    ]
    return dict(sorted(Counter(others).items()))


def is_image_file(path) -> bool:
    """Whether a `Path` is a file with the suffix of an image."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
