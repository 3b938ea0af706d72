"""Random moves of the image: each says how, and all are resampled at once."""

import numpy as np

from keras_maskrcnn.data.augmentation.affine import about_centre, compose, scaling
from keras_maskrcnn.data.augmentation.kinds import Geometric, check_at_least, check_range
from keras_maskrcnn.data.moving_boxes import move_boxes


class RandomFlip(Geometric):
    """Mirror, and turn by right angles, each with probability one half.

    Args:
        horizontal: mirror left and right. Default True.
        vertical: mirror top and bottom. Default False: right for photos, where up is up.
        rot90: also turn by 90 degrees. With all three, each of the eight orientations is equally
            likely: right for microscopy and aerial images.
    """

    def __init__(self, horizontal=True, vertical=False, rot90=False):
        super().__init__()
        self.horizontal = horizontal
        self.vertical = vertical
        self.rot90 = rot90

    def move(self, rng, size, canvas, boxes) -> tuple[np.ndarray, tuple[int, int]]:
        """Return the matrix of one of the orientations and the size after it."""
        height, width = size
        left, top, turn = rng.random(3) < 0.5
        x_axis = (-1.0, 0.0, width) if self.horizontal and left else (1.0, 0.0, 0.0)
        y_axis = (0.0, -1.0, height) if self.vertical and top else (0.0, 1.0, 0.0)
        if self.rot90 and turn:  # the axes change places: with mirrors, a turn
            return np.array([y_axis, x_axis]), (width, height)
        return np.array([x_axis, y_axis]), (height, width)


class RandomRotation(Geometric):
    """Turn about the centre of the image; its size stays, what does not reach is 0.

    Args:
        degrees: the angle is drawn from -degrees..degrees. Default 15.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, degrees=15.0, probability=1.0):
        super().__init__(probability)
        check_at_least(0, degrees=degrees)
        self.degrees = degrees

    def move(self, rng, size, canvas, boxes) -> tuple[np.ndarray, tuple[int, int]]:
        """Return the matrix of the turn and the size, which stays."""
        angle = np.deg2rad(rng.uniform(-self.degrees, self.degrees))
        cos, sin = np.cos(angle), np.sin(angle)
        return about_centre([[cos, -sin], [sin, cos]], size), tuple(size)


class RandomShear(Geometric):
    """Slant along both axes about the centre: `x' = x + tan(a) y`, `y' = y + tan(b) x`.

    Args:
        degrees: a and b are drawn from -degrees..degrees, below 45. Default 10.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, degrees=10.0, probability=1.0):
        super().__init__(probability)
        if not 0 <= degrees < 45:
            raise ValueError(
                f"`degrees` must be at least 0 and below 45. Received: degrees={degrees}."
            )
        self.degrees = degrees

    def move(self, rng, size, canvas, boxes) -> tuple[np.ndarray, tuple[int, int]]:
        """Return the matrix of the slant and the size, which stays."""
        across, down = np.tan(np.deg2rad(rng.uniform(-self.degrees, self.degrees, 2)))
        return about_centre([[1.0, across], [down, 1.0]], size), tuple(size)


class RandomShift(Geometric):
    """Move the image; its size stays, what does not reach is 0.

    Args:
        fraction: of each side, the farthest move. Default 0.1.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, fraction=0.1, probability=1.0):
        super().__init__(probability)
        check_at_least(0, fraction=fraction)
        self.fraction = fraction

    def move(self, rng, size, canvas, boxes) -> tuple[np.ndarray, tuple[int, int]]:
        """Return the matrix of the move, of whole pixels, and the size, which stays."""
        down, across = np.round(rng.uniform(-self.fraction, self.fraction, 2) * size)
        return np.array([[1.0, 0.0, across], [0.0, 1.0, down]]), tuple(size)


class RandomScale(Geometric):
    """Scale by a factor drawn log-uniformly between two numbers.

    Args:
        low, high: factors, 0 < low <= high. Default 0.8 and 1.25.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, low=0.8, high=1.25, probability=1.0):
        super().__init__(probability)
        check_range(low, high)
        self.low = low
        self.high = high

    def move(self, rng, size, canvas, boxes) -> tuple[np.ndarray, tuple[int, int]]:
        """Return the scaling matrix and the size after it."""
        factor = float(np.exp(rng.uniform(np.log(self.low), np.log(self.high))))
        return scaling(size, [max(1, round(side * factor)) for side in size])


class RandomCrop(Geometric):
    """Cut a window of the canvas's size from an image that is larger.

    Args:
        on_object: probability that the window is placed so that it holds the centre of an object,
            drawn at random. Default 0.8: empty windows teach less, but some are needed.
    """

    cuts = True

    def __init__(self, on_object=0.8):
        super().__init__()
        self.on_object = on_object

    def move(self, rng, size, canvas, boxes) -> tuple[np.ndarray, tuple[int, int]]:
        """Return the shift to the window's corner and the window's size."""
        window = np.minimum(size, canvas)
        low, high = np.zeros(2), (np.array(size) - window).astype(float)
        if len(boxes) and rng.random() < self.on_object:
            box = boxes[rng.integers(len(boxes))]
            centre = (box[[1, 0]] + box[[3, 2]]) / 2
            low, high = np.clip([centre - window, centre], low, high)
        top, left = np.floor(rng.uniform(low, high + 1)).clip(0, np.array(size) - window)
        return np.array([[1.0, 0.0, -left], [0.0, 1.0, -top]]), tuple(window.tolist())


class LargeScaleJitter(Geometric):
    """Scale by a factor drawn uniformly from a wide range, then cut a window of the canvas's size.

    Args:
        low, high: factors, 0 < low <= high. Default 0.1 and 2.
        on_object: as in `RandomCrop`. Default 0: anywhere, as published.
        probability: share of the samples that are changed. Default 1.

    References:
        Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance
        Segmentation", CVPR 2021, section 3.
    """

    cuts = True

    def __init__(self, low=0.1, high=2.0, on_object=0.0, probability=1.0):
        super().__init__(probability)
        check_range(low, high)
        self.low = low
        self.high = high
        self._crop = RandomCrop(on_object)

    def move(self, rng, size, canvas, boxes) -> tuple[np.ndarray, tuple[int, int]]:
        """Return the matrix of both and the window's size."""
        factor = rng.uniform(self.low, self.high)
        matrix, size = scaling(size, [max(1, round(side * factor)) for side in size])
        cut, size = self._crop.move(rng, size, canvas, move_boxes(matrix, boxes))
        return compose(cut, matrix), size
