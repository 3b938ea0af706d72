"""The picture of RoIAlign: from a box on a feature map to its crop."""

import numpy as np

from keras_maskrcnn.explain import captions
from keras_maskrcnn.explain.panels import (
    WHITE,
    View,
    as_rgb,
    color_bar,
    heat,
    page,
    panel,
    square_around,
)

SIDE = 560
BOX, POINT, BIN = (61, 219, 80), (0, 194, 255), (255, 255, 255)
MARGIN = 2  # cells shown around a box


def draw_roi_align(stages, text) -> np.ndarray:
    """Draw a box on the image and on its level's feature map, its bins and points, and its crop."""
    roi, level = stages.roi, stages.roi.level
    stride = stages.strides[level]
    channel = int(roi.crop.std(axis=(0, 1)).argmax())  # the one with most to see in this box
    values, crop = stages.pyramid[level][..., channel], roi.crop[..., channel]
    low, high = float(min(values.min(), crop.min())), float(max(values.max(), crop.max()))
    cells, box = heat(values, low, high), roi.box / stride
    window = _window(box, roi.points)
    image = View(as_rgb(stages.network_image), window * stride, SIDE)
    image.box(roi.box, BOX)
    image.dots(roi.image_points, POINT, _radius(roi.image_points, image.scale))
    whole = View(cells, side=SIDE, smooth=False)
    whole.box(window, WHITE, 1)
    whole.box(box, BOX)
    close = View(cells, window, SIDE, smooth=False)
    if roi.x_edges is not None:
        close.grid(roi.x_edges + 0.5, roi.y_edges + 0.5, BIN, 0.8)
    close.box(box, BOX)
    close.dots(roi.points + 0.5, POINT, _radius(roi.points, close.scale))
    made = View(heat(crop, low, high), side=SIDE, smooth=False)
    bins, bar = len(crop), color_bar(heat, low, high, SIDE)
    panels = [
        panel(image.picture, f"{captions.roi_title(roi)}, and where its features are read"),
        panel(whole.picture, f"{captions.level_title(stages, level)}, channel {channel}"),
        panel(close.picture, f"{bins} x {bins} bins, {len(roi.points)} sampling points", below=bar),
        panel(made.picture, f"The crop, {bins} x {bins}, same channel", below=bar),
    ]
    return page("RoIAlign", text, [panels[:2], panels[2:]])


def _window(box, points):
    """Whole cells around a box and its points."""
    low = np.minimum(box[:2], points.min(axis=0, initial=np.inf) + 0.5)
    high = np.maximum(box[2:], points.max(axis=0, initial=-np.inf) + 0.5)
    window = square_around(low, high, MARGIN)
    return np.concatenate([np.floor(window[:2]), np.ceil(window[2:])])


def _radius(points, scale):
    """Of the dots, so that they do not run together."""
    rows = [np.unique(np.round(values, 3)) for values in points.T]
    gaps = [np.median(np.diff(row)) for row in rows if len(row) > 1]
    return int(np.clip(min(gaps, default=np.inf) * scale / 4, 0, 2))
