"""Colours that tell neighbouring instances apart."""

from __future__ import annotations

import numpy as np

# Bright and far apart, each far from the ones just before it; RGB.
PALETTE = np.array(
    [
        (255, 56, 56),
        (0, 194, 255),
        (255, 205, 0),
        (146, 74, 255),
        (61, 219, 80),
        (255, 92, 205),
        (255, 130, 20),
        (56, 112, 255),
        (190, 235, 40),
        (0, 205, 170),
        (205, 40, 120),
        (240, 190, 150),
    ],
    np.uint8,
)


def distinct_colors(boxes, *, gap: float = 0.0) -> np.ndarray:
    """Return a colour for every box, different from those of its neighbours.

    Boxes are coloured in their order, each with the colour that the fewest coloured neighbours
    wear; of several such the next in turn. Up to 11 neighbours all differ from the box.

    Args:
        boxes: (n, 4) xyxy pixels.
        gap: boxes nearer than this many pixels, in x and in y, are neighbours too.

    Returns:
        (n, 3) uint8 RGB rows of `PALETTE`.

    Example:

    >>> distinct_colors([[0, 0, 9, 9], [8, 0, 20, 9]]).tolist()
    [[255, 56, 56], [0, 194, 255]]
    """
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    low, high = boxes[:, :2], boxes[:, 2:] + gap
    chosen = np.zeros(len(boxes), np.int64)
    turn = np.arange(len(PALETTE))
    for i in range(len(boxes)):
        near = np.all((low[:i] <= high[i]) & (low[i] <= high[:i]), axis=1)
        worn = np.bincount(chosen[:i][near], minlength=len(PALETTE))
        in_turn = np.roll(turn, -i)
        chosen[i] = in_turn[np.argmin(worn[in_turn])]
    return PALETTE[chosen]
