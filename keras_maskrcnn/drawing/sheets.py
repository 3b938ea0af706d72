"""Several pictures on one sheet."""

from __future__ import annotations

import cv2
import numpy as np

GROUND = 32  # grey of the sheet


def contact_sheet(images, columns: int | None = None, *, cell_size: int = 320) -> np.ndarray:
    """One picture that shows `images` side by side, in rows from the top left.

    Each image is scaled to fit a square cell, its shape kept, and centred there. Small ones are
    enlarged without smoothing, so that single pixels stay visible.

    Args:
        images: at least one (H, W, 3) uint8 RGB image, of any sizes.
        columns: images per row; None makes the sheet about square.
        cell_size: side of a cell in pixels, a frame of 2 pixels on each side included.

    Returns:
        (rows * cell_size, columns * cell_size, 3) uint8 RGB.

    Raises:
        ValueError: there is no image, or an argument is not positive.

    Example:

    >>> contact_sheet([np.zeros((8, 6, 3), np.uint8)] * 3, columns=2, cell_size=64).shape
    (128, 128, 3)
    """
    images = list(images)
    if not images:
        raise ValueError("`images` must hold at least one image. Received: none.")
    columns = int(np.ceil(np.sqrt(len(images)))) if columns is None else columns
    if columns < 1 or cell_size < 8:
        raise ValueError(
            "`columns` must be at least 1 and `cell_size` at least 8 pixels. "
            f"Received: columns={columns}, cell_size={cell_size}."
        )
    rows = -(-len(images) // columns)
    sheet = np.full((rows * cell_size, columns * cell_size, 3), GROUND, np.uint8)
    for i, image in enumerate(images):
        picture = _fit(image, cell_size - 4)
        height, width = picture.shape[:2]
        y = i // columns * cell_size + (cell_size - height) // 2
        x = i % columns * cell_size + (cell_size - width) // 2
        sheet[y : y + height, x : x + width] = picture
    return sheet


def _fit(image, side) -> np.ndarray:
    """`image` scaled so that its longer side has `side` pixels."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return cv2.resize(image, size, interpolation=how)
