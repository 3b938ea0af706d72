"""Images that a person gives: as a path, as a PIL image or as an array."""

import os

import numpy as np
from PIL import Image

from keras_maskrcnn.formats.image_headers import exif_orientation
from keras_maskrcnn.formats.images import ImageReadError, read_image, to_rgb8, upright


def as_pixels(image) -> np.ndarray:
    """Return the pixels of an image that a person gives.

    A PIL image is converted as its file is read: the EXIF orientation applied, palettes resolved,
    alpha dropped, 16 bits scaled.

    Args:
        image: path, PIL image or array.

    Returns:
        uint8 (H, W, 3) of a path or PIL image. An array as it is, and so a PIL image of
        floating-point or 32-bit pixels.

    Raises:
        FileNotFoundError, ImageReadError: the file or the PIL image cannot be read.

    >>> as_pixels(Image.new("P", (3, 2))).shape
    (2, 3, 3)
    """
    if isinstance(image, (str, os.PathLike)):
        return read_image(image)
    if not isinstance(image, Image.Image):
        return np.asarray(image)
    try:
        image.load()  # finds what stands after the pixels, and turns a TIFF
    except MemoryError:
        raise
    except Exception as error:  # each of Pillow's decoders has its own
        raise ImageReadError(f"The PIL image {image!r} cannot be read: {error}.") from None
    return _of_pil(image)


def _of_pil(image):
    given = image
    if image.mode.startswith(("I", "F")):
        pixels = np.asarray(image)
        if not (image.mode.startswith("I;16") or image.format == "PNG"):
            return pixels
        pixels = to_rgb8(pixels.astype(np.uint16), "The PIL image")
    else:
        if image.mode == "RGBa" or "transparency" in image.info:
            image = image.convert("RGBA")
        pixels = np.asarray(image.convert("RGB"))
    if given.format == "TIFF":
        return np.ascontiguousarray(pixels)
    return upright(pixels, exif_orientation(given.info.get("exif", b"")))
