"""Precision, recall, F1 and accuracy of counts."""

from __future__ import annotations

import numpy as np

from keras_maskrcnn.evaluation.average_precision import UNDEFINED

RATES = ("precision", "recall", "f1", "accuracy")


def rates(tp, fp, fn) -> dict[str, np.ndarray]:
    """Return the rates of so many true positives, false positives and false negatives.

    precision = tp / (tp + fp), recall = tp / (tp + fn), f1 = 2 tp / (2 tp + fp + fn),
    accuracy = tp / (tp + fp + fn), as there are no true negatives among objects; -1 where there is
    nothing to take a share of.

    Args:
        tp, fp, fn: int, or arrays of one shape.

    Returns:
        {"precision", "recall", "f1", "accuracy"}, float64 arrays of that shape.

    Example:

    >>> {name: rate.tolist() for name, rate in rates(tp=[6, 0], fp=[2, 0], fn=[4, 5]).items()}
    {'precision': [0.75, -1.0], 'recall': [0.6, 0.0], 'f1': [0.6666666666666666, 0.0],
     'accuracy': [0.5, 0.0]}
    """
    tp, fp, fn = (np.asarray(count) for count in (tp, fp, fn))
    return {
        "precision": share(tp, tp + fp),
        "recall": share(tp, tp + fn),
        "f1": share(2 * tp, 2 * tp + fp + fn),
        "accuracy": share(tp, tp + fp + fn),
    }


def share(part, whole) -> np.ndarray:
    """Return part / whole, -1 where `whole` is 0."""
    part, whole = np.asarray(part), np.asarray(whole)
    return np.where(whole > 0, part / np.maximum(whole, 1), UNDEFINED)
