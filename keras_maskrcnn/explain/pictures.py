"""The pictures of the stages, one function each: NumPy arrays in, (H, W, 3) uint8 RGB out."""

import numpy as np

from keras_maskrcnn.detections import Detections
from keras_maskrcnn.explain import captions
from keras_maskrcnn.explain.keypoint_pictures import draw_heatmaps
from keras_maskrcnn.explain.mask_pictures import draw_masks
from keras_maskrcnn.explain.panels import (
    GAP,
    WHITE,
    View,
    as_rgb,
    color_bar,
    heat,
    legend,
    level_colors,
    page,
    panel,
    square_around,
    stacked,
)
from keras_maskrcnn.explain.record import probabilities
from keras_maskrcnn.explain.roi_picture import draw_roi_align

SIDE = 640  # pixels of a panel's longer side
THIRD = 400  # where three are in a row
LARGE, SMALL = 836, 250  # one beside three small ones
LARGEST = 1280
SHOWN_PER_LEVEL = 15  # candidates drawn before suppression


def draw_stages(stages) -> dict[str, np.ndarray]:
    """Draw every stage between an image and its detections.

    Args:
        stages: `Stages`, what `stages` gives.

    Returns:
        Dict from name to (H, W, 3) uint8 RGB picture, in this order: "anchors", "objectness",
        "proposals", "roi_align" (unless there is no proposal), "masks" (if the model has masks),
        "keypoints" (if the class of the box has some), "detections". `describe` has a line of text
        for each.

    Example:

    >>> from keras_maskrcnn import MaskRCNN
    >>> from keras_maskrcnn.data import ShapesSource
    >>> from keras_maskrcnn.explain import stages
    >>> model = MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
    >>> pictures = draw_stages(stages(model, ShapesSource(1, seed=2024)[0].image))
    >>> list(pictures)
    ['anchors', 'objectness', 'proposals', 'roi_align', 'masks', 'detections']
    """
    texts = captions.describe(stages)
    return {name: _DRAWN[name](stages, text) for name, text in texts.items()}


def draw_anchors(stages, text) -> np.ndarray:
    """Draw the anchors of one cell of each level: on the image, and among the level's cells."""
    image, colors = as_rgb(stages.network_image), level_colors(stages.pyramid)
    whole, closeups = View(image, side=LARGE), []
    for level, anchors in stages.anchors.items():
        own = _central(anchors, stages.window)
        centre, reach = own.reshape(-1, 2).mean(axis=0), np.ptp(own.reshape(-1, 2), axis=0).max()
        stride = stages.strides[level]
        half = stride * np.ceil(0.55 * reach / stride)
        view = View(image, square_around(centre, centre, half), SMALL)
        view.grid(*_cells(view, centre, half, stride), WHITE, 0.35)
        for drawn in (whole, view):
            for box in own:
                drawn.box(box, colors[level])
            drawn.dots([centre], colors[level], 3)
        title = f"{level}: stride {stride}, {captions.anchor_sides(anchors)}"
        closeups.append(panel(view.picture, title, colors[level]))
    columns = [stacked(closeups[start : start + 3], GAP) for start in range(0, len(closeups), 3)]
    first = panel(whole.picture, "The anchors of one cell of each level")
    return page("Anchors", text, [[first, *columns]])


def draw_objectness(stages, text) -> np.ndarray:
    """Draw the highest objectness of each cell's anchors, over the grey image, level by level."""
    image, colors = as_rgb(stages.network_image), level_colors(stages.pyramid)
    grey = np.rint(0.6 * image.mean(axis=-1, keepdims=True)).astype(np.uint8).repeat(3, axis=-1)
    panels = [panel(View(image, side=THIRD).picture, _input_title(image))]
    for level, logits in stages.objectness_logits.items():
        scores = probabilities(logits.max(axis=-1))
        base = View(grey, side=THIRD).picture
        rows, columns = _cell_of_pixel(base.shape[:2], grey.shape[:2], stages.strides[level])
        cells = scores[np.minimum(rows, len(scores) - 1)]
        cells = cells[:, np.minimum(columns, scores.shape[1] - 1)]
        weight = (0.35 + 0.6 * cells)[..., None]
        mixed = (1 - weight) * base + weight * heat(cells, 0, 1)
        title = f"{level}: stride {stages.strides[level]}, best {scores.max():.2f}"
        bar = color_bar(heat, 0, 1, base.shape[1])
        panels.append(panel(np.rint(mixed).astype(np.uint8), title, colors[level], bar))
    return page("RPN objectness", text, [panels[i : i + 3] for i in range(0, len(panels), 3)])


