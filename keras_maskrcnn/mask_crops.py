"""A mask cut out of its image, `(crop, x, y)`: pasted, joined, brought to another size.

Each change of size has its own question, and so its own rule: `paste` puts a grid of probabilities
into an image, `gridded` makes such a grid, `scaled` follows an image to another size, `shown` fills
a place in a picture. Elsewhere are the augmentations, which sample masks as they do the image, and
what a graph computes, `keras_maskrcnn.ops.masks`.

This tuple is what the package hands around for a mask: the pixels (h, w), uint8 of 0 and 1, and the
column and row of their corner.

A picture of 1024 x 1024 with 375 objects would need 375 MB of dense masks; the crops need a few.
"""

from __future__ import annotations

import cv2
import numpy as np

MASK_THRESHOLD = 0.5


def paste(mask, box, image_size) -> tuple[np.ndarray, int, int]:
    """Return the pixels of an image that belong to a mask given as probabilities within a box.

    A pixel belongs to it if the grid, sampled bilinearly at the pixel's centre and zero outside,
    is at least 0.5 there: Detectron2's rule. Only pixels whose centre lies in the box are visited.

    Args:
        mask: (m, m) float32 probabilities.
        box: (x1, y1, x2, y2), pixels of the image.
        image_size: (height, width).

    Returns:
        `(crop, x, y)`: (h, w) uint8 of 0 and 1 and the column and row of its corner. A box without
        area or outside the image gives an empty crop.

    Example:

    >>> crop, x, y = paste(np.ones((28, 28), np.float32), (1.5, 0, 4, 1), (3, 5))
    >>> crop.tolist(), x, y
    ([[1, 1, 1]], 1, 0)
    """
    x1, y1, x2, y2 = (np.float32(v) for v in box)
    height, width = image_size
    left, right = _pixels_between(x1, x2, width)
    top, bottom = _pixels_between(y1, y2, height)
    rows = _cell_weights(top, bottom, y1, y2, mask.shape[0])
    columns = _cell_weights(left, right, x1, x2, mask.shape[1])
    crop = rows @ mask @ columns.T >= MASK_THRESHOLD
    return crop.astype(np.uint8), left, top


def tight(mask, x=0, y=0) -> tuple[np.ndarray, int, int]:
    """Return the smallest crop that holds every pixel of a mask.

    Args:
        mask: (h, w) uint8 or bool.
        x, y: the column and row of its corner, if it is itself a crop.

    Returns:
        `(crop, x, y)`, the crop uint8 of 0 and 1 and no view of `mask`. An empty mask gives a crop
        of shape (0, 0).

    Example:

    >>> crop, x, y = tight(np.uint8([[0, 0, 0], [0, 1, 1]]), 4, 5)
    >>> crop.tolist(), x, y
    ([[1, 1]], 5, 6)
    """
    pixels = np.asarray(mask)
    pixels = np.ascontiguousarray(pixels if pixels.dtype == np.uint8 else pixels != 0).view(
        np.uint8
    )
    left, top, width, height = cv2.boundingRect(pixels) if pixels.size else (0, 0, 0, 0)
    if not width:
        return np.zeros((0, 0), np.uint8), 0, 0
    crop = np.minimum(pixels[top : top + height, left : left + width], 1)
    return crop, int(x) + left, int(y) + top


def box_of(cut) -> tuple[int, int, int, int]:
    """Return the box (x1, y1, x2, y2) around the crop of a cut mask.

    >>> box_of((np.ones((2, 3), np.uint8), 4, 5))
    (4, 5, 7, 7)
    """
    crop, x, y = cut
    return x, y, x + crop.shape[1], y + crop.shape[0]


def scaled(mask, across, down, image_size) -> tuple[np.ndarray, int, int]:
    """Return a cut mask in its image at another size.

    Each new pixel takes the old one that its centre lies in.

    Args:
        mask: `(crop, x, y)`.
        across, down: how many times wider and higher the image becomes.
        image_size: its new (height, width).

    Returns:
        `(crop, x, y)`, tight.

    Example:

    >>> crop, x, y = scaled((np.uint8([[1, 0, 1]]), 2, 1), 2, 1, (4, 16))
    >>> crop.tolist(), x, y
    ([[1, 1, 0, 0, 1, 1]], 4, 1)
    """
    crop, x, y = mask
    rows = _sampled(y, len(crop), down, image_size[0])
    columns = _sampled(x, crop.shape[1], across, image_size[1])
    return tight(crop[np.ix_(rows[1], columns[1])], columns[0], rows[0])


