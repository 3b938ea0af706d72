"""The outlines of cut masks, along the edges of their pixels."""

import cv2
import numpy as np

from keras_maskrcnn.formats.segmentations import cut, enclosed


def outlines(crop, x, y, tolerance=0.0) -> list[np.ndarray]:
    """Return the outer outlines of a mask, along the outer edges of its pixels, largest first.

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


def rings(crop, x, y) -> list[list[np.ndarray]]:
    """Return the outlines of a mask with its holes, exactly along the edges of its pixels.

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

    >>> square = np.uint8([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    >>> [points.tolist() for points in rings(square, 4, 5)[0]]
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
        closed = [_along_the_edges(contour, x + left, y + top)[::-1] for contour in contours]
        found.append(
            sorted(closed, key=cv2.contourArea, reverse=True)
        )  # the outline is the largest
    return sorted(found, key=lambda closed: cv2.contourArea(closed[0]), reverse=True)


def polygons_of(segmentation, size, tolerance=0.0) -> list[list[float]]:
    """Return the polygons [x, y, x, y, ...] of a segmentation, the largest first.

    Polygons are given as they are; of run lengths and cut masks the outlines.

    Args:
        segmentation: list of polygons, run lengths, or a cut mask.
        size: (height, width) of the image.
        tolerance: of outlines, see `outlines`.

    >>> polygons_of((np.ones((2, 3), np.uint8), 4, 5), (9, 9))
    [[4.0, 5.0, 4.0, 7.0, 7.0, 7.0, 7.0, 5.0]]
    """
    if isinstance(segmentation, list):
        return sorted(segmentation, key=enclosed, reverse=True)
    pieces = outlines(*cut(segmentation, size), tolerance)
    return [points.ravel().tolist() for points in pieces]


def _doubled(crop) -> np.ndarray:
    """Return the crop with 2 x 2 pixels for each: a left and a right, an upper and a lower half."""
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
