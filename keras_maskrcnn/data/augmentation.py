"""Random changes of training images, their masks and boxes with them.

Geometric changes only say how they move the image: each gives an affine matrix, they are multiplied
into one, and image and masks are resampled once, by the same matrix. Photometric changes then work
on the pixels alone.
"""

import cv2
import numpy as np

from keras_maskrcnn.data.source import closest


class Geometric:
    """A random move of the image.

    `move(rng, size, canvas, boxes)` gets a `numpy.random.Generator`, the (height, width) so far,
    the (height, width) that the network will see and the boxes (n, 4) so far, and returns the
    matrix (2, 3), in pixel-edge coordinates, and the new (height, width).
    """

    def move(self, rng, size, canvas, boxes):
        """Return the affine matrix (2, 3) and the new (height, width)."""
        raise NotImplementedError


class Photometric:
    """A random change of pixel values: `change(rng, image)`, uint8 (H, W, 3) to the same."""

    def change(self, rng, image):
        """Return the changed image, uint8, shape (H, W, 3)."""
        raise NotImplementedError


class RandomFlip(Geometric):
    """Mirror, and turn by right angles, each with probability one half.

    Args:
        horizontal: mirror left and right. Default True.
        vertical: mirror top and bottom. Default False: right for photos, where up is up.
        rot90: also turn by 90 degrees. With all three, each of the eight orientations is equally
            likely: right for microscopy and aerial images.
    """

    def __init__(self, horizontal=True, vertical=False, rot90=False):
        self.horizontal = horizontal
        self.vertical = vertical
        self.rot90 = rot90

    def move(self, rng, size, canvas, boxes):
        """Return the matrix of one of the orientations and the size after it."""
        height, width = size
        left, top, turn = rng.random(3) < 0.5
        x_axis = (-1.0, 0.0, width) if self.horizontal and left else (1.0, 0.0, 0.0)
        y_axis = (0.0, -1.0, height) if self.vertical and top else (0.0, 1.0, 0.0)
        if self.rot90 and turn:  # the axes change places: with mirrors, a turn
            return np.array([y_axis, x_axis]), (width, height)
        return np.array([x_axis, y_axis]), (height, width)


class RandomScale(Geometric):
    """Scale by a factor drawn log-uniformly between two numbers.

    Args:
        low, high: factors, 0 < low <= high. Default 0.8 and 1.25.
    """

    def __init__(self, low=0.8, high=1.25):
        if not 0 < low <= high:
            raise ValueError(
                f"`low` must be above 0 and at most `high`. Received: low={low}, high={high}."
            )
        self.low = low
        self.high = high

    def move(self, rng, size, canvas, boxes):
        """Return the scaling matrix and the size after it."""
        factor = float(np.exp(rng.uniform(np.log(self.low), np.log(self.high))))
        return scaling(size, [max(1, round(side * factor)) for side in size])


class RandomCrop(Geometric):
    """Cut a window of the canvas's size from an image that is larger.

    Args:
        on_object: probability that the window is placed so that it holds the centre of an object,
            drawn at random. Default 0.8: empty windows teach less, but some are needed.
    """

    def __init__(self, on_object=0.8):
        self.on_object = on_object

    def move(self, rng, size, canvas, boxes):
        """Return the shift to the window's corner and the window's size."""
        window = np.minimum(size, canvas)
        low, high = np.zeros(2), (np.array(size) - window).astype(float)
        if len(boxes) and rng.random() < self.on_object:
            box = boxes[rng.integers(len(boxes))]
            centre = (box[[1, 0]] + box[[3, 2]]) / 2
            low, high = np.clip([centre - window, centre], low, high)
        top, left = np.floor(rng.uniform(low, high + 1)).clip(0, np.array(size) - window)
        return np.array([[1.0, 0.0, -left], [0.0, 1.0, -top]]), tuple(window.tolist())


