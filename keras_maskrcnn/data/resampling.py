"""The ways to make an image larger or smaller, by the name that `ImageResizer` knows them by.

Each takes an image (H, W, C) or (H, W), uint8 or float32, and the new (height, width), and gives an
image of the same dtype; `bilinear_float` gives float32.
"""

import cv2
import numpy as np
from PIL import Image


def bilinear(image, size) -> np.ndarray:
    """Bilinear, half-pixel centres, clamped at the border, no antialiasing.

    >>> bilinear(np.array([[0, 100]], np.uint8), (1, 4)).tolist()
    [[0, 25, 75, 100]]
    """
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)


def bilinear_float(image, size) -> np.ndarray:
    """`bilinear` without rounding to grey levels, in torchvision's arithmetic of float32.

    OpenCV's float32 differs from it by some thousandths of a grey level.

    >>> bilinear_float(np.array([[0, 1]], np.uint8), (1, 4)).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    image = image.astype(np.float32)
    for axis in (1, 0):
        near, far, weight = _samples(image.shape[axis], size[axis])
        weight = weight.reshape([-1 if i == axis else 1 for i in range(image.ndim)])
        part = np.take(image, far, axis) * weight
        image = np.take(image, near, axis)
        image *= 1 - weight
        image += part
    return image


def antialias(image, size) -> np.ndarray:
    """Pillow's bilinear filter: as wide as a new pixel where it shrinks the image.

    >>> antialias(np.array([[0, 0, 100, 100]], np.uint8), (1, 2)).tolist()
    [[14, 86]]
    """
    channels = image[..., None] if image.ndim == 2 else image
    resized = [
        np.asarray(Image.fromarray(channel).resize(size[::-1], Image.Resampling.BILINEAR))
        for channel in np.moveaxis(channels, -1, 0)
    ]
    return np.stack(resized, axis=-1).reshape(*size, *image.shape[2:])


def fade(image, size) -> np.ndarray:
    """Bilinear with zeros outside, so that an enlarged image fades half a pixel from its border.

    Values stay between the least and greatest of the image; grey levels are truncated. This is
    `skimage.transform.resize(order=1, mode="constant", anti_aliasing=False)` as Matterport calls
    it.

    >>> fade(np.array([[80, 80], [80, 0]], np.uint8), (2, 4)).tolist()
    [[60, 80, 80, 60], [60, 60, 20, 0]]
    """
    resized = cv2.resize(image.astype(np.float64), size[::-1], interpolation=cv2.INTER_LINEAR)
    rows, columns = (_inside(old, new) for old, new in zip(image.shape, size, strict=False))
    weight = rows[:, None] * columns
    resized = resized * (weight if image.ndim == 2 else weight[..., None])
    return resized.clip(image.min(), image.max()).astype(image.dtype)


def _samples(old, new):
    """Near and far pixel and the far one's weight at each of the new pixels, in float32."""
    scale = np.float32(old) / np.float32(new)
    position = np.maximum(scale * (np.arange(new, dtype=np.float32) + np.float32(0.5)) - 0.5, 0)
    near = np.minimum(position.astype(int), old - 1)
    return near, np.minimum(near + 1, old - 1), position - near.astype(np.float32)


def _inside(old, new):
    """Return how much of the bilinear value at each new pixel comes from inside, `(new,)`."""
    position = (np.arange(new) + 0.5) * old / new - 0.5
    return 1.0 + np.minimum(position, 0.0) - np.maximum(position - (old - 1), 0.0)


RESAMPLINGS = {
    "bilinear": bilinear,
    "bilinear_float": bilinear_float,
    "antialias": antialias,
    "fade": fade,
}
