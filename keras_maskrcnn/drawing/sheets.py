"""Several pictures on one sheet."""

from __future__ import annotations

import cv2
import numpy as np

from keras_maskrcnn.drawing.labels import line_height, shortened, write_text

GROUND = 32  # grey of the sheet
CAPTION_SCALE = 0.42
CAPTION_HEIGHT = line_height(CAPTION_SCALE)
WHITE = (255, 255, 255)


def contact_sheet(
    images, columns: int | None = None, *, cell_size: int | tuple[int, int] = 320, captions=None
) -> np.ndarray:
    """One picture that shows `images` side by side, in rows from the top left.

    Each image is scaled to fit its cell, its shape kept, and centred there. Small ones are
    enlarged without smoothing, so that single pixels stay visible.

    Args:
        images: at least one (H, W, 3) uint8 RGB image, of any sizes.
        columns: images per row; None makes the sheet about square.
        cell_size: (height, width) of a cell in pixels, or the side of a square one, a frame of 2
            pixels on each side included.
        captions: a line of text below each image, or None. Of one that is wider than the cell the
            middle is left out.

    Returns:
        (rows * height, columns * width, 3) uint8 RGB; with captions each row is 19 pixels higher.

    Raises:
        ValueError: there is no image, not one caption for each, or an argument is not positive.

    Example:

    >>> contact_sheet([np.zeros((8, 6, 3), np.uint8)] * 3, columns=2, cell_size=64).shape
    (128, 128, 3)
    """
    images = list(images)
    if not images:
        raise ValueError("`images` must hold at least one image. Received: none.")
    if captions is not None and len(captions) != len(images):
        raise ValueError(
            f"`captions` must have one text for each of the {len(images)} images. "
            f"Received: {len(captions)} texts."
        )
    columns = int(np.ceil(np.sqrt(len(images)))) if columns is None else columns
    height, width = cell_size if isinstance(cell_size, tuple) else (cell_size, cell_size)
    if columns < 1 or min(height, width) < 8:
        raise ValueError(
            "`columns` must be at least 1 and `cell_size` at least 8 pixels. "
            f"Received: columns={columns}, cell_size={cell_size}."
        )
    rows = -(-len(images) // columns)
    row_height = height + (CAPTION_HEIGHT if captions is not None else 0)
    sheet = np.full((rows * row_height, columns * width, 3), GROUND, np.uint8)
    for i, image in enumerate(images):
        y, x = i // columns * row_height, i % columns * width
        cell = sheet[y : y + height, x : x + width]
        below = y + _centre(cell, fit(image, (height - 4, width - 4)))
        if captions is not None:
            text = shortened(captions[i], width - 12, CAPTION_SCALE)
            base = below + round(0.8 * CAPTION_HEIGHT)
            write_text(sheet, text, (x + 6, base), CAPTION_SCALE, WHITE)
    return sheet


def _centre(cell, picture) -> int:
    """Put `picture` into the middle of `cell`, in place; return the row below it."""
    height, width = picture.shape[:2]
    y, x = (cell.shape[0] - height) // 2, (cell.shape[1] - width) // 2
    cell[y : y + height, x : x + width] = picture
    return y + height


def fit(image, size) -> np.ndarray:
    """`image` scaled, its shape kept, to be as large as `size`, (height, width), allows."""
    height, width = image.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return cv2.resize(image, size, interpolation=how)