class RandomBrightnessContrast(Photometric):
    """Change brightness and contrast: `pixel * (1 + c) + 255 * b`, clipped.

    Args:
        brightness: b is drawn from -brightness..brightness. Default 0.1.
        contrast: c is drawn from -contrast..contrast. Default 0.3.
    """

    def __init__(self, brightness=0.1, contrast=0.3):
        self.brightness = brightness
        self.contrast = contrast

    def change(self, rng, image):
        """Return the changed image."""
        gain = 1 + rng.uniform(-self.contrast, self.contrast)
        shift = 255 * rng.uniform(-self.brightness, self.brightness)
        table = np.clip(np.arange(256) * gain + shift, 0, 255).round().astype(np.uint8)
        return cv2.LUT(image, table)


class RandomInvert(Photometric):
    """Turn dark to bright, `255 - pixel`: stained tissue resembles fluorescence and back.

    Args:
        probability: default 0.5.
    """

    def __init__(self, probability=0.5):
        self.probability = probability

    def change(self, rng, image):
        """Return the image or its negative."""
        return 255 - image if rng.random() < self.probability else image


class RandomGray(Photometric):
    """Take the colour away, so that a model does not lean on it.

    Args:
        probability: default 0.3.
    """

    def __init__(self, probability=0.3):
        self.probability = probability

    def change(self, rng, image):
        """Return the image or its luminance in all three channels."""
        if rng.random() >= self.probability:
            return image
        return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


AUGMENTATION_NAMES = {
    "flip": RandomFlip,
    "rotate": lambda: RandomFlip(horizontal=True, vertical=True, rot90=True),
    "scale": RandomScale,
    "crop": RandomCrop,
    "color": RandomBrightnessContrast,
    "invert": RandomInvert,
    "gray": RandomGray,
}


def make_augmentations(augment):
    """Return augmentation objects for a list of names and objects.

    Args:
        augment: one or a sequence of `Geometric` or `Photometric` objects, or of the names
            "flip" (left-right), "rotate" (all eight orientations), "scale", "crop", "color",
            "invert", "gray", which stand for an object with its defaults.

    Returns:
        list of objects; a crop comes last of the geometric ones, as it needs the final size.

    Raises:
        ValueError: a name is unknown.
    """
    if augment is None:
        return []
    single = isinstance(augment, str | Geometric | Photometric)
    made = []
    for item in [augment] if single else augment:
        if isinstance(item, str) and item in AUGMENTATION_NAMES:
            item = AUGMENTATION_NAMES[item]()
        if not isinstance(item, Geometric | Photometric):
            names = ", ".join(f"'{name}'" for name in AUGMENTATION_NAMES)
            raise ValueError(
                f"`augment` must hold augmentation objects or names among {names}. "
                f"Received: {item!r}.{closest(item, AUGMENTATION_NAMES)}"
            )
        made.append(item)
    return sorted(made, key=lambda item: isinstance(item, RandomCrop))


def scaling(size, new_size):
    """Return the matrix that scales one (height, width) to another, and the new size."""
    down, across = new_size[0] / size[0], new_size[1] / size[1]
    return np.array([[across, 0.0, 0.0], [0.0, down, 0.0]]), tuple(new_size)


def compose(second, first):
    """Return the matrix (2, 3) that does `first` and then `second`."""
    return np.column_stack([second[:, :2] @ first[:, :2], second @ np.append(first[:, 2], 1.0)])


def move_boxes(matrix, boxes):
    """Return the boxes (n, 4) around the moved boxes."""
    corners = boxes[:, [[0, 1], [2, 3], [0, 3], [2, 1]]] @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def warp_image(image, matrix, size):
    """Resample an image by an affine matrix in pixel-edge coordinates.

    Args:
        image: uint8, shape (H, W, 3).
        matrix: shape (2, 3), from old to new coordinates.
        size: (height, width) of the result.

    Returns:
        uint8, shape (*size, 3); bilinear, the border repeated outside, as `ImageResizer` does.
    """
    centred = np.array(matrix, np.float64)
    centred[:, 2] += centred[:, :2].sum(axis=1) * 0.5 - 0.5
    return cv2.warpAffine(
        image, centred, (size[1], size[0]), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
