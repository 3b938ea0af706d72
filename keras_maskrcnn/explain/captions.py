"""The figures of every stage, in a line each."""

import numpy as np

from keras_maskrcnn.explain.record import probabilities
from keras_maskrcnn.wording import counted, listed


def describe(stages) -> dict[str, str]:
    """Tell what each picture of `draw_stages` shows, with its figures.

    Args:
        stages: `Stages`.

    Returns:
        Dict from the name of a picture to a line of text; pictures there are none of are left out.

    Example:

    >>> from keras_maskrcnn import MaskRCNN
    >>> from keras_maskrcnn.data import ShapesSource
    >>> from keras_maskrcnn.explain import stages
    >>> model = MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
    >>> lines = describe(stages(model, ShapesSource(1, seed=2024)[0].image))
    >>> list(lines)
    ['anchors', 'objectness', 'proposals', 'roi_align', 'masks', 'detections']
    >>> lines["anchors"]
    '3 anchors a cell, 4092 in all: ...'
    """
    lines = {
        "anchors": _anchors(stages),
        "objectness": _objectness(stages),
        "proposals": _proposals(stages),
    }
    if stages.roi is not None:
        lines["roi_align"] = _roi_align(stages)
        if stages.roi.mask is not None:
            lines["masks"] = _masks(stages)
        if stages.roi.keypoints is not None:
            lines["keypoints"] = _keypoints(stages.roi)
    lines["detections"] = _detections(stages)
    return lines


def level_title(stages, level) -> str:
    """`P2, stride 4, 64 x 64 cells`."""
    height, width = stages.pyramid[level].shape[:2]
    return f"{level}, stride {stages.strides[level]}, {height} x {width} cells"


def best_score(stages, level) -> float:
    """Return the highest objectness of a level, a probability."""
    return float(probabilities(stages.objectness_logits[level].max()))


def counts(boxes, levels) -> str:
    """`P2 10, P3 4`: how many of the boxes came from each level."""
    return ", ".join(f"{level} {np.count_nonzero(boxes.levels == level)}" for level in levels)


def roi_title(roi) -> str:
    """Return what the box is: `circle 0.98, detection 0`."""
    which = "a proposal" if roi.detection is None else f"detection {roi.detection}"
    return f"{roi.name} {roi.score:.2f}, {which}"


def anchor_sides(anchors) -> str:
    """`32 px` or `24, 32 px`: the sides of the squares as large as the anchors of a level."""
    sides = np.sqrt(np.prod(anchors[0, 0, :, 2:] - anchors[0, 0, :, :2], axis=-1))
    return ", ".join(f"{side:.0f}" for side in np.unique(np.rint(sides))) + " px"


def _anchors(stages):
    per_cell = next(iter(stages.anchors.values())).shape[2]
    every = sum(anchors[..., 0].size for anchors in stages.anchors.values())
    levels = [
        f"{level_title(stages, level)}, {anchor_sides(anchors)}"
        for level, anchors in stages.anchors.items()
    ]
    return f"{per_cell} anchors a cell, {every} in all: " + "; ".join(levels)


def _objectness(stages):
    return "; ".join(
        f"{level_title(stages, level)}, best {best_score(stages, level):.2f}"
        for level in stages.pyramid
    )


def _proposals(stages):
    before, after = stages.candidates, stages.proposals
    return (
        f"{len(before.boxes)} boxes before suppression ({counts(before, stages.pyramid)}), "
        f"{len(after.boxes)} proposals after it ({counts(after, stages.pyramid)})"
    )


def _roi_align(stages):
    roi = stages.roi
    width, height = roi.box[2:] - roi.box[:2]
    bins = roi.crop.shape[0]
    return (
        f"{roi_title(roi)}: {width:.0f} x {height:.0f} px of the network input, read from "
        f"{roi.level} (stride {stages.strides[roi.level]}) at {len(roi.points)} points for "
        f"{bins} x {bins} bins"
    )


def _masks(stages):
    roi = stages.roi
    side = len(roi.mask_logits)
    cells = np.count_nonzero(roi.mask_probabilities >= 0.5)
    return (
        f"{roi_title(roi)}: {side} x {side} logits from {roi.mask_logits.min():.1f} to "
        f"{roi.mask_logits.max():.1f}, {cells} of {side * side} at probability 0.5 or more; "
        f"pasted, {np.count_nonzero(roi.mask[0])} pixels of the image"
    )


def _keypoints(roi):
    side = len(roi.keypoint_logits)
    scores = roi.keypoints[:, 2]
    best, least = (
        f"{roi.skeleton.names[index]} {scores[index]:.2f}"
        for index in (scores.argmax(), scores.argmin())
    )
    return (
        f"{roi_title(roi)}: a heatmap of {side} x {side} cells over the box for each of "
        f"{counted(len(scores), 'keypoint')}; the surest is {best}, the least sure {least}"
    )


def _detections(stages):
    found = stages.detections
    if len(found):
        best = [
            f"{name} {score:.2f}" for name, score in zip(found.names, found.scores, strict=True)
        ]
        objects = "1 object scores" if len(found) == 1 else f"{len(found)} objects score"
        return f"{objects} {stages.score_threshold:g} or more: {listed(best, 5)}"
    line = f"no object scores {stages.score_threshold:g} or more"
    if stages.roi is not None:
        line += f"; the likeliest proposal is {stages.roi.name} {stages.roi.score:.2f}"
    return line
