"""Which detections take which objects at one IoU, as COCO matches them, and class confusions."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from keras_maskrcnn.evaluation.kinds import Kind

NEVER = -np.inf  # the score that stands for no detection, of a false negative


@dataclass(frozen=True)
class Matches:
    """Every detection and every object that counts, by class, then image, then falling score.

    Attributes:
        kind: whose IoU it is.
        labels: (n,) int, 1..K, of the detections.
        scores: (n,) float.
        correct: (n,) bool, True for true positives, False for false positives.
        object_labels: (m,) int, 1..K.
        object_scores: (m,) float, the score of the detection that takes the object, -inf if none.
        takers: m COCO results, the detections that take the objects, None where none does.
        entries: n COCO results, and `object_entries` m COCO annotations: what the rows are of.
    """

    kind: Kind
    labels: np.ndarray
    scores: np.ndarray
    correct: np.ndarray
    entries: list[dict]
    object_labels: np.ndarray
    object_scores: np.ndarray
    object_entries: list[dict]
    takers: list[dict | None]


def match_at(coco_eval, iou: float, kind: Kind) -> Matches:
    """Match each class's detections with its objects at an IoU of at least `iou`.

    The matching is COCO's: within an image and a class the detections, best score first, each take
    the object they overlap most of those still free. What lies in a crowd of its class counts as
    nothing and is left out, as are the crowds. Because better scores choose first, leaving out the
    detections below a score changes no other match: one matching serves every score.

    Args:
        coco_eval: a `COCOeval` after `evaluate`; its overlaps are taken, not computed again.
        iou: 0..1.
        kind: that of `coco_eval`.
    """
    at = copy.copy(coco_eval)
    at.params = copy.copy(coco_eval.params)
    at.params.iouThrs = np.array([iou])
    whole, limit = at.params.areaRng[0], at.params.maxDets[-1]
    detections, objects = [], []
    for label in at.params.catIds:
        for image in at.params.imgIds:
            matched = at.evaluateImg(image, label, whole, limit)
            if matched is not None:  # else neither objects nor detections
                detections += _detections(matched)
                objects += _objects(matched)
    entries = [coco_eval.cocoDt.anns[row[0]] for row in detections]
    object_entries = [coco_eval.cocoGt.anns[row[0]] for row in objects]
    return Matches(
        kind=kind,
        labels=np.array([entry["category_id"] for entry in entries], int),
        scores=np.array([row[1] for row in detections], float),
        correct=np.array([row[2] for row in detections], bool),
        entries=entries,
        object_labels=np.array([entry["category_id"] for entry in object_entries], int),
        object_scores=np.array([row[1] for row in objects], float),
        object_entries=object_entries,
        takers=[coco_eval.cocoDt.anns.get(row[2]) for row in objects],
    )


def _detections(matched) -> list[tuple[int, float, bool]]:
    """Return (id, score, whether correct) of the detections that count."""
    rows = zip(
        matched["dtIds"],
        matched["dtScores"],
        matched["dtMatches"][0],
        matched["dtIgnore"][0],
        strict=True,
    )
    return [(id_, score, object_id > 0) for id_, score, object_id, ignored in rows if not ignored]


def _objects(matched) -> list[tuple[int, float, int]]:
    """Return (id, score and id of the detection that takes it) of the objects that count."""
    scores = dict(zip(matched["dtIds"], matched["dtScores"], strict=True))
    rows = zip(matched["gtIds"], matched["gtMatches"][0], matched["gtIgnore"], strict=True)
    return [
        (id_, scores.get(int(taken_by), NEVER), int(taken_by))
        for id_, taken_by, ignored in rows
        if not ignored
    ]


def confusion_matrix(
    matches: Matches, class_count: int, iou: float, score_threshold: float
) -> np.ndarray:
    """Count objects and detections by true and detected class.

    True positives are on the diagonal, then come the `leftovers`. Row k sums to the
    objects of class k, column k to its detections.

    Args:
        matches: of all classes at `iou`.
        class_count: K.
        iou: 0..1.
        score_threshold: the least score of a detection that counts.

    Returns:
        (K + 1, K + 1) int64, rows the true class, columns the detected one; row 0 holds the
        detections that take no object, column 0 the missed objects, and [0, 0] is 0.
    """
    right = matches.labels[(matches.scores >= score_threshold) & matches.correct]
    matrix = np.diag(np.bincount(right, minlength=class_count + 1)).astype(np.int64)
    for true, detected in leftovers(matches, iou, score_threshold):
        matrix[true["category_id"] if true else 0, detected["category_id"] if detected else 0] += 1
    return matrix


def leftovers(
    matches: Matches, iou: float, score_threshold: float
) -> list[tuple[dict | None, dict | None]]:
    """Match across the classes what the matching within the classes leaves over.

    Within an image the detections left over, best score first, each take the object they overlap
    most of those left over of another class, at an IoU of at least `iou`: a class confusion.
    Objects that stay free are missed, detections that stay free are false positives. (One of its
    own class may be left over whose box it overlaps, but not near enough by its keypoints.)

    Args:
        matches, iou, score_threshold: as in `confusion_matrix`.

    Returns:
        (object, detection) of each class confusion, (object, None) of each missed object, (None,
        detection) of each detection that takes none: COCO's dicts.
    """
    counted = matches.scores >= score_threshold
    wrong = [matches.entries[i] for i in np.flatnonzero(counted & ~matches.correct)]
    missed = [
        matches.object_entries[i] for i in np.flatnonzero(matches.object_scores < score_threshold)
    ]
    wrong_by_image, missed_by_image = _by_image(wrong), _by_image(missed)
    pairs = []
    for image in sorted(wrong_by_image.keys() | missed_by_image.keys()):
        here, there = wrong_by_image.get(image, []), missed_by_image.get(image, [])
        pairs += _pairs(here, there, iou, matches.kind)
    return pairs


def _by_image(entries) -> dict[int, list[dict]]:
    images = {}
    for entry in entries:
        images.setdefault(entry["image_id"], []).append(entry)
    return images


def _pairs(wrong, missed, iou, kind) -> list[tuple[dict | None, dict | None]]:
    """Return the pairs of `leftovers` of one image."""
    wrong = sorted(wrong, key=lambda entry: -entry["score"])
    least = min(iou, 1 - 1e-10)  # as pycocotools has it
    pairs, free = [], np.ones(len(missed), bool)
    labels = np.array([entry["category_id"] for entry in missed])
    for entry, row in zip(wrong, kind.overlaps(wrong, missed), strict=True):
        row = np.where(free & (labels != entry["category_id"]), row, -1)
        best = int(np.argmax(row)) if len(row) else None
        if best is not None and row[best] >= least:
            free[best] = False
            pairs.append((missed[best], entry))
        else:
            pairs.append((None, entry))
    return pairs + [(entry, None) for entry, one in zip(missed, free, strict=True) if one]
