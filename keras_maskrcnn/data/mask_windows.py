"""Windows of an image in which masks are drawn."""

import numpy as np


def warped_windows(boxes, linear, shift, image_size) -> np.ndarray:
    """Whole-pixel windows (n, 4) int64 that hold the warped boxes, clipped to the image."""
    boxes = boxes.astype(np.float64)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ linear.T + shift
    halves = (boxes[:, 2:] - boxes[:, :2]) / 2 @ np.abs(linear).T
    limits = np.array([image_size[1], image_size[0]])
    low = np.clip(np.floor(centres - halves), 0, limits)
    high = np.clip(np.ceil(centres + halves), 0, limits)
    return np.concatenate([low, high], axis=1).astype(np.int64)
