"""The four kinds of augmentation; subclass one to add your own."""

import numpy as np

from keras_maskrcnn.data.instances import Instances

#: An object of which less than this share stays visible is dropped.
MIN_VISIBLE = 0.1


class Augmentation:
    """A random change of a training sample.

    Args:
        probability: share of the samples that are changed.

    Raises:
        ValueError: `probability` is not within 0..1.
    """

    def __init__(self, probability=1.0):
        if not 0 <= probability <= 1:
            raise ValueError(
                f"`probability` must lie in 0..1. Received: probability={probability}."
            )
        self.probability = probability


class Mixing(Augmentation):
    """A sample made of several.

    `mix(rng, sample, canvas, size_of, draw)` gets a `numpy.random.Generator`, a `Sample`, the
    (height, width) that the network will see, `size_of(height, width)`, which gives the size that
    the resizer brings an image to, and `draw()`, which gives another `Sample` of the data set. It
    returns image and `Instances` at the scale that the resizer brings images to.
    """

    def mix(self, rng, sample, canvas, size_of, draw) -> tuple[np.ndarray, Instances]:
        """Return the new image, uint8 (H, W, C), and its `Instances`."""
        raise NotImplementedError


class Geometric(Augmentation):
    """A random move of the image.

    `move(rng, size, canvas, boxes)` gets a `numpy.random.Generator`, the (height, width) so far,
    the (height, width) that the network will see and the boxes (n, 4) so far, and returns the
    matrix (2, 3), in pixel-edge coordinates, and the new (height, width).
    """

    #: Moves that cut the image come last, as they need its final size.
    cuts = False

    def move(self, rng, size, canvas, boxes) -> tuple[np.ndarray, tuple[int, int]]:
        """Return the affine matrix (2, 3) and the new (height, width)."""
        raise NotImplementedError


class Joint(Augmentation):
    """A random change of image and objects together: `change_both(rng, image, instances)`.

    For what no affine map says: that is `Geometric`, and resampled only once.
    """

    def change_both(self, rng, image, instances) -> tuple[np.ndarray, Instances]:
        """Return the new image, of the same shape and dtype, and its `Instances`."""
        raise NotImplementedError


class Photometric(Augmentation):
    """A random change of pixel values: `change(rng, image)`, uint8 (H, W, C) to the same."""

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image, uint8, of the same shape."""
        raise NotImplementedError


def check_range(low, high) -> None:
    """ValueError unless `0 < low <= high`."""
    if not 0 < low <= high:
        raise ValueError(
            f"`low` must be above 0 and at most `high`. Received: low={low}, high={high}."
        )


def check_at_least(least, **values) -> None:
    """ValueError for a number below `least`."""
    for name, value in values.items():
        if value < least:
            raise ValueError(f"`{name}` must be at least {least:g}. Received: {name}={value}.")
