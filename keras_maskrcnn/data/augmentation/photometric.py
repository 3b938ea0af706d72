"""Random changes of pixel values; objects stay where they are."""

import cv2
import numpy as np

from keras_maskrcnn.data.augmentation.kinds import Photometric, check_at_least, check_range
from keras_maskrcnn.data.checks import check_whole

# Luminance and two axes of colour of an RGB pixel (NTSC's YIQ); the inverse is computed.
_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


class RandomBrightness(Photometric):
    """Make brighter or darker: `pixel + 255 * b`, clipped.

    Args:
        limit: b is drawn from -limit..limit. Default 0.1.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, limit=0.1, probability=1.0):
        super().__init__(probability)
        check_at_least(0, limit=limit)
        self.limit = limit

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image."""
        return _by_table(image, np.arange(256) + 255 * rng.uniform(-self.limit, self.limit))


class RandomContrast(Photometric):
    """Move pixels away from their mean or towards it: `mean + (1 + c) * (pixel - mean)`, clipped.

    Args:
        limit: c is drawn from -limit..limit. Default 0.3.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, limit=0.3, probability=1.0):
        super().__init__(probability)
        check_at_least(0, limit=limit)
        self.limit = limit

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image."""
        mean = float(image.mean())
        gain = 1 + rng.uniform(-self.limit, self.limit)
        return _by_table(image, mean + gain * (np.arange(256) - mean))


class RandomGamma(Photometric):
    """Brighten or darken the middle tones: `255 * (pixel / 255) ** gamma`.

    Args:
        low, high: gamma is drawn log-uniformly between them, 0 < low <= high. Default 0.7 and 1.4.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, low=0.7, high=1.4, probability=1.0):
        super().__init__(probability)
        check_range(low, high)
        self.low = low
        self.high = high

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image."""
        gamma = np.exp(rng.uniform(np.log(self.low), np.log(self.high)))
        return _by_table(image, 255 * (np.arange(256) / 255) ** gamma)


class RandomColor(Photometric):
    """Change hue and saturation: turn and stretch the colour axes of YIQ, luminance stays.

    Images that have not three channels are left as they are.

    Args:
        hue: the turn is drawn from -hue..hue, in full circles. Default 0.05.
        saturation: the factor is drawn from 1 - saturation..1 + saturation. Default 0.4.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, hue=0.05, saturation=0.4, probability=1.0):
        super().__init__(probability)
        check_at_least(0, hue=hue, saturation=saturation)
        self.hue = hue
        self.saturation = saturation

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image."""
        angle = 2 * np.pi * rng.uniform(-self.hue, self.hue)
        factor = 1 + rng.uniform(-self.saturation, self.saturation)
        if image.shape[2] != 3:
            return image
        turn = np.eye(3)
        cos, sin = factor * np.cos(angle), factor * np.sin(angle)
        turn[1:, 1:] = [[cos, -sin], [sin, cos]]
        return cv2.transform(image, np.linalg.inv(_YIQ) @ turn @ _YIQ)


class RandomInvert(Photometric):
    """Turn dark to bright, `255 - pixel`: stained tissue resembles fluorescence and back.

    Args:
        probability: default 0.5.
    """

    def __init__(self, probability=0.5):
        super().__init__(probability)

    def change(self, rng, image) -> np.ndarray:
        """Return the negative."""
        return 255 - image


class RandomGray(Photometric):
    """Take the colour away, so that a model does not lean on it.

    Images that have not three channels are left as they are.

    Args:
        probability: default 0.3.
    """

    def __init__(self, probability=0.3):
        super().__init__(probability)

    def change(self, rng, image) -> np.ndarray:
        """Return the luminance in all three channels."""
        if image.shape[2] != 3:
            return image
        return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


class GaussianNoise(Photometric):
    """Add normal noise to each value, as a sensor in the dark does.

    Args:
        high: the standard deviation is drawn from 0..high, of 255. Default 12.
        probability: share of the samples that are changed. Default 0.5.
    """

    def __init__(self, high=12.0, probability=0.5):
        super().__init__(probability)
        check_at_least(0, high=high)
        self.high = high

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image."""
        deviation = rng.uniform(0, self.high)
        cv2.setRNGSeed(int(rng.integers(2**31)))  # of this thread; several times NumPy's speed
        noise = cv2.randn(np.empty((image.shape[0], image[0].size), np.int16), 0, deviation)
        return cv2.add(image, noise.reshape(image.shape), dtype=cv2.CV_8U).reshape(image.shape)


class ImpulseNoise(Photometric):
    """Set pixels to black or white, as dead cells of a sensor do ("salt and pepper").

    Args:
        high: the share of pixels is drawn from 0..high. Default 0.02.
        probability: share of the samples that are changed. Default 0.5.
    """

    def __init__(self, high=0.02, probability=0.5):
        super().__init__(probability)
        check_at_least(0, high=high)
        self.high = high

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image."""
        pixels = image.reshape(-1, image.shape[2]).copy()
        count = round(rng.uniform(0, self.high) * len(pixels))
        where = rng.integers(len(pixels), size=count)
        pixels[where] = np.where(rng.random((count, 1)) < 0.5, 0, 255)
        return pixels.reshape(image.shape)


class GaussianBlur(Photometric):
    """Blur with a normal kernel: out of focus.

    Args:
        high: the standard deviation is drawn from 0.1..high pixels. Default 2.
        probability: share of the samples that are changed. Default 0.3.
    """

    def __init__(self, high=2.0, probability=0.3):
        super().__init__(probability)
        check_at_least(0.1, high=high)
        self.high = high

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image."""
        blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.1, self.high))
        return blurred.reshape(image.shape)


class AverageBlur(Photometric):
    """Replace each pixel by the mean of a square around it.

    Args:
        high: the side is drawn from the odd numbers 3..high, in pixels. Default 5.
        probability: share of the samples that are changed. Default 0.3.
    """

    def __init__(self, high=5, probability=0.3):
        super().__init__(probability)
        check_whole(3, high=high)
        self.high = high

    def change(self, rng, image) -> np.ndarray:
        """Return the changed image."""
        side = 2 * int(rng.integers(1, (self.high + 1) // 2)) + 1
        return cv2.blur(image, (side, side)).reshape(image.shape)


def _by_table(image, values):
    """Each pixel replaced by `values[pixel]`, rounded and clipped."""
    return cv2.LUT(image, np.clip(values, 0, 255).round().astype(np.uint8)).reshape(image.shape)
