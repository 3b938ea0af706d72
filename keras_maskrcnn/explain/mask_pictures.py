"""The picture of a mask: its logits, its probabilities, and the pixels of the image it covers."""

import numpy as np

from keras_maskrcnn.explain import captions
from keras_maskrcnn.explain.panels import (
    View,
    as_rgb,
    color_bar,
    diverging,
    heat,
    page,
    panel,
    square_around,
)
from keras_maskrcnn.formats.outlines import outlines

SIDE = 520
CYAN, BLACK = (0, 194, 255), (0, 0, 0)


def draw_masks(stages, text) -> np.ndarray:
    """Draw the logits and probabilities of a box's mask, and the mask pasted into the image."""
    roi = stages.roi
    reach = float(np.abs(roi.mask_logits).max())
    inside = (roi.mask_probabilities >= 0.5).astype(np.uint8)
    logits = View(diverging(roi.mask_logits, -reach, reach), side=SIDE, smooth=False)
    logits.outline(outlines(inside, 0, 0), BLACK)
    shares = View(heat(roi.mask_probabilities, 0, 1), side=SIDE, smooth=False)
    shares.outline(outlines(inside, 0, 0), CYAN)
    size = f"{len(inside)} x {len(inside)}"
    bars = color_bar(diverging, -reach, reach, SIDE), color_bar(heat, 0, 1, SIDE)
    panels = [
        panel(logits.picture, f"{size} mask logits", below=bars[0]),
        panel(shares.picture, "Probabilities, outlined at 0.5", below=bars[1]),
        panel(_pasted(stages), f"Pasted into the image: {captions.roi_title(roi)}"),
    ]
    return page("Mask", text, [panels])


def _pasted(stages):
    """Draw the surroundings of a box in the original image, with its mask and its outline."""
    roi, image = stages.roi, as_rgb(stages.image)
    low, high = roi.image_box[:2], roi.image_box[2:]
    margin = max(2.0, 0.15 * float((high - low).max()))
    view = View(image, square_around(low, high, margin), SIDE)
    crop, x, y = roi.mask
    view.fill(crop, x, y, CYAN)
    view.outline(outlines(crop, x, y), CYAN)
    view.box(roi.image_box, (255, 255, 255), 1)
    return view.picture
