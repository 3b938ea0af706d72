"""Keypoints and limbs drawn onto an image, coloured by side."""

from __future__ import annotations

import cv2
import numpy as np

LEFT, RIGHT, MIDDLE = (86, 180, 233), (230, 159, 0), (240, 228, 66)  # of Okabe and Ito
CASING = (0, 0, 0)  # under lines and points, so that they show on any ground
LEAST_SCORE = 0.05  # of a point that is drawn, Detectron2's choice


def draw_keypoints(image, keypoints, skeleton, *, min_score: float = LEAST_SCORE) -> np.ndarray:
    """Return a copy of `image` with the keypoints of each object and the limbs between them.

    What is on the left of an object is blue, on the right orange, all else yellow. Lines and points
    grow with the image. A limb is drawn if both of its ends are.

    Args:
        image: (H, W, 3) uint8 RGB.
        keypoints: (n, J, 3) x, y in pixels and the score, or what is known of the point, 0 to 2.
        skeleton: `keras_maskrcnn.skeletons.Skeleton` of J keypoints.
        min_score: points of less than this are left out.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: the keypoints are not those of the skeleton.

    Example:

    >>> from keras_maskrcnn.skeletons import Skeleton
    >>> arrow = Skeleton(("tip", "tail"), limbs=[("tip", "tail")])
    >>> image = np.zeros((40, 60, 3), np.uint8)
    >>> picture = draw_keypoints(image, [[[10, 20, 1], [50, 20, 1]]], arrow)
    >>> bool(picture[20, 30].any()), bool(picture[35, 30].any())
    (True, False)
    """
    keypoints = np.asarray(keypoints, np.float32)
    if keypoints.ndim != 3 or keypoints.shape[1:] != (len(skeleton), 3):
        raise ValueError(
            f"`keypoints` must have the shape (n, {len(skeleton)}, 3). "
            f"Received: keypoints.shape={keypoints.shape}."
        )
    picture = np.array(image)
    line = max(1, round(min(picture.shape[:2]) / 300))
    colors = _colors(skeleton)
    for points in keypoints:
        drawn = points[:, 2] >= max(min_score, 1e-6)
        places = np.floor(points[:, :2]).astype(int).tolist()
        for a, b in skeleton.limb_indices:
            if drawn[a] and drawn[b]:
                color = colors[a] if colors[a] == colors[b] else MIDDLE
                cv2.line(picture, places[a], places[b], CASING, line + 2, cv2.LINE_AA)
                cv2.line(picture, places[a], places[b], color, line, cv2.LINE_AA)
        for index in np.flatnonzero(drawn):
            cv2.circle(picture, places[index], 2 * line + 1, CASING, -1, cv2.LINE_AA)
            cv2.circle(picture, places[index], 2 * line, colors[index], -1, cv2.LINE_AA)
    return picture


def _colors(skeleton) -> list[tuple[int, int, int]]:
    """Return the colour of each keypoint, by the side that the skeleton's pairs give it."""
    sides = {left: LEFT for left, _ in skeleton.mirrored}
    sides |= {right: RIGHT for _, right in skeleton.mirrored}
    return [sides.get(name, MIDDLE) for name in skeleton.names]
