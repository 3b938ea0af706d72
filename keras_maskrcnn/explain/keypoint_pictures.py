"""The picture of keypoints: a heatmap of each over the box, and where its peak is."""

import cv2
import numpy as np

from keras_maskrcnn.drawing import draw_keypoints
from keras_maskrcnn.explain import captions
from keras_maskrcnn.explain.panels import (
    GAP,
    View,
    as_rgb,
    color_bar,
    heat,
    page,
    panel,
    square_around,
    stacked,
)

SIDE, SMALL = 520, 180  # pixels of a side of the first picture, and of the others
COLUMNS, MOST = 6, 30  # pictures in a row, and heatmaps drawn
DEPTH = 8.0  # how far below its peak a heatmap is shown, of logits
PEAK = (61, 219, 80)


def draw_heatmaps(stages, text) -> np.ndarray:
    """Draw the keypoints of a box on the image, and the heatmap that each of them was read from.

    The colours are of the logits: that of the best cell of each heatmap is 0.
    """
    roi, image = stages.roi, as_rgb(stages.image)
    grey = np.rint(0.6 * image.mean(axis=-1, keepdims=True)).astype(np.uint8).repeat(3, axis=-1)
    below = panel(color_bar(heat, -DEPTH, 0, SIDE), "Heatmaps: logits, those of the best cell 0")
    first = panel(_all_of(roi, image), captions.roi_title(roi))
    rows = [[stacked([first, below], gap=GAP)]]
    panels = [_heatmap(roi, grey, j) for j in range(min(len(roi.keypoints), MOST))]
    rows += [panels[i : i + COLUMNS] for i in range(0, len(panels), COLUMNS)]
    if len(panels) < len(roi.keypoints):
        text += f". The first {MOST} are drawn"
    return page("Keypoints", text, rows)


def _all_of(roi, image):
    """Draw the surroundings of a box with all of its keypoints."""
    view = View(image, _window(roi), SIDE)
    view.box(roi.image_box, (255, 255, 255), 1)
    places = (roi.keypoints[:, :2] - view.origin) * view.scale
    points = np.concatenate([places, roi.keypoints[:, 2:]], axis=1)
    return draw_keypoints(view.picture, points[None], roi.skeleton)


def _heatmap(roi, grey, j):
    """Draw the heatmap of keypoint j over the grey image, and its peak."""
    view = View(grey, _window(roi), SMALL)
    (x1, y1), (x2, y2) = view.at(roi.image_box).tolist()
    logits = roi.keypoint_logits[..., j]
    share = np.clip(1 + (logits - logits.max()) / DEPTH, 0, 1)
    size = max(1, x2 - x1), max(1, y2 - y1)
    share = cv2.resize(share, size, interpolation=cv2.INTER_LINEAR)
    region = view.picture[y1 : y1 + size[1], x1 : x1 + size[0]]
    share = share[: region.shape[0], : region.shape[1]]
    weight = (0.35 + 0.6 * share)[..., None]
    region[:] = np.rint((1 - weight) * region + weight * heat(share, 0, 1)).astype(np.uint8)
    (peak,) = view.at(roi.keypoints[j, :2]).tolist()
    cv2.circle(view.picture, peak, 6, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.circle(view.picture, peak, 6, PEAK, 1, cv2.LINE_AA)
    return panel(view.picture, f"{roi.skeleton.names[j]} {roi.keypoints[j, 2]:.2f}")


def _window(roi):
    """Return the square around the box."""
    low, high = roi.image_box[:2], roi.image_box[2:]
    return square_around(low, high, max(1.0, 0.05 * float((high - low).max())))
