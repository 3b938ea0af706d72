"""The masks of an image in one array of numbers."""

import numpy as np


def write_label_map(masks, image_size) -> np.ndarray:
    """Return an array in which each pixel holds the number of its mask, counted from 1.

    Where masks overlap, the first lies on top.

    Args:
        masks: list of cut masks `(crop, x, y)`.
        image_size: (height, width).

    Returns:
        (H, W) uint16, 0 for the background.
    """
    label_map = np.zeros(image_size, np.uint16)
    for number, (crop, x, y) in reversed(list(enumerate(masks, start=1))):
        label_map[y : y + crop.shape[0], x : x + crop.shape[1]][crop > 0] = number
    return label_map


def read_label_map(label_map, count) -> list[tuple[np.ndarray, int, int]]:
    """Return the cut masks of the numbers 1..count; one that has no pixel is empty.

    Raises:
        ValueError: it is no array of integers in 0..count.
    """
    label_map = np.asarray(label_map)
    if label_map.ndim != 2 or label_map.dtype.kind not in "iu":
        raise ValueError(
            "`label_map` must be an array (H, W) of integers. Received: shape "
            f"{label_map.shape} of {label_map.dtype}. Read a PNG with cv2.IMREAD_UNCHANGED."
        )
    if label_map.size and not 0 <= label_map.min() <= label_map.max() <= count:
        raise ValueError(
            f"`label_map` must hold numbers in 0..{count}, one for each of the `labels`. Received: "
            f"numbers from {label_map.min()} to {label_map.max()}."
        )
    return [
        ((label_map[window] == number).astype(np.uint8), window[1].start, window[0].start)
        for number, window in enumerate(_windows(label_map, count), start=1)
    ]


def _windows(label_map, count) -> list:
    """Return the slices (rows, columns) around each number 1..count; empty if it has no pixel."""
    y, x = np.nonzero(label_map)
    numbers = label_map[y, x]
    low, high = np.full((2, count + 1), max(label_map.shape)), np.zeros((2, count + 1), int)
    for axis, places in enumerate((y, x)):
        np.minimum.at(low[axis], numbers, places)
        np.maximum.at(high[axis], numbers, places + 1)
    low = np.where(high > 0, low, 0)
    return [
        (slice(top, bottom), slice(left, right))
        for (top, left), (bottom, right) in zip(
            low.T[1:].tolist(), high.T[1:].tolist(), strict=True
        )
    ]
