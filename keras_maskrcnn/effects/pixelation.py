"""Objects made unrecognisable."""

from __future__ import annotations

import numpy as np

from keras_maskrcnn.effects.compositing import pixels_of

BLOCKS = 8  # along the longer side of an object


def pixelate(image, found, classes=None, blocks: int = BLOCKS) -> np.ndarray:
    """Show the objects of the chosen classes in large square blocks.

    Each object is divided from the top left of its mask on; a pixel of the mask gets the mean
    colour of its block.

    Args:
        image: (H, W, 3) uint8 RGB, a path or a PIL image.
        found: `Detections` of this image, with masks.
        classes: names of the classes to pixelate, or None for all.
        blocks: most blocks along the longer side of an object.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: the image is not that of the detections, a class is unknown, `blocks` is below
            1, or there are no masks.

    Example:

    >>> from keras_maskrcnn.detections import Detections
    >>> found = Detections([[0, 0, 4, 1]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (1, 5))
    >>> image = np.repeat(np.uint8([0, 10, 20, 40, 50]), 3).reshape(1, 5, 3)
    >>> pixelate(image, found, blocks=2)[0, :, 0].tolist()
    [5, 5, 30, 30, 50]
    """
    image = pixels_of(image, found)
    if blocks < 1:
        raise ValueError(
            f"`blocks` must be at least 1. Received: blocks={blocks}. Type 1 for one flat colour."
        )
    picture = image.copy()
    for crop, x, y in found.filter(classes=classes).mask_crops():
        if crop.size:
            place = np.s_[y : y + crop.shape[0], x : x + crop.shape[1]]
            side = -(-max(crop.shape) // int(blocks))
            picture[place][crop > 0] = _block_means(image[place], side)[crop > 0]
    return picture


def _block_means(window, side) -> np.ndarray:
    """`window` (h, w, 3) with each block of side x side, or less at the ends, as its mean."""
    rows, columns = np.arange(window.shape[0]) // side, np.arange(window.shape[1]) // side
    sums = np.add.reduceat(window, np.arange(0, len(rows), side), axis=0, dtype=np.int64)
    sums = np.add.reduceat(sums, np.arange(0, len(columns), side), axis=1)
    counts = np.outer(np.bincount(rows), np.bincount(columns))[..., None]
    return np.rint(sums / counts).astype(np.uint8)[rows][:, columns]
