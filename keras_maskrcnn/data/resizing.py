"""The rule that brings an image to the size the network sees, and boxes back from there."""

import math

import numpy as np

from keras_maskrcnn.data.resampling import RESAMPLINGS
from keras_maskrcnn.semantics import resize_map

#: Padded sides are multiples of this, so that images of like sizes share one compiled graph.
PAD_MULTIPLE = 32

ROUNDINGS = {
    "floor": math.floor,
    "half_up": lambda side: math.floor(side + 0.5),
    "half_even": round,
}


class ImageResizer:
    """Resize an image so that its shorter side is `min_size`, its longer at most `max_size`.

    `scale = min(min_size / min(h, w), max_size / max(h, w))`, torchvision's rule, up and down. With
    `scale` given, for images in which objects have about the same size in pixels whatever the image
    (microscopy), the scale is that number and only `max_size` can lower it:
    `min(scale, max_size / max(h, w))`. The new size is `floor(h * scale), floor(w * scale)`.

    A model keeps its resizer with its preset, so that training and inference see objects alike. The
    further arguments are what the weights of other libraries were trained with.

    Args:
        min_size: pixels, default 800 (the Mask R-CNN paper's).
        max_size: pixels, default 1333 (Detectron's and torchvision's).
        scale: fixed factor, or None (default) for the rule by `min_size`.
        min_scale: least factor before `max_size` is looked at; 1 never shrinks an image that fits
            (Matterport). Default 0.
        rounding: of the new sides: "floor" (torchvision), "half_up" (Detectron2) or "half_even"
            (Matterport).
        resampling: "bilinear": half-pixel centres, clamped at the border, no antialiasing;
            "bilinear_float": the same without rounding to grey levels, so that the result is
            float32 (torchvision); "antialias": Pillow's bilinear filter, which widens where it
            shrinks (Detectron2); "fade": bilinear, the border fading into black, grey levels
            truncated (Matterport).
        square: put the image in the middle of a square of `max_size` and count coordinates between
            the centres of the corner pixels, `keras_maskrcnn.ops.anchors.align_corners`
            (Matterport). Default: in the top left corner, sides padded to multiples of 32.

    Call arguments:
        image: uint8 or float32, shape (H, W, C) or (H, W).

    Returns: the resized image, of the same dtype except for "bilinear_float".

    Raises:
        ValueError: a size or the scale is not positive, `min_size` is above `max_size`, or
            `rounding` or `resampling` is none of the above.

    Example:

    >>> resizer = ImageResizer(min_size=800, max_size=1333)
    >>> resizer.size_of(480, 640), resizer.size_of(480, 1280)
    ((800, 1066), (499, 1333))
    >>> ImageResizer(scale=2.0).size_of(256, 320)
    (512, 640)

    References: torchvision `GeneralizedRCNNTransform`; Detectron2 `ResizeShortestEdge`; Matterport
        `utils.resize_image`; Mask R-CNN, He et al., section 3.1.
    """

    def __init__(
        self,
        min_size=800,
        max_size=1333,
        scale=None,
        min_scale=0.0,
        rounding="floor",
        resampling="bilinear",
        square=False,
    ):
        if not (min_size > 0 and max_size > 0 and min_size <= max_size):
            raise ValueError(
                "`min_size` must be positive and at most `max_size`. Received: "
                f"min_size={min_size}, max_size={max_size}. Swap them or raise `max_size`."
            )
        if scale is not None and not scale > 0:
            raise ValueError(
                f"`scale` must be above 0. Received: scale={scale}. Use None for `min_size`'s rule."
            )
        _check_choice("rounding", rounding, ROUNDINGS)
        _check_choice("resampling", resampling, RESAMPLINGS)
        self.min_size = min_size
        self.max_size = max_size
        self.scale = scale
        self.min_scale = min_scale
        self.rounding = rounding
        self.resampling = resampling
        self.square = square

    def scale_of(self, height, width) -> float:
        """Return the factor for an image of this size, a float."""
        scale = self.min_size / min(height, width) if self.scale is None else self.scale
        return min(max(scale, self.min_scale), self.max_size / max(height, width))

    def size_of(self, height, width) -> tuple[int, int]:
        """Return the new (height, width), ints of at least 1."""
        scale = self.scale_of(height, width)
        rounded = ROUNDINGS[self.rounding]
        return max(1, rounded(height * scale)), max(1, rounded(width * scale))

    def __call__(self, image):
        """Return the resized image."""
        size = self.size_of(*image.shape[:2])
        return image if size == image.shape[:2] else RESAMPLINGS[self.resampling](image, size)

    def padded_size(self, height, width) -> tuple[int, int]:
        """Return the (height, width) of the network input for a resized image of this size."""
        if self.square:
            return self.max_size, self.max_size
        return height + -height % PAD_MULTIPLE, width + -width % PAD_MULTIPLE

    def pad(self, image) -> np.ndarray:
        """Return a resized image in its place in the network input, which is 0 elsewhere."""
        size = self.padded_size(*image.shape[:2])
        top, left = self._corner(*image.shape[:2])
        canvas = np.zeros((*size, *image.shape[2:]), image.dtype)
        canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
        return canvas

    def window(self, height, width) -> np.ndarray:
        """Where a resized image of this size lies: float32 x1, y1, x2, y2 of the network input."""
        if not self.square:
            return np.array([0, 0, width, height], np.float32)
        top, left = self._corner(height, width)
        corners = np.array([left, top, left + width - 1, top + height - 1])
        return (corners * self.max_size / (self.max_size - 1)).astype(np.float32)

    def boxes_to_image(self, boxes, resized_size, image_size) -> np.ndarray:
        """Boxes of the network input in pixels of the original image.

        Args:
            boxes: (n, 4) float32 x1, y1, x2, y2.
            resized_size: (height, width) of the resized image, without padding.
            image_size: (height, width) of the original.

        Returns:
            (n, 4) float32.
        """
        resized, original = np.array([resized_size, image_size])[:, [1, 0, 1, 0]]
        if not self.square:
            return (boxes * (original / resized)).astype(np.float32)
        window = self.window(*resized_size)
        inside = (boxes - window[[0, 1, 0, 1]]) * (self.max_size - 1) / self.max_size
        inside = inside * (original - 1) / np.maximum(resized - 1, 1)
        return (inside + [0, 0, 1, 1]).astype(np.float32)

    def map_to_image(self, values, resized_size, image_size) -> np.ndarray:
        """Return a map of the network input at the size of the original image, without padding.

        Args:
            values: uint8 (H, W), a value for each pixel; the nearest is taken.
            resized_size: (height, width) of the resized image, without padding.
            image_size: (height, width) of the original.

        Returns:
            uint8, shape `image_size`.
        """
        top, left = self._corner(*resized_size)
        inside = values[top : top + resized_size[0], left : left + resized_size[1]]
        return resize_map(inside, image_size)

    def boxes_to_network(self, boxes, resized_size, image_size) -> np.ndarray:
        """Boxes in pixels of the original image in those of the network input.

        Args: as of `boxes_to_image`, which gives them back.

        Returns:
            (n, 4) float32.
        """
        resized, original = np.array([resized_size, image_size])[:, [1, 0, 1, 0]]
        if not self.square:
            return (boxes * (resized / original)).astype(np.float32)
        window = self.window(*resized_size)
        inside = (boxes - [0, 0, 1, 1]) * (resized - 1) / np.maximum(original - 1, 1)
        inside = inside * self.max_size / (self.max_size - 1) + window[[0, 1, 0, 1]]
        return inside.astype(np.float32)

    def _corner(self, height, width):
        if not self.square:
            return 0, 0
        return (self.max_size - height) // 2, (self.max_size - width) // 2

    def get_config(self) -> dict:
        """Return the arguments as a dict of plain values."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config) -> "ImageResizer":
        """Build from what `get_config` returned."""
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, ImageResizer) and self.get_config() == other.get_config()

    __hash__ = None

    def __repr__(self):
        arguments = (f"{key}={value!r}" for key, value in self.get_config().items())
        return f"ImageResizer({', '.join(arguments)})"


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {list(choices)}. Received: {name}={value!r}.")
