"""Reading image files: the one place that decodes images and turns them upright."""

import mmap
import os
from pathlib import Path

import cv2
import numpy as np

from keras_maskrcnn.formats.files import DatasetError, read_bytes
from keras_maskrcnn.formats.image_headers import (
    EXTRA_SAMPLES,
    ORIENTATION,
    read_header,
)
from keras_maskrcnn.formats.tiff_tags import read_tags, with_values
from keras_maskrcnn.formats.whole_images import completed

_TAGS = {"AVIF": "rotation", "TIFF": "orientation"}  # the others have EXIF
_SINCE = {"AVIF": ("AVIF", (4, 12)), "GIF": ("GIF", (4, 12)), "WebP": ("moving WebP", (4, 11))}


class ImageReadError(ValueError):
    """An image file that cannot be used; the message names the file and the reason."""


def read_image(path) -> np.ndarray:
    """Read an image file as 8-bit RGB.

    What is stored is brought to one form, whatever the format: the orientation that EXIF, or AVIF
    and TIFF themselves, state is applied (one in XMP alone is not, as in web browsers); one channel
    is repeated to three; an alpha channel is dropped, and the colours stay as they are stored;
    palettes are resolved; of several images in a file, the first is taken. 16-bit pixels are scaled
    by `255 / (2**b - 1)`, where b (8 to 16) is the smallest number of bits that holds the brightest
    pixel: a 12-bit camera's image in a 16-bit file fills the range, and an image that only uses
    8 bits stays as it is. A JPEG or PNG that lacks its end marker only is read.

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
    return decode_image(read_bytes(path, "an image", ImageReadError), path)


def decode_image(data, name) -> np.ndarray:
    """Decode the bytes of an image file, as `read_image` does.

    Args:
        data: bytes.
        name: path of the file, for messages.

    Raises:
        ImageReadError: as `read_image`.
    """
    header = read_header(data)
    if header.kind == "TIFF":  # OpenCV turns these itself, and multiplies them by their alpha
        data = with_values(data, read_tags(data), {ORIENTATION: 1, EXTRA_SAMPLES: 1})
    try:
        whole = completed(data)
        image = None if whole is None else _stored(whole)
    except cv2.error as error:
        raise ImageReadError(f"The image file '{name}' cannot be decoded: {error.err}.") from None
    if whole is None:
        raise ImageReadError(
            f"The image file '{name}' is truncated: it ends after {len(data)} bytes, "
            "before its image does. Copy it again."
        )
    if image is None:
        raise ImageReadError(_unreadable(name, header.kind))
    return upright(to_rgb8(image, f"The image file '{name}'"), header.orientation)


def read_image_size(path) -> tuple[int, int]:
    """Read the (height, width) of an image as `read_image` gives it, from the file's header.

    Args:
        path: str or path.

    Returns:
        tuple of int, of the upright image.

    Raises:
        FileNotFoundError, ImageReadError: as `read_image`.
    """
    try:
        with (
            open(path, "rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            size = read_header(data).upright_size
    except (OSError, ValueError):  # `read_image` says what is wrong
        size = None
    return size or read_image(path).shape[:2]


def check_size(images_dir, file_name, found, stated, annotations) -> None:
    """Refuse an image whose size is not the one that the annotations state.

    Args:
        images_dir, file_name: folder and name of the image.
        found, stated: (height, width).
        annotations: path of the annotations.

    Raises:
        DatasetError: the sizes differ; the message says what may be the reason.
    """
    if tuple(found) == tuple(stated):
        return
    message = (
        f"Image '{file_name}' is {found[1]} x {found[0]} pixels (width x height), but "
        f"'{annotations}' says {stated[1]} x {stated[0]}."
    )
    header = read_header(Path(images_dir, file_name).read_bytes())
    if header.orientation > 4 and header.size == tuple(stated):
        tag = _TAGS.get(header.kind, "EXIF orientation")
        hint = f"That is its size before its {tag} turns it: remove this from the file."
        raise DatasetError(f"{message} {hint}")
    swapped = " Its sides are swapped." if tuple(found) == tuple(stated)[::-1] else ""
    hint = "The masks do not fit: use the image that was annotated."
    raise DatasetError(f"{message}{swapped} {hint}")


def _stored(data):
    """Decode to what the file stores, neither turned nor scaled, BGR; None if it is no image."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def _unreadable(name, kind):
    """Return what to say of a file that OpenCV does not take."""
    message = (
        f"The file '{name}' is not an image that can be read: it is damaged, truncated, of "
        "another type or of floating-point pixels. Convert it to 8 or 16-bit PNG."
    )
    what, since = _SINCE.get(kind, ("", (0, 0)))
    if tuple(map(int, cv2.__version__.split(".")[:2])) < since:
        major, minor = since
        message += f" OpenCV reads {what} from {major}.{minor} on; this is {cv2.__version__}."
    return message


def to_rgb8(image, subject) -> np.ndarray:
    """Return stored pixels as uint8 (H, W, 3) RGB, see `read_image`.

    Args:
        image: (H, W) or (H, W, C), BGR, uint8 or uint16.
        subject: the words that an error begins with.

    Raises:
        ImageReadError: they are of another type or number of channels.
    """
    if image.dtype not in (np.uint8, np.uint16):
        raise ImageReadError(
            f"{subject} holds {image.dtype} pixels; 8 and 16-bit images can be read. "
            "Convert it to 16-bit PNG or TIFF."
        )
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels not in _TO_RGB:
        raise ImageReadError(
            f"{subject} holds {channels} channels; grey and colour images can be "
            "read, with alpha or without. Convert it to RGB."
        )
    image = cv2.cvtColor(image, _TO_RGB[channels])
    if image.dtype == np.uint8:
        return image
    bits = max(8, int(image.max()).bit_length())
    return cv2.convertScaleAbs(image, alpha=255 / (2**bits - 1))


_TO_RGB = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}


def upright(image, orientation) -> np.ndarray:
    """Return a stored image as it is to be looked at, contiguous.

    Args:
        image: (H, W, C).
        orientation: 1 to 8, as EXIF counts them.
    """
    if orientation > 4:
        image = image.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
