"""Reading image files."""

import glob
import os
import warnings
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from keras_maskrcnn.formats.files import read_bytes

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".gif",
    ".jp2", ".ppm", ".pgm",
)  # fmt: skip
_ORIENTATION = 0x0112  # EXIF tag
_TURNED = (5, 6, 7, 8)  # orientations whose sides are swapped


class ImageReadError(ValueError):
    """An image file that cannot be used; the message names the file and the reason."""


def read_image(path) -> np.ndarray:
    """Read an image file as 8-bit RGB.

    What is stored is brought to one form: the EXIF orientation is applied; one channel is repeated
    to three; an alpha channel is dropped; palettes are resolved. 16-bit pixels are scaled by
    `255 / (2**b - 1)`, where b (8 to 16) is the smallest number of bits that holds the brightest
    pixel: a 12-bit camera's image in a 16-bit file fills the range, and an image that only uses
    8 bits stays as it is.

    Args:
        path: str or path of a JPEG, PNG, TIFF, BMP, WebP or other file that OpenCV reads.

    Returns:
        uint8, shape (H, W, 3), RGB, contiguous.

    Raises:
        FileNotFoundError: there is no such file.
        ImageReadError: a `ValueError`; the file is a folder, empty, truncated, no image, or holds
            floating-point pixels.
    """
    path = os.fspath(path)
    data = read_bytes(path, "an image", ImageReadError)
    if _is_truncated(data):
        raise ImageReadError(
            f"The image file '{path}' is truncated: it ends after {len(data)} bytes, "
            "before its image does. Copy it again."
        )
    return _to_rgb8(_decode(data, path), path)


def read_image_size(path) -> tuple[int, int]:
    """Read the (height, width) of an image as `read_image` gives it, from the file's header.

    Args:
        path: str or path.

    Returns:
        tuple of int, with the EXIF orientation applied.

    Raises:
        FileNotFoundError, ImageReadError: as `read_image`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                width, height = image.size
                turned = _orientation(image) in _TURNED
                if turned and image.format == "TIFF":  # Pillow's versions differ in its size
                    return read_image(path).shape[:2]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return read_image(path).shape[:2]  # which other formats can be read, and what is wrong
    return (width, height) if turned else (height, width)


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


def _orientation(image):
    """Return the EXIF orientation, 1..8, of an image opened by Pillow, without decoding it."""
    known = image.format != "PNG" or "exif" in image.info
    return image.getexif().get(_ORIENTATION, 1) if known else 1


def is_image_file(path) -> bool:
    """Whether a `Path` is a file with the suffix of an image."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def _is_truncated(data):
    """Whether a JPEG or PNG ends early; decoders differ in whether they tell."""
    if data.startswith(b"\x89PNG"):
        return data.rfind(b"IEND") < 0
    if not data.startswith(b"\xff\xd8\xff"):
        return False
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        if data[position + 1] == 0xFF:  # a fill byte before the marker
            position += 1
            continue
        if data[position + 1] == 0xDA:  # start of scan: the image's end comes after it, and a
            return data.find(b"\xff\xd9", position) < 0  # thumbnail's end came before it
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return position + 4 > len(data)


def _decode(data, path):
    """Decode to RGB, of whatever depth the file has."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageReadError(f"The image file '{path}' cannot be decoded: {error.err}.") from None
    if image is None:
        raise ImageReadError(
            f"The file '{path}' is not an image that can be read: it is damaged, truncated, of "
            "another type or of floating-point pixels. Convert it to 8 or 16-bit PNG."
        )
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _to_rgb8(image, path):
    """Scale 16-bit pixels to 8 bits."""
    if image.dtype == np.uint8:
        return image
    if image.dtype != np.uint16:
        raise ImageReadError(
            f"The image file '{path}' holds {image.dtype} pixels; 8 and 16-bit images can be read. "
            "Convert it to 16-bit PNG or TIFF."
        )
    bits = max(8, int(image.max()).bit_length())
    return cv2.convertScaleAbs(image, alpha=255 / (2**bits - 1))
