"""Precision, recall, F1, accuracy, class confusions and their curves at one IoU."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_maskrcnn.evaluation.average_precision import class_average_precision
from keras_maskrcnn.evaluation.curves import PrecisionRecallCurve, precision_recall_curve
from keras_maskrcnn.evaluation.matching import Matches, confusion_matrix, match_at
from keras_maskrcnn.evaluation.predictions import Predictions, check_positive
from keras_maskrcnn.evaluation.rates import RATES, rates, share

BACKGROUND = "background"
COUNTS = ("tp", "fp", "fn")
BEST = ("best_f1", "best_score_threshold")


@dataclass(frozen=True, eq=False)
class DetectionMetrics:
    """How well the objects of each class are detected, and which classes are confused.

    At one IoU and one score threshold a detection is a true positive (tp) or a false positive (fp),
    and an object without one is a false negative (fn). There are no true negatives, so that

        precision = tp / (tp + fp)          recall = tp / (tp + fn)
        f1 = 2 tp / (2 tp + fp + fn)        accuracy = tp / (tp + fp + fn)

    `accuracy` asks for the right place and the right class at once. `classification_accuracy`, in
    `overall`, asks for the class alone, of the objects that a detection of some class overlaps: the
    trace over the sum of the confusion matrix without background. Shares of nothing are -1.

    Attributes:
        class_names: the K names; row k - 1 of the arrays of K is of label k.
        kind: "mask" or "box", whose IoU it is, or "keypoint", whose OKS.
        iou_threshold: the least IoU, or OKS, of a true positive with its object.
        score_threshold: the least score of a detection that counts.
        max_detections: per image and class, the best scores counted.
        tp, fp, fn: (K,) int64.
        precision, recall, f1, accuracy: (K,) float64, 0..1.
        best_f1: (K,) float64, the highest F1 over all score thresholds; 0 without a true positive.
        best_score_threshold: (K,) float64, the score threshold that gives it, else -1.
        average_precision: {"AP", "AP50", "APs", "APm", "APl"}, each (K,) float64: COCO's AP over
            IoU 0.50 .. 0.95 and at 0.5, and of objects below 32 x 32 pixels, up to 96 x 96 and
            above.
        confusion_matrix: (K + 1, K + 1) int64, rows the true label, columns the detected one, 0 for
            background: row 0 holds the detections that take no object, column 0 the objects
            that no detection takes. The diagonal is `tp`, the other cells are class confusions, row
            k sums to the objects of class k, column k to its detections.
        curves: K `PrecisionRecallCurve`, over all scores.
        curve: the same of all classes together.
        overall: the figures of all classes together, each object counted as one: "tp", "fp", "fn",
            "precision", "recall", "f1", "accuracy", "best_f1", "best_score_threshold",
            "classification_accuracy".
    """

    class_names: tuple[str, ...]
    kind: str
    iou_threshold: float
    score_threshold: float
    max_detections: int
    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    accuracy: np.ndarray
    best_f1: np.ndarray
    best_score_threshold: np.ndarray
    average_precision: dict[str, np.ndarray]
    confusion_matrix: np.ndarray
    curves: tuple[PrecisionRecallCurve, ...]
    curve: PrecisionRecallCurve
    overall: dict[str, float]

    def to_json(self) -> dict:
        """Return everything as numbers, strings, lists and dicts that `json.dump` can write.

        Returns:
            {"kind", "iou_threshold", "score_threshold", "max_detections", the figures of `overall`,
            "per_class": {name: figures}, "confusion_matrix": {"class_names", "counts"},
            "curves": {"overall", "per_class": {name: curve}}}. Curves of more than 500 points are
            thinned.
        """
        return {
            "kind": self.kind,
            "iou_threshold": self.iou_threshold,
            "score_threshold": self.score_threshold,
            "max_detections": self.max_detections,
            **self.overall,
            "per_class": {name: self._of_class(k) for k, name in enumerate(self.class_names)},
            "confusion_matrix": {
                "class_names": [BACKGROUND, *self.class_names],
                "counts": self.confusion_matrix.tolist(),
            },
            "curves": {
                "overall": self.curve.to_json(),
                "per_class": {
                    name: curve.to_json()
                    for name, curve in zip(self.class_names, self.curves, strict=True)
                },
            },
        }

    def _of_class(self, k) -> dict[str, float]:
        figures = {name: getattr(self, name)[k].item() for name in (*COUNTS, *RATES, *BEST)}
        sizes = {name: float(values[k]) for name, values in self.average_precision.items()}
        return {"objects": figures["tp"] + figures["fn"], **figures, self.kind: sizes}


def detection_metrics(
    predictions: Predictions,
    *,
    iou_threshold: float = 0.5,
    score_threshold: float = 0.5,
    kind: str | None = None,
    max_detections: int | None = None,
) -> DetectionMetrics:
    """Measure precision, recall, F1, accuracy and class confusions of detections, with curves.

    Detections are matched with objects as COCO does it: within an image and a class the detections,
    best score first, each take the object they overlap most of those still free, if the IoU is at
    least `iou_threshold`. Detections in a crowd region of their class and the crowds themselves
    count as nothing. What is left over of different classes is then matched in the same way, which
    gives the class confusions; in the counts they stay false positives and false negatives. Of
    keypoints that second matching is of boxes.

    Args:
        predictions: from `collect_predictions`. The model is not run again.
        iou_threshold: above 0, up to 1; of keypoints it is the least OKS, their similarity.
        score_threshold: 0..1, of the counts, the rates and the confusion matrix; the curves and AP
            are over all scores.
        kind: "keypoint", "mask" or "box"; None takes keypoints if every class has some, else masks
            if they are measured.
        max_detections: per image and class, the best scores; None counts all there are.

    Returns:
        `DetectionMetrics`.

    Raises:
        ValueError: a number is out of its range, or the kind is not measured.

    Example:

    ```python
    predictions = collect_predictions(model, source)
    metrics = detection_metrics(predictions, iou_threshold=0.75)
    metrics.recall[0], metrics.best_score_threshold[0]  # of the first class
    metrics.confusion_matrix[2, 1]  # objects of class 2 detected as class 1
    ```
    """
    check_thresholds(iou_threshold, score_threshold)
    check_positive(max_detections=max_detections)
    measured = predictions.kind(kind)
    coco_eval = predictions.match(measured.name, max_detections)
    matches = match_at(coco_eval, iou_threshold, measured)
    counts = _counts(matches, len(predictions.class_names), score_threshold)
    matrix = confusion_matrix(matches, len(predictions.class_names), iou_threshold, score_threshold)
    curves = tuple(_curve(matches, k + 1) for k in range(len(predictions.class_names)))
    curve = precision_recall_curve(matches.scores, matches.correct, len(matches.object_labels))
    best = np.array([curve.best() for curve in curves])
    return DetectionMetrics(
        class_names=predictions.class_names,
        kind=measured.name,
        iou_threshold=iou_threshold,
        score_threshold=score_threshold,
        max_detections=predictions.limit(max_detections),
        **counts,
        **rates(**counts),
        **dict(zip(BEST, best.T, strict=True)),
        average_precision=class_average_precision(coco_eval, measured),
        confusion_matrix=matrix,
        curves=curves,
        curve=curve,
        overall=_overall(counts, curve, matrix),
    )


def check_thresholds(iou_threshold: float, score_threshold: float) -> None:
    """Raise ValueError unless 0 < IoU <= 1 and 0 <= score <= 1."""
    if not 0 < iou_threshold <= 1:
        raise ValueError(
            "`iou_threshold` must be above 0 and at most 1. "
            f"Received: iou_threshold={iou_threshold}. Usual are 0.5 and 0.75."
        )
    if not 0 <= score_threshold <= 1:
        raise ValueError(
            "`score_threshold` must lie in 0..1. "
            f"Received: score_threshold={score_threshold}. The default is 0.5."
        )


def _counts(matches: Matches, class_count, score_threshold) -> dict[str, np.ndarray]:
    """Count tp, fp and fn of each class."""

    def per_class(labels):
        return np.bincount(labels, minlength=class_count + 1)[1:].astype(np.int64)

    counted = matches.scores >= score_threshold
    tp = per_class(matches.labels[counted & matches.correct])
    fp = per_class(matches.labels[counted & ~matches.correct])
    return {"tp": tp, "fp": fp, "fn": per_class(matches.object_labels) - tp}


def _curve(matches: Matches, label) -> PrecisionRecallCurve:
    of_class = matches.labels == label
    objects = int(np.sum(matches.object_labels == label))
    return precision_recall_curve(matches.scores[of_class], matches.correct[of_class], objects)


def _overall(counts, curve, matrix) -> dict[str, float]:
    total = {name: int(count.sum()) for name, count in counts.items()}
    matched = matrix[1:, 1:]
    return {
        **total,
        **{name: float(rate) for name, rate in rates(**total).items()},
        **dict(zip(BEST, curve.best(), strict=True)),
        "classification_accuracy": float(share(np.trace(matched), matched.sum())),
    }
