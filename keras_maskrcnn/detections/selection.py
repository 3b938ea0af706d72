"""Which detections meet the conditions of `Detections.filter`."""

import numpy as np

from keras_maskrcnn.scores import check_score


def kept(found, classes, min_score, min_area, max_area) -> np.ndarray:
    """(n,) bool: True for the detections that meet every condition that is not None."""
    keep = np.ones(len(found), bool)
    if classes is not None:
        keep &= np.isin(found.labels, labels_of(classes, found.class_names))
    if min_score is not None:
        check_score(min_score=min_score)
        keep &= found.scores >= float(min_score)
    if min_area is not None or max_area is not None:
        areas = areas_of(found)
        keep &= areas >= (0 if min_area is None else min_area)
        keep &= areas <= (np.inf if max_area is None else max_area)
    return keep


def labels_of(classes, class_names) -> list[int]:
    """Return the numbers 1..K of the names; refuse a name that `class_names` lacks."""
    names = [classes] if isinstance(classes, str) else list(classes)
    unknown = [name for name in names if name not in class_names]
    if unknown:
        raise ValueError(
            f"`classes` must be names of the model's classes. Received: classes={names}, of which "
            f"{unknown} are unknown. Choose among {list(class_names)}."
        )
    return [class_names.index(name) + 1 for name in names]


def areas_of(found) -> np.ndarray:
    """(n,) float: the pixels of each mask, or the area of each box if there are no masks."""
    if found.has_masks:
        return np.array([crop.sum(dtype=int) for crop, _, _ in found.mask_crops()], float)
    x1, y1, x2, y2 = found.boxes.astype(float).T
    return (x2 - x1) * (y2 - y1)
