"""Things that come in front of the objects."""

import numpy as np

from keras_maskrcnn.data.augmentation.kinds import (
    MIN_VISIBLE,
    Joint,
    check_at_least,
    check_range,
)
from keras_maskrcnn.data.checks import check_whole
from keras_maskrcnn.data.instances import Instances


class Cutout(Joint):
    """Black squares in front of the objects; masks and boxes lose what they hide.

    Args:
        count: most squares; 1..count are drawn. Default 4.
        size: side of a square, as a share of the image's shorter side. Default 0.15.
        probability: share of the samples that are changed. Default 0.5.

    References:
        DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout",
        2017, section 3.
    """

    def __init__(self, count=4, size=0.15, probability=0.5):
        super().__init__(probability)
        check_whole(1, count=count)
        check_at_least(0, size=size)
        self.count = count
        self.size = size

    def change_both(self, rng, image, instances) -> tuple[np.ndarray, Instances]:
        """Return the image with squares and the objects without what they hide."""
        height, width = image.shape[:2]
        half = self.size * min(height, width) / 2
        cover = np.zeros((height, width), bool)
        for _ in range(int(rng.integers(1, self.count + 1))):
            y, x = rng.uniform(0, height), rng.uniform(0, width)
            rows = slice(max(0, round(y - half)), round(y + half))
            cover[rows, max(0, round(x - half)) : round(x + half)] = True
        image = image.copy()
        image[cover] = 0
        return image, instances.without(cover, MIN_VISIBLE)


class RandomErasing(Joint):
    """A rectangle of noise in front of the objects; masks and boxes lose what it hides.

    Args:
        low, high: area of the rectangle, as a share of the image's. Default 0.02 and 0.2.
        ratio: height / width is drawn log-uniformly from 1 / ratio..ratio. Default 3.3.
        probability: share of the samples that are changed. Default 0.5.

    References:
        Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, section 3.2.
    """

    def __init__(self, low=0.02, high=0.2, ratio=3.3, probability=0.5):
        super().__init__(probability)
        check_range(low, high)
        check_at_least(1, ratio=ratio)
        self.low = low
        self.high = high
        self.ratio = ratio

    def change_both(self, rng, image, instances) -> tuple[np.ndarray, Instances]:
        """Return the image with the rectangle and the objects without what it hides."""
        height, width = image.shape[:2]
        area = rng.uniform(self.low, self.high) * height * width
        ratio = np.exp(rng.uniform(-np.log(self.ratio), np.log(self.ratio)))
        rows = int(np.clip(round(np.sqrt(area * ratio)), 1, height))
        columns = int(np.clip(round(np.sqrt(area / ratio)), 1, width))
        top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
        window = np.s_[top : top + rows, left : left + columns]
        image, cover = image.copy(), np.zeros((height, width), bool)
        image[window] = rng.integers(0, 256, image[window].shape, np.uint8)
        cover[window] = True
        return image, instances.without(cover, MIN_VISIBLE)
