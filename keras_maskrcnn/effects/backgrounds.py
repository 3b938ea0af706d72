"""What lies behind the objects: blurred, gray or replaced."""

from __future__ import annotations

import numpy as np

from keras_maskrcnn.effects.compositing import FEATHER, blend, coverage, extend_colors, pixels_of

STRENGTH = 0.02  # of the shorter side
FINE_SIGMA = 4.0  # pixels; a Gaussian that wide loses nothing visible when it is enlarged
LEAST_WEIGHT = 1e-6  # only within objects, where the mean is not seen


def blur_background(
    image, found, classes=None, strength: float = STRENGTH, feather: float = FEATHER
) -> np.ndarray:
    """Blur everything but the objects of the chosen classes.

    Only the background is averaged, `blur(image * (1 - c)) / blur(1 - c)` with the objects'
    coverage c, so that no object sheds its colours around itself.

    Args:
        image: (H, W, 3) uint8 RGB, a path or a PIL image.
        found: `Detections` of this image, with masks.
        classes: names of the classes that stay sharp, or None for all.
        strength: standard deviation of the Gaussian, as a share of the image's shorter side.
        feather: width of the objects' soft edge in pixels; see `coverage`.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: the image is not that of the detections, a class is unknown, a number is out of
            its range, or there are no masks.

    Example:

    >>> from keras_maskrcnn.detections import Detections
    >>> found = Detections([[0, 0, 4, 8]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (8, 8))
    >>> image = np.zeros((8, 8, 3), np.uint8)
    >>> image[::2] = 200  # stripes
    >>> picture = blur_background(image, found, strength=0.5, feather=0)
    >>> picture[2:4, 0, 0].tolist(), bool(np.ptp(picture[3:5, 7, 0]) < 20)
    ([200, 0], True)
    """
    image = pixels_of(image, found)
    if not 0 < strength <= 1:
        raise ValueError(
            f"`strength` must be above 0, up to 1. Received: strength={strength}. "
            f"It is a share of the image's shorter side: type {STRENGTH}."
        )
    alpha = coverage(found, classes, feather)
    return blend(image, _blurred_behind(image, alpha, strength * min(alpha.shape)), alpha)


def color_splash(image, found, classes=None, feather: float = FEATHER) -> np.ndarray:
    """Turn the image gray, but for the objects of the chosen classes.

    Args:
        image: (H, W, 3) uint8 RGB, a path or a PIL image.
        found: `Detections` of this image, with masks.
        classes: names of the classes that keep their colours, or None for all.
        feather: width of the objects' soft edge in pixels; see `coverage`.

    Returns:
        (H, W, 3) uint8 RGB. Gray is the luma 0.299 R + 0.587 G + 0.114 B.

    Raises:
        ValueError: as `blur_background`.

    Example:

    >>> from keras_maskrcnn.detections import Detections
    >>> found = Detections([[0, 0, 1, 1]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (1, 2))
    >>> color_splash(np.uint8([[[200, 0, 0], [200, 0, 0]]]), found, feather=0).tolist()
    [[[200, 0, 0], [60, 60, 60]]]
    """
    import cv2

    image = pixels_of(image, found)
    gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    alpha = coverage(found, classes, feather)
    return blend(extend_colors(image, alpha), gray, alpha)


def replace_background(
    image, found, background, classes=None, feather: float = FEATHER
) -> np.ndarray:
    """Put the objects of the chosen classes before another background.

    Args:
        image: (H, W, 3) uint8 RGB, a path or a PIL image.
        found: `Detections` of this image, with masks.
        background: colour (R, G, B) in 0..255, or an image (h, w, 3) uint8 RGB, its path or a PIL
            image, which is resized to cover this one, its middle kept.
        classes: names of the classes that stay, or None for all.
        feather: width of the objects' soft edge in pixels; see `coverage`.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: as `blur_background`, or `background` is neither a colour nor an image.

    Example:

    >>> from keras_maskrcnn.detections import Detections
    >>> found = Detections([[0, 0, 1, 1]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (1, 2))
    >>> replace_background(np.full((1, 2, 3), 9, np.uint8), found, (0, 255, 0), feather=0).tolist()
    [[[9, 9, 9], [0, 255, 0]]]
    """
    image = pixels_of(image, found)
    back = _background(background, found.image_size)
    alpha = coverage(found, classes, feather)
    return blend(extend_colors(image, alpha), back, alpha)


def _blurred_behind(image, alpha, sigma) -> np.ndarray:
    """Blur the pixels that alpha leaves free; with a wide Gaussian, on fewer pixels."""
    import cv2

    shrink = max(1, int(sigma / FINE_SIGMA))
    small = [-(-side // shrink) for side in alpha.shape[::-1]]

    def blurred(plane):
        fewer = cv2.resize(plane, small, interpolation=cv2.INTER_AREA)
        return cv2.GaussianBlur(fewer, (0, 0), sigma / shrink)

    free = 1 - alpha
    weight = np.maximum(blurred(free), LEAST_WEIGHT)
    # One plane after the other: 12 megapixels as numbers of 4 bytes are 48 MB for each.
    planes = (cv2.multiply(plane, free, dtype=cv2.CV_32F) for plane in cv2.split(image))
    means = [blurred(plane) / weight for plane in planes]
    mean = np.rint(np.clip(np.dstack(means), 0, 255)).astype(np.uint8)
    return cv2.resize(mean, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _background(background, size) -> np.ndarray:
    """(H, W, 3) uint8 of a colour or of an image."""
    from keras_maskrcnn.formats.given_pixels import as_pixels

    given = as_pixels(background)
    if given.shape == (3,) and given.dtype.kind in "iuf" and ((given >= 0) & (given <= 255)).all():
        return np.broadcast_to(given.astype(np.uint8), (*size, 3))
    if given.ndim == 3 and given.shape[2] == 3 and given.size and given.dtype == np.uint8:
        return _resized_to_cover(given, size)
    raise ValueError(
        "`background` must be a colour (R, G, B) in 0..255 or an image (h, w, 3) uint8 RGB. "
        f"Received: background of shape {given.shape}, dtype={given.dtype}. "
        "Type (255, 255, 255) for white."
    )


def _resized_to_cover(image, size) -> np.ndarray:
    """Resize the middle of `image`, as large as fits the ratio of the sides, to `size`."""
    import cv2

    height, width = size
    scale = max(height / image.shape[0], width / image.shape[1])
    shape = [
        max(wanted, round(side * scale)) for wanted, side in zip(size, image.shape[:2], strict=True)
    ]
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(image, shape[::-1], interpolation=mode)
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    return resized[top : top + height, left : left + width]
