"""The rule that brings an image to the size the network sees."""

import math

import cv2
import numpy as np


class ImageResizer:
    """Resize an image so that its shorter side is `min_size`, its longer at most `max_size`.

    `scale = min(min_size / min(h, w), max_size / max(h, w))`, torchvision's rule, up and down. With
    `scale` given, for images in which objects have about the same size in pixels whatever the image
    (microscopy), the scale is that number and only `max_size` can lower it:
    `min(scale, max_size / max(h, w))`. The new size is `floor(h * scale), floor(w * scale)`.

    A model keeps its resizer with its preset, so that training and inference see objects alike.

    Args:
        min_size: pixels, default 800 (the Mask R-CNN paper's).
        max_size: pixels, default 1333 (Detectron's and torchvision's).
        scale: fixed factor, or None (default) for the rule by `min_size`.

    Call arguments:
        image: uint8 or float32, shape (H, W, C) or (H, W).

    Returns: the resized image, of the same dtype; bilinear, half-pixel centres, clamped at the
        border, no antialiasing.

    Raises:
        ValueError: a size or the scale is not positive, or `min_size` is above `max_size`.

    Example:

    >>> resizer = ImageResizer(min_size=800, max_size=1333)
    >>> resizer.size_of(480, 640), resizer.size_of(480, 1280)
    ((800, 1066), (499, 1333))
    >>> ImageResizer(scale=2.0).size_of(256, 320)
    (512, 640)

    References: torchvision `GeneralizedRCNNTransform`; Mask R-CNN, He et al., section 3.1.
    """

    def __init__(self, min_size=800, max_size=1333, scale=None):
        if not (min_size > 0 and max_size > 0 and min_size <= max_size):
            raise ValueError(
                "`min_size` must be positive and at most `max_size`. Received: "
                f"min_size={min_size}, max_size={max_size}. Swap them or raise `max_size`."
            )
        if scale is not None and not scale > 0:
            raise ValueError(
                f"`scale` must be above 0. Received: scale={scale}. Use None for `min_size`'s rule."
            )
        self.min_size = min_size
        self.max_size = max_size
        self.scale = scale

    def scale_of(self, height, width):
        """Return the factor for an image of this size, a float."""
        scale = self.min_size / min(height, width) if self.scale is None else self.scale
        return min(scale, self.max_size / max(height, width))

    def size_of(self, height, width):
        """Return the new (height, width), ints of at least 1."""
        scale = self.scale_of(height, width)
        return max(1, math.floor(height * scale)), max(1, math.floor(width * scale))

    def __call__(self, image):
        """Return the resized image."""
        height, width = self.size_of(*image.shape[:2])
        if (height, width) == image.shape[:2]:
            return image
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)

    def get_config(self):
        """Return the arguments as a dict of plain numbers."""
        return {"min_size": self.min_size, "max_size": self.max_size, "scale": self.scale}

    @classmethod
    def from_config(cls, config):
        """Build from what `get_config` returned."""
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, ImageResizer) and self.get_config() == other.get_config()

    __hash__ = None

    def __repr__(self):
        arguments = f"min_size={self.min_size}, max_size={self.max_size}, scale={self.scale}"
        return f"ImageResizer({arguments})"


def pad_to_multiple(image, multiple):
    """Pad an image with 0 at the bottom and right until its sides are multiples of a number.

    Args:
        image: shape (H, W, C) or (H, W).
        multiple: int, 32 for a pyramid up to P5.

    Returns:
        The padded image (the same object when nothing is missing), same dtype.

    Example:

    >>> pad_to_multiple(np.ones((30, 33, 3), np.uint8), 32).shape
    (32, 64, 3)
    """
    bottom, right = -image.shape[0] % multiple, -image.shape[1] % multiple
    if not bottom and not right:
        return image
    return np.pad(image, [(0, bottom), (0, right)] + [(0, 0)] * (image.ndim - 2))