def draw_proposals(stages, text) -> np.ndarray:
    """Draw the best candidates of each level, and which of them suppression leaves."""
    image, colors = as_rgb(stages.network_image), level_colors(stages.pyramid)
    levels = stages.candidates.levels
    shown = [np.nonzero(levels == level)[0][:SHOWN_PER_LEVEL] for level in stages.pyramid]
    shown = np.concatenate(shown)
    left = shown[np.isin(shown, stages.proposal_candidates)]
    panels = []
    for rows, title in (
        (shown, f"Before: the best {SHOWN_PER_LEVEL} of each level, {len(shown)} boxes"),
        (left, f"After: the {len(left)} of these that become proposals"),
    ):
        view = View(image, side=SIDE)
        for row in rows[np.argsort(stages.candidates.scores[rows], kind="stable")]:
            view.box(stages.candidates.boxes[row], colors[levels[row]])
        panels.append(panel(view.picture, title))
    title = "Proposals before and after non-maximum suppression"
    return page(title, text, [[legend(colors)], panels])


def draw_detections(stages, text) -> np.ndarray:
    """Draw the detections on the network's input, enlarged if it is small."""
    image = as_rgb(stages.network_image)
    view = View(image, side=np.clip(max(image.shape[:2]), LARGE, LARGEST))
    found = stages.detections
    scaled = Detections(
        stages.detection_boxes * view.scale,
        found.labels,
        found.scores,
        found.mask_probabilities,
        found.class_names,
        view.picture.shape[:2],
        _scaled_keypoints(stages, view.scale),
        found.skeleton,
    )
    return page("Detections", text, [[scaled.draw(view.picture)]])


_DRAWN = {
    "anchors": draw_anchors,
    "objectness": draw_objectness,
    "proposals": draw_proposals,
    "roi_align": draw_roi_align,
    "masks": draw_masks,
    "keypoints": draw_heatmaps,
    "detections": draw_detections,
}


def _scaled_keypoints(stages, scale):
    """Return the keypoints of the detections on the network's input, enlarged, as `fields`."""
    keypoints = stages.detections.keypoints
    if keypoints is None:
        return None
    low, high = stages.window[:2], stages.window[2:]
    per_pixel = (high - low) / stages.detections.image_size[::-1]
    places = (low + keypoints[..., :2] * per_pixel) * scale
    return {"keypoints": np.concatenate([places, keypoints[..., 2:]], axis=-1)}


def _input_title(image):
    height, width = image.shape[:2]
    return f"The network's input, {height} x {width} px"


def _central(anchors, window):
    """Return the anchors (A, 4) of the cell nearest to the middle of the image."""
    middle = (window[:2] + window[2:]) / 2
    centres = (anchors[..., :2] + anchors[..., 2:]).mean(axis=2) / 2
    distances = np.square(centres - middle).sum(axis=-1)
    return anchors[np.unravel_index(distances.argmin(), distances.shape)]


def _cells(view, centre, half, stride):
    """Return x and y of the borders of the cells in a window; the anchors' centre is on one."""
    steps = np.arange(-half, half + 1, stride)
    return centre[0] + steps, centre[1] + steps


def _cell_of_pixel(picture_size, image_size, stride):
    """For each row and each column of a picture of the image the row and column of its cell."""
    return (
        ((np.arange(shown) + 0.5) * whole / shown // stride).astype(int)
        for shown, whole in zip(picture_size, image_size, strict=True)
    )
