"""How much of each pixel belongs to the objects chosen, and pictures mixed by it."""

from __future__ import annotations

import numpy as np

FEATHER = 2.0  # pixels


def coverage(found, classes=None, feather: float = FEATHER) -> np.ndarray:
    """How much of each pixel the masks of the chosen classes cover, with a feathered edge.

    It is 1 on the masks and falls linearly to 0 over `feather` pixels outside them: a pixel whose
    centre lies d from the nearest centre in a mask gets `1 - (d - 0.5) / feather`, within 0..1. So
    an object is covered whole, however thin it is.

    Args:
        found: `Detections` with masks, of n objects.
        classes: class names, or None for all.
        feather: width of the edge in pixels; 0 makes it hard.

    Returns:
        (H, W) float32 in 0..1, of the original image; 0 where nothing was found.

    Raises:
        ValueError: a class is unknown, `feather` is below 0, or there are no masks.

    Example:

    >>> from keras_maskrcnn.detections import Detections
    >>> found = Detections([[0, 0, 2, 1]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (1, 6))
    >>> coverage(found, feather=2).tolist()
    [[1.0, 1.0, 0.75, 0.25, 0.0, 0.0]]
    """
    check_feather(feather)
    mask = np.zeros(found.image_size, np.uint8)
    for crop, x, y in found.filter(classes=classes).mask_crops():
        window = mask[y : y + crop.shape[0], x : x + crop.shape[1]]
        np.maximum(window, crop, out=window)
    return feathered(mask, feather)


def feathered(mask, feather) -> np.ndarray:
    """Give a mask (h, w) uint8 of 0 and 1 the soft edge of `coverage`, as float32."""
    import cv2

    if feather == 0 or not mask.any():
        return mask.astype(np.float32)
    distance = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    distance -= 0.5
    distance /= -feather
    distance += 1
    return np.clip(distance, 0, 1, out=distance)


def extend_colors(image, alpha) -> np.ndarray:
    """Carry the objects' colours on into their soft edge.

    A pixel of the edge, 0 < alpha < 1, takes the colour of the nearest pixel that the objects cover
    whole: so none of the old background is seen around an object before a new one.

    Args:
        image: (H, W, 3) uint8.
        alpha: (H, W) float32, as `coverage` gives it.

    Returns:
        (H, W, 3) uint8, a new array.

    Example:

    >>> image = np.uint8([[[10] * 3, [20] * 3, [30] * 3, [40] * 3]])
    >>> extend_colors(image, np.float32([[1, 0.5, 0.2, 0]]))[0, :, 0].tolist()
    [10, 10, 10, 40]
    """
    import cv2

    picture = np.array(image)
    edge, whole = (alpha > 0) & (alpha < 1), alpha == 1
    if not edge.any():
        return picture
    _, nearest = cv2.distanceTransformWithLabels(
        (~whole).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    place = np.zeros(nearest.max() + 1, np.intp)  # of the pixel that has a label
    place[nearest[whole]] = np.flatnonzero(whole)
    picture[edge] = picture.reshape(-1, 3)[place[nearest[edge]]]
    return picture


def blend(front, back, alpha) -> np.ndarray:
    """`alpha * front + (1 - alpha) * back`, rounded; exactly one of them where alpha is 1 or 0.

    Args:
        front, back: (H, W, 3) uint8.
        alpha: (H, W) float32 in 0..1.

    Returns:
        (H, W, 3) uint8.

    Example:

    >>> front, back = np.full((1, 3, 3), 200, np.uint8), np.full((1, 3, 3), 100, np.uint8)
    >>> blend(front, back, np.float32([[0, 0.25, 1]]))[..., 0].tolist()
    [[100, 125, 200]]
    """
    mixed = np.where((alpha == 1)[..., None], front, back)
    edge = (alpha > 0) & (alpha < 1)
    weight = alpha[edge][:, None]
    mixed[edge] = np.rint(weight * front[edge] + (1 - weight) * back[edge])
    return mixed


def pixels_of(image, found) -> np.ndarray:
    """Return the pixels of an image, of which the detections are.

    Args:
        image: (H, W, 3) uint8 RGB, a path or a PIL image.
        found: `Detections`.

    Raises:
        ValueError: it is no such image, of another size, or cannot be read.
    """
    from keras_maskrcnn.formats.given_pixels import as_pixels

    image = as_pixels(image)
    if image.dtype != np.uint8 or image.shape != (*found.image_size, 3):
        raise ValueError(
            f"`image` must be (H, W, 3) uint8 RGB of the size {found.image_size} that these "
            f"detections were made at. Received: image.shape={image.shape}, dtype={image.dtype}. "
            "Pass the image that was given to detect."
        )
    return image


def check_feather(feather) -> None:
    """Raise ValueError unless `feather` is a width in pixels."""
    if not 0 <= feather < np.inf:
        raise ValueError(
            f"`feather` must be a number from 0 on. Received: feather={feather}. "
            "Type 0 for a hard edge."
        )
