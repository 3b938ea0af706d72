"""One map of the objects that were found and the stuff around them."""

import numpy as np

from keras_maskrcnn.scores import check_score
from keras_maskrcnn.semantics import PanopticMap, Segment, stuff_values


def fuse(found, min_score, overlap_threshold, min_stuff_area) -> PanopticMap:
    """Return the panoptic map of `Detections`: see `Detections.panoptic`."""
    check_score(min_score=min_score)
    if not found.has_masks or found.semantic is None:
        raise ValueError(
            "`panoptic` needs masks and a semantic map. Received: detections "
            f"{'with' if found.has_masks else 'without'} masks and "
            f"{'without' if found.semantic is None else 'with'} a semantic map. "
            "`km.PanopticFPN` finds both."
        )
    ids = np.zeros(found.image_size, np.int32)
    things = _paint_things(ids, found, min_score, overlap_threshold)
    return PanopticMap(ids, (*things, *_paint_stuff(ids, found, len(things), min_stuff_area)))


def _paint_things(ids, found, min_score, overlap_threshold):
    """Paint the objects, the best first, and return their segments."""
    segments = []
    rows = zip(found.mask_crops(), found.names, found.scores.tolist(), strict=True)
    for (crop, x, y), name, score in rows:
        window = ids[y : y + crop.shape[0], x : x + crop.shape[1]]
        mask = crop > 0
        free = mask & (window == 0)
        covered = mask.sum() - free.sum()
        if score < min_score or not free.any() or covered > overlap_threshold * mask.sum():
            continue
        segments.append(Segment(len(segments) + 1, name, True, score=score))
        window[free] = len(segments)
    return segments


def _paint_stuff(ids, found, used, min_stuff_area):
    """Paint the stuff where nothing is yet, and return its segments."""
    segments = []
    for value in stuff_values(found.semantic_names, found.class_names):
        free = (found.semantic == value) & (ids == 0)
        if free.sum() >= max(1, min_stuff_area):
            segments.append(Segment(used + len(segments) + 1, found.semantic_names[value], False))
            ids[free] = segments[-1].id
    return segments
