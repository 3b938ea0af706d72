"""Affine maps of images, as matrices (2, 3) in pixel-edge coordinates."""

import cv2
import numpy as np


def scaling(size, new_size) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the matrix that scales one (height, width) to another, and the new size."""
    down, across = new_size[0] / size[0], new_size[1] / size[1]
    return np.array([[across, 0.0, 0.0], [0.0, down, 0.0]]), tuple(new_size)


def about_centre(linear, size) -> np.ndarray:
    """Return the matrix that applies `linear` (2, 2) and keeps the centre of the image."""
    centre = np.array([size[1], size[0]]) / 2
    return np.column_stack([linear, centre - np.asarray(linear) @ centre])


def compose(second, first) -> np.ndarray:
    """Return the matrix (2, 3) that does `first` and then `second`."""
    return np.column_stack([second[:, :2] @ first[:, :2], second @ np.append(first[:, 2], 1.0)])


def warp_image(image, matrix, size) -> np.ndarray:
    """Resample an image by an affine matrix.

    Args:
        image: uint8, shape (H, W, C).
        matrix: shape (2, 3), from old to new coordinates.
        size: (height, width) of the result.

    Returns:
        uint8, shape (*size, C); bilinear, at the border as `ImageResizer`, and 0, as the padding
        is, where the image does not reach.
    """
    centred = np.array(matrix, np.float64)
    centred[:, 2] += centred[:, :2].sum(axis=1) * 0.5 - 0.5
    border = cv2.BORDER_REPLICATE if _covers(matrix, image.shape[:2], size) else cv2.BORDER_CONSTANT
    shape = (size[1], size[0])
    warped = cv2.warpAffine(image, centred, shape, flags=cv2.INTER_LINEAR, borderMode=border)
    return warped.reshape(*size, image.shape[2])


def _covers(matrix, size, new_size):
    """Whether every corner of the new image, to a tenth of a pixel, comes from the old one."""
    height, width = new_size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    matrix = np.asarray(matrix, np.float64)
    old = np.linalg.solve(matrix[:, :2], (corners - matrix[:, 2]).T).T
    return (old >= -0.1).all() and (old <= np.array([size[1], size[0]]) + 0.1).all()
