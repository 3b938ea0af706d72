"""Precision, recall and F1 over all score thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_maskrcnn.evaluation.average_precision import UNDEFINED

MOST_POINTS = 500  # of a curve in JSON


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """Precision, recall and F1 at every score threshold that makes a difference.

    Point i is of the detections with a score of at least `scores[i]`. There are as many points as
    different scores, so a class without detections has none.

    Attributes:
        scores: (p,) float, falling.
        precision: (p,) float, 0..1, tp / (tp + fp).
        recall: (p,) float, 0..1, rising, tp / objects; -1 for a class without objects.
        f1: (p,) float, 0..1, 2 tp / (tp + fp + objects).
        objects: int, how many are annotated.
    """

    scores: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    objects: int

    def best(self) -> tuple[float, float]:
        """Return the highest F1 and the score threshold that gives it, of several the highest.

        (0.0, -1.0) if there is no true positive, (-1.0, -1.0) if there is no object.
        """
        if not self.objects:
            return UNDEFINED, UNDEFINED
        if not self.f1.any():
            return 0.0, UNDEFINED
        at = int(np.argmax(self.f1))
        return float(self.f1[at]), float(self.scores[at])

    def to_json(self) -> dict[str, list[float]]:
        """Return the four arrays as lists; of more than 500 points so many, evenly spread."""
        points = np.arange(len(self.scores))
        if len(points) > MOST_POINTS:
            points = np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int)
        names = ("scores", "precision", "recall", "f1")
        return {name: getattr(self, name)[points].tolist() for name in names}


def precision_recall_curve(scores, correct, objects: int) -> PrecisionRecallCurve:
    """Return the curve of detections of which it is known whether they are true positives.

    Args:
        scores: (n,) float, in any order.
        correct: (n,) bool, True for true positives.
        objects: how many are annotated.

    Example:

    >>> curve = precision_recall_curve([0.9, 0.7, 0.7, 0.2], [True, True, False, True], objects=4)
    >>> curve.scores.tolist(), curve.recall.tolist()
    ([0.9, 0.7, 0.2], [0.25, 0.5, 0.75])
    >>> curve.precision.round(2).tolist(), curve.best()
    ([1.0, 0.67, 0.75], (0.75, 0.2))
    """
    scores, correct = np.asarray(scores, float), np.asarray(correct, bool)
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
    tp = np.cumsum(correct[order])[last]
    kept = last + 1
    recall = tp / objects if objects else np.full(len(last), UNDEFINED)
    return PrecisionRecallCurve(scores[last], tp / kept, recall, 2 * tp / (kept + objects), objects)
