"""Objects found, missed and made up at one IoU and one score threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_maskrcnn.evaluation.average_precision import UNDEFINED

IOU_THRESHOLD = 0.5


@dataclass(frozen=True)
class Counts:
    """How many objects were found (`tp`), made up (`fp`) and missed (`fn`).

    Example:

    >>> Counts(tp=6, fp=2, fn=4).rates()
    {'precision': 0.75, 'recall': 0.6, 'f1': 0.6666666666666666, 'accuracy': 0.5}
    """

    tp: int
    fp: int
    fn: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    def rates(self) -> dict[str, float]:
        """The shares of interest, -1 where there is nothing to take a share of.

        precision = tp / (tp + fp), recall = tp / (tp + fn), f1 = 2 tp / (2 tp + fp + fn),
        accuracy = tp / (tp + fp + fn), as there are no true negatives among objects.
        """
        return {
            "precision": _share(self.tp, self.tp + self.fp),
            "recall": _share(self.tp, self.tp + self.fn),
            "f1": _share(2 * self.tp, 2 * self.tp + self.fp + self.fn),
            "accuracy": _share(self.tp, self.tp + self.fp + self.fn),
        }


def count_matches(coco_eval, score_threshold: float) -> list[Counts]:
    """The counts of each class at IoU 0.5, of detections with at least `score_threshold`.

    The matching is COCO's: within an image and a class the detections, best score first, each take
    the object they overlap most of those still free, if the IoU is at least 0.5. What lies in a
    crowd counts as nothing. Because better scores choose first, leaving out those below the
    threshold changes no other match, and the matching done for AP can be read here.

    Args:
        coco_eval: a `COCOeval` after `evaluate`.
        score_threshold: the least score of a detection that counts.
    """
    params = coco_eval.params
    at = int(np.argmin(np.abs(params.iouThrs - IOU_THRESHOLD)))
    # Outer to inner: class, size of object (the first is "all"), image.
    per_class = np.empty((len(params.catIds), len(params.areaRng), len(params.imgIds)), object)
    per_class.ravel()[:] = coco_eval.evalImgs
    return [_count(per_class[k, 0], at, score_threshold) for k in range(len(per_class))]


def _count(images, at, score_threshold) -> Counts:
    tp = fp = objects = 0
    for image in images:
        if image is None:  # neither objects nor detections
            continue
        counted = np.asarray(image["dtScores"]) >= score_threshold
        counted &= ~np.asarray(image["dtIgnore"][at], bool)
        matched = np.asarray(image["dtMatches"][at]) > 0
        tp += int(np.sum(counted & matched))
        fp += int(np.sum(counted & ~matched))
        objects += int(np.sum(np.asarray(image["gtIgnore"]) == 0))
    return Counts(tp, fp, objects - tp)


def _share(part, whole) -> float:
    return part / whole if whole else UNDEFINED
