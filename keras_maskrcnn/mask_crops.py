"""A mask kept as a crop and its corner `(crop, x, y)`: pasted, encoded, outlined without its image.

A picture of 1024 x 1024 with 375 objects would need 375 MB of dense masks; the crops need a few.
"""

from __future__ import annotations

import cv2
import numpy as np
from pycocotools import mask as coco_masks

MASK_THRESHOLD = 0.5


def paste(mask, box, image_size) -> tuple[np.ndarray, int, int]:
    """The pixels of an image that belong to a mask given as probabilities within a box.

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


def encode(crop, x, y, image_size) -> dict:
    """COCO's compressed RLE of an image that is zero but for `crop` at column x, row y.

    Args:
        crop: (h, w) uint8 or bool of 0 and 1, within the image.
        x, y: the column and row of its corner.
        image_size: (height, width).

    Returns:
        `{"size": [height, width], "counts": str}`, as pycocotools gives it for the whole image.

    Example:

    >>> encode(np.ones((2, 1), np.uint8), 1, 0, (3, 2))  # 3 zeros, 2 ones, 1 zero
    {'size': [3, 2], 'counts': '321'}
    """
    height, width = (int(side) for side in image_size)
    steps = np.diff(np.pad(np.asarray(crop).T.astype(np.int8), ((0, 0), (1, 1))))
    column, row = np.nonzero(steps)
    edges = (int(x) + column) * height + int(y) + row  # start, end, start, ... down the columns
    if len(crop) == height:  # a run that reaches the bottom may go on in the next column
        joined = np.nonzero(edges[1:-1:2] == edges[2::2])[0]
        edges = np.delete(edges, np.concatenate([2 * joined + 1, 2 * joined + 2]))
    counts = np.diff(np.concatenate([[0], edges, [height * width]]))
    if counts[-1] == 0:
        counts = counts[:-1]
    uncompressed = {"size": [height, width], "counts": counts.tolist()}
    counts = coco_masks.frPyObjects(uncompressed, height, width)["counts"]
    return {"size": [height, width], "counts": counts.decode("ascii")}


def outlines(crop, x, y, tolerance=0.0) -> list[np.ndarray]:
    """The outer outlines of a mask, along the outer edges of its pixels, largest first.

    Args:
        crop: (h, w) uint8 of 0 and 1.
        x, y: the column and row of its corner.
        tolerance: how far, in pixels, a simplified outline may lie from the exact one. A piece too
            small to be simplified stays exact.

    Returns:
        One (k, 2) float32 array of x, y for each piece (8-connected); holes are filled.

    Example:

    >>> outlines(np.ones((2, 3), np.uint8), 4, 5)[0].tolist()
    [[4.0, 5.0], [4.0, 7.0], [7.0, 7.0], [7.0, 5.0]]
    """
    if not crop.size:
        return []
    contours, _ = cv2.findContours(_doubled(crop), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = [_along_the_edges(contour, x, y, tolerance) for contour in contours]
    return sorted(found, key=cv2.contourArea, reverse=True)


def polygons(crop, x, y) -> list[list[np.ndarray]]:
    """The outlines of a mask with its holes, exactly along the edges of its pixels.

    Pixels that touch at a corner only belong to different pieces: so no ring meets itself, and
    every piece is a valid polygon of OGC's simple features.

    Args:
        crop: (h, w) uint8 of 0 and 1.
        x, y: the column and row of its corner.

    Returns:
        For each piece (4-connected, largest outline first) its rings, the outline and then the
        holes: (k, 2) float32 arrays of x, y. The shoelace formula gives an outline a positive area
        and a hole a negative one.

    Example:

    >>> ring = np.uint8([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    >>> [points.tolist() for points in polygons(ring, 4, 5)[0]]
    [[[7.0, 5.0], [7.0, 8.0], [4.0, 8.0], [4.0, 5.0]],
     [[5.0, 7.0], [6.0, 7.0], [6.0, 6.0], [5.0, 6.0]]]
    """
    if not crop.size:
        return []
    pieces, labels, windows, _ = cv2.connectedComponentsWithStats(crop, connectivity=4)
    found = []
    for piece in range(1, pieces):
        left, top, width, height = windows[piece, :4]
        window = labels[top : top + height, left : left + width] == piece
        doubled = _doubled(window.astype(np.uint8))
        contours, _ = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        rings = [_along_the_edges(contour, x + left, y + top)[::-1] for contour in contours]
        found.append(sorted(rings, key=cv2.contourArea, reverse=True))  # the outline is the largest
    return sorted(found, key=lambda rings: cv2.contourArea(rings[0]), reverse=True)


def tight(mask, x=0, y=0) -> tuple[np.ndarray, int, int]:
    """The smallest crop that holds every pixel of a mask.

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
    pixels = (np.asarray(mask) != 0).astype(np.uint8)
    if not pixels.any():
        return np.zeros((0, 0), np.uint8), 0, 0
    left, top, width, height = cv2.boundingRect(pixels)
    return pixels[top : top + height, left : left + width].copy(), int(x) + left, int(y) + top


def combine(crops, operation) -> tuple[np.ndarray, int, int]:
    """One mask of several by a bitwise operation, in a window around them all.

    Args:
        crops: `(crop, x, y)` each, the crops (h, w) uint8 of 0 and 1.
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


def _doubled(crop) -> np.ndarray:
    """The crop with 2 x 2 pixels for each: a left and a right, an upper and a lower half."""
    return np.repeat(np.repeat(crop, 2, axis=0), 2, axis=1)


def _along_the_edges(contour, x, y, tolerance=0.0) -> np.ndarray:
    """(k, 2) float32: a contour of doubled pixels, moved to the outer edges of the pixels.

    A contour through the left (right) halves lies on the left (right) edge once its coordinate is
    halved and rounded down (up).
    """
    points = (contour + 1) // 2
    points = points[np.any(points != np.roll(points, 1, axis=0), axis=(1, 2))]
    simple = cv2.approxPolyDP(points, tolerance, closed=True)
    points = simple if len(simple) >= 3 else points
    return (points[:, 0] + (x, y)).astype(np.float32)


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
