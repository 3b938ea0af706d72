"""Detections of several models in one image become one list."""

import cv2
import numpy as np

from keras_maskrcnn.detections import Detections


def fuse(found, iou_threshold=0.55) -> Detections:
    """Weighted fusion of what several models found in one image, class by class.

    Detections are gone through by falling score. Each joins the group of its class whose box it
    overlaps most, if the IoU is above the threshold, or begins a group. Of the n detections of a
    group, with scores s and M models:

        box       = sum(s * box) / sum(s)
        mask      = sum(s * mask) / sum(s), each resampled from its own box into that box
        keypoints = sum(s * keypoints) / sum(s), x, y and score of each alike
        score     = mean(s) * min(n, M) / M

    so that what only one of M models sees counts for little. Other `fields` are those of the
    group's best detection: what a mean of them is, is not known.

    Args:
        found: list of `Detections` of one image, one of each model, all with the same fields.
        iou_threshold: IoU of boxes above which two detections are of one object. Default 0.55, the
            paper's.

    Returns:
        `Detections`.

    Raises:
        ValueError: masks are pixels, as of detections read from a file, not a network's grids.

    Example:

    >>> from keras_maskrcnn import Detections
    >>> one = Detections([[0, 0, 10, 10]], [1], [0.9], None, ["cell"], (20, 20))
    >>> two = Detections([[0, 0, 10, 12]], [1], [0.3], None, ["cell"], (20, 20))
    >>> merged = fuse([one, two])
    >>> merged.boxes.tolist(), merged.scores.round(2).tolist()
    ([[0.0, 0.0, 10.0, 10.5]], [0.6000000238418579])

    References:
        Solovyev et al. 2021, Weighted boxes fusion, section 3.
    """
    first = found[0]
    if any(one.has_masks and one.mask_probabilities is None for one in found):
        raise ValueError(
            "`found` must hold masks as a network gives them. Received: masks read from a file or "
            "made of pixels. Fuse what `detect` returns."
        )
    boxes, labels, scores = (
        np.concatenate([getattr(one, key) for one in found])
        for key in ("boxes", "labels", "scores")
    )
    masks = None
    if first.mask_probabilities is not None:
        masks = np.concatenate([one.mask_probabilities for one in found])
    groups = _groups(boxes, labels, scores, iou_threshold)
    members = [np.array(group) for group in groups]
    merged = np.array([_mean(boxes[rows], scores[rows]) for rows in members]).reshape(-1, 4)
    trust = [min(len(rows), len(found)) / len(found) for rows in members]
    if masks is not None:
        pairs = zip(members, merged, strict=True)
        fused = [_mean(_moved(masks[rows], boxes[rows], box), scores[rows]) for rows, box in pairs]
        masks = np.array(fused).reshape(-1, *masks.shape[1:])
    return Detections(
        merged,
        [labels[rows[0]] for rows in members],
        [scores[rows].mean() * share for rows, share in zip(members, trust, strict=True)],
        masks,
        first.class_names,
        first.image_size,
        _fields(found, members, scores),
        first.skeleton,
    )


def _fields(found, members, scores):
    """Return the fields of the groups: the mean of keypoints, of others what the best one has."""
    fields = {}
    for key in found[0].fields:
        rows = np.concatenate([one.fields[key] for one in found])
        if key == "keypoints":
            means = [_mean(rows[group], scores[group]) for group in members]
            fields[key] = np.array(means, np.float32).reshape(-1, *rows.shape[1:])
        else:  # groups begin with their best
            fields[key] = rows[[group[0] for group in members]]
    return fields


def _groups(boxes, labels, scores, iou_threshold):
    """Return lists of rows that are one object."""
    groups, centres, kinds = [], [], []
    for row in np.argsort(-scores, kind="stable"):
        overlaps = _iou(boxes[row], np.array(centres).reshape(-1, 4))
        overlaps[np.array(kinds, int) != labels[row]] = 0
        best = int(overlaps.argmax()) if len(overlaps) else 0
        if len(overlaps) and overlaps[best] > iou_threshold:
            groups[best].append(row)
            centres[best] = _mean(boxes[groups[best]], scores[groups[best]])
        else:
            groups.append([row])
            centres.append(boxes[row])
            kinds.append(labels[row])
    return groups


def _iou(box, others):
    """(n,) IoU of a box (4,) with others (n, 4)."""
    corners = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = corners.clip(0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return shared / np.maximum((box[2:] - box[:2]).prod() + areas - shared, 1e-9)


def _mean(values, scores):
    """Mean over the first axis, weighted by the scores."""
    weights = np.maximum(scores, 1e-9)
    return np.tensordot(weights / weights.sum(), values, axes=1)


def _moved(masks, boxes, target):
    """(n, m, m) probabilities, each sampled from its own box at the grid of another."""
    side = masks.shape[1:]
    moved = []
    for mask, box in zip(masks, boxes, strict=True):
        cell = (target[2:] - target[:2]) / side[::-1]
        own = np.maximum((box[2:] - box[:2]) / side[::-1], 1e-9)
        scale = cell / own
        # Centres of cells: x of the target is (i + 0.5) * cell + x1 of the target.
        shift = (0.5 * cell + target[:2] - box[:2]) / own - 0.5
        matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
        moved.append(
            cv2.warpAffine(mask, matrix, side[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        )
    return np.array(moved)
