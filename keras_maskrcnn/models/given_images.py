"""What a person gives to `detect` and `detect_stream`: looked at, and read."""

import os
from collections.abc import Iterator

import numpy as np
from PIL import Image

from keras_maskrcnn.formats.given_pixels import as_pixels

_NOT_READ = (
    "None, which is what `cv2.imread` gives for a file that it cannot read. Pass the path itself "
    "to see what is wrong with the file"
)


def listed_images(images) -> list:
    """Return what `detect` takes as a list; ValueError unless it is an image or several."""
    if is_one_image(images):
        return [images]
    if not _can_be_iterated(images):
        raise ValueError(
            "`images` must be an image (a uint8 array (H, W, 3), a path or a PIL image) or a list "
            f"of these. Received: {_NOT_READ if images is None else repr(images)[:60]}."
        )
    return list(images)


def streamed_images(images) -> Iterator:
    """Return what `detect_stream` takes as an iterator; ValueError unless it is of images."""
    if is_one_image(images) or not _can_be_iterated(images):
        received = f"a {type(images).__name__}"
        if isinstance(images, (str, os.PathLike)):
            received = repr(os.fspath(images))
        raise ValueError(
            f"`images` must be an iterable of images. Received: {received}. Type "
            "`detect(image)` for one image, `detect_stream(km.data.read_video(path))` for a "
            "video."
        )
    return iter(images)


def as_array(image, index, channels) -> np.ndarray:
    """Return an image as uint8 `(H, W, channels)`; a path is read, a PIL image converted like it.

    Args:
        image: array, path or PIL image.
        index: its place among the images, for the error message.
        channels: of the model.

    Raises:
        ValueError: it is no such image; ImageReadError or FileNotFoundError for a file.
    """
    if image is None:
        raise ValueError(f"`images` must hold images. Received: images[{index}]={_NOT_READ}.")
    if channels == 3:
        return _checked(as_pixels(image), index, channels)
    if isinstance(image, (str, os.PathLike)):
        raise ValueError(
            f"`images` must hold uint8 arrays of shape (H, W, {channels}), as files are read "
            f"as RGB. Received: images[{index}]={os.fspath(image)!r}. Read it yourself."
        )
    return _checked(np.asarray(image), index, channels)


def _checked(image, index, channels):
    """Return the array; ValueError unless it is an image of so many channels."""
    fits = image.ndim == 3 and image.shape[-1] == channels and image.size > 0
    if fits and image.dtype == np.uint8:
        return image
    advice = "Convert with `(255 * image).astype('uint8')` if values lie in 0..1."
    if image.dtype == np.uint8 and channels == 3:
        advice = "Drop an alpha channel with `image[..., :3]`; repeat grey three times."
    elif image.dtype == np.uint8:
        advice = "`km.transfer.replace_input` makes a model for other channels."
    raise ValueError(
        f"`images` must hold uint8 arrays of shape (H, W, {channels})"
        f"{', paths or PIL images' if channels == 3 else ''}. "
        f"Received: images[{index}] of shape {image.shape} and dtype {image.dtype}. {advice}"
    )


def is_one_image(images) -> bool:
    """Whether it is one image, and no list of images."""
    # Of two dimensions is a gray image, which is refused as such, not row by row.
    one = isinstance(images, (str, os.PathLike, Image.Image))
    return one or getattr(images, "ndim", 0) in (2, 3)


def _can_be_iterated(images):
    return hasattr(images, "__getitem__") or hasattr(images, "__iter__")