def gridded(crop, size) -> np.ndarray:
    """Return what share of each cell of a grid over its box a mask covers.

    A side longer than `size` is averaged (pixel area), a shorter one interpolated (linear).

    Args:
        crop: (h, w) uint8 of 0 and 1.
        size: m, side of the grid.

    Returns:
        (m, m) float32 in 0..1.

    >>> gridded(np.uint8([[1, 1, 1, 0]] * 4), 2).tolist()
    [[1.0, 0.5], [1.0, 0.5]]
    """
    height, width = crop.shape
    grid = crop.astype(np.float32)
    if height > size or width > size:
        shrunk = (min(width, size), min(height, size))
        grid = cv2.resize(grid, shrunk, interpolation=cv2.INTER_AREA)
    grid = cv2.resize(grid, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.minimum(grid, 1, out=grid)  # rounding can exceed 1


def shown(crop, size) -> np.ndarray:
    """Return a mask as it is to be seen in a picture, at the size of its place there.

    Enlarged, its pixels stay visible. Made smaller, a pixel belongs to it that it covers by half,
    and of a mask so thin that it covers none by half, those that it covers most.

    Args:
        crop: (h, w) uint8 of 0 and 1.
        size: (height, width), at least 1.

    Returns:
        uint8 of 0 and 1 of that size.

    >>> shown(np.uint8([[1, 0]]), (2, 4)).tolist()
    [[1, 1, 0, 0], [1, 1, 0, 0]]
    >>> shown(np.uint8([[0, 0, 0, 0, 1, 0, 0, 0]]), (1, 2)).tolist()
    [[0, 1]]
    """
    smaller = size[0] < crop.shape[0] or size[1] < crop.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST
    full = cv2.resize(np.uint8(crop) * 255, size[::-1], interpolation=how)
    return (full >= min(128, full.max())).astype(np.uint8)


def combine(crops, operation) -> tuple[np.ndarray, int, int]:
    """One mask of several by a bitwise operation, in a window around them all.

    Args:
        crops: cut masks `(crop, x, y)`, each crop (h, w) uint8 of 0 and 1.
        operation: a NumPy ufunc with 0 as its identity: `np.bitwise_or` joins the masks,
            `np.bitwise_xor` cuts the holes out of an outline.

    Returns:
        `(crop, x, y)`, as those that came in.

    Example:

    >>> square, hole = np.ones((3, 3), np.uint8), np.ones((1, 1), np.uint8)
    >>> crop, x, y = combine([(square, 4, 5), (hole, 5, 6)], np.bitwise_xor)
    >>> crop.tolist(), x, y
    ([[1, 1, 1], [1, 0, 1], [1, 1, 1]], 4, 5)
    """
    filled = [part for part in crops if part[0].size]
    if not filled:
        return np.zeros((0, 0), np.uint8), 0, 0
    left, top = min(x for _, x, _ in filled), min(y for _, _, y in filled)
    right = max(x + crop.shape[1] for crop, x, _ in filled)
    bottom = max(y + crop.shape[0] for crop, _, y in filled)
    window = np.zeros((bottom - top, right - left), np.uint8)
    for crop, x, y in filled:
        part = window[y - top : y - top + crop.shape[0], x - left : x - left + crop.shape[1]]
        operation(part, crop, out=part)
    return window, left, top


def _sampled(start, count, factor, limit) -> tuple[int, np.ndarray]:
    """Return the first of `limit` pixels centred in `count` scaled ones, and the source of each."""
    first, last = _pixels_between(start * factor, (start + count) * factor, limit)
    sources = np.floor((np.arange(first, last) + 0.5) / factor).astype(int) - start
    return first, np.clip(sources, 0, count - 1)


def _pixels_between(low, high, limit) -> tuple[int, int]:
    """First and one past the last of the `limit` pixels whose centre lies in [low, high]."""
    first = int(np.clip(np.ceil(low - 0.5), 0, limit))
    last = int(np.clip(np.floor(high - 0.5) + 1, 0, limit))
    return (first, max(first, last)) if high > low else (first, first)


def _cell_weights(first, last, low, high, cells) -> np.ndarray:
    """(last - first, cells) float32: how much each cell counts at the centre of each pixel."""
    centres = np.arange(first, last, dtype=np.float32) + np.float32(0.5)
    extent = max(high - low, np.finfo(np.float32).tiny)
    position = (centres - low) / extent * np.float32(cells) - np.float32(0.5)
    distance = np.abs(position[:, None] - np.arange(cells, dtype=np.float32))
    return np.maximum(np.float32(0), 1 - distance)
