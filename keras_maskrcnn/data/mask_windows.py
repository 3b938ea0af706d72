"""Windows of an image in which masks are drawn."""

import cv2
import numpy as np


def tight_crop(mask):
    """Return the tight box of a uint8 0/1 mask and a copy of the mask inside it."""
    if not mask.size:
        return (0, 0, 0, 0), np.zeros((0, 0), np.uint8)
    x, y, width, height = cv2.boundingRect(mask)
    return (x, y, x + width, y + height), mask[y : y + height, x : x + width].copy()


def warped_windows(boxes, linear, shift, image_size):
    """Whole-pixel windows (n, 4) int64 that hold the warped boxes, clipped to the image."""
    boxes = boxes.astype(np.float64)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ linear.T + shift
    halves = (boxes[:, 2:] - boxes[:, :2]) / 2 @ np.abs(linear).T
    limits = np.array([image_size[1], image_size[0]])
    low = np.clip(np.floor(centres - halves), 0, limits)
    high = np.clip(np.ceil(centres + halves), 0, limits)
    return np.concatenate([low, high], axis=1).astype(np.int64)
