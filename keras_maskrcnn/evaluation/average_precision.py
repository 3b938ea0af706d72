"""COCO's average precision, read from pycocotools' own arrays.

`COCOeval.summarize` prints, and only knows AP at 100 detections per image. What it computes is the
mean of `eval["precision"]`; here that mean is taken at any number of detections.
"""

from __future__ import annotations

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from keras_maskrcnn.evaluation.kinds import Kind

UNDEFINED = -1.0  # pycocotools' value where there is no object to find


def match(
    images, truths, results, class_count, kind: Kind, max_detections, sigmas=None
) -> COCOeval:
    """Match detections with objects at IoU 0.50, 0.55 .. 0.95 and accumulate the curves.

    Of keypoints it is the object keypoint similarity (OKS) in place of the IoU; objects without a
    known keypoint count neither as found nor as missed.

    Args:
        images: dicts with `id`, `height`, `width`.
        truths: COCO annotations with `image_id`, `category_id` in 1..K, `bbox`, `area`, `iscrowd`
            and what `kind` needs; masks are RLE.
        results: COCO results with `image_id`, `category_id`, `bbox`, `score` and what `kind` needs.
        class_count: K.
        kind: an entry of `KINDS`.
        max_detections: per image and class; the best scores count.
        sigmas: of the keypoints, see `Skeleton`; None without.

    Returns:
        The `COCOeval` after `evaluate` and `accumulate`.
    """
    truths = [{**truth, "id": i} for i, truth in enumerate(truths, start=1)]
    # The size of a detection decides if it is small, medium or large: that of what is measured.
    results = [
        {**result, "id": i, "area": kind.area(result), "iscrowd": 0}
        for i, result in enumerate(results, start=1)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth_set = _data_set(images, truths, class_count)
        result_set = _data_set(images, results, class_count)
        coco_eval = COCOeval(truth_set, result_set, kind.iou_type)
        coco_eval.params.maxDets = [max_detections]
        if kind.iou_type == "keypoints":
            coco_eval.params.kpt_oks_sigmas = np.array(sigmas)
        coco_eval.evaluate()
        coco_eval.accumulate()
    return coco_eval


def average_precision(coco_eval, kind: Kind) -> dict[str, float]:
    """Return the figures of a kind, of all classes, -1 where undefined.

    For boxes and masks they are COCO's AP, AP50, AP75, APs, APm, APl and AR: APs, APm, APl are of
    objects below 32 x 32, up to 96 x 96 and above; AR is the mean recall over the IoU thresholds.
    """
    return {figure.name: _mean(_values(coco_eval, figure)) for figure in kind.figures}


def class_average_precision(coco_eval, kind: Kind) -> dict[str, np.ndarray]:
    """Return the `class_figures` of a kind, (K,) float64 each, -1 for a class without objects."""
    of_figures = {
        figure.name: _values(coco_eval, figure)
        for figure in kind.figures
        if figure.name in kind.class_figures
    }
    return {
        name: np.array([_mean(values[..., k]) for k in range(values.shape[-1])])
        for name, values in of_figures.items()
    }


def _data_set(images, annotations, class_count) -> COCO:
    data_set = COCO()
    data_set.dataset = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": k, "name": str(k)} for k in range(1, class_count + 1)],
    }
    data_set.createIndex()
    return data_set


def _values(coco_eval, figure) -> np.ndarray:
    """Return the part of an accumulated array that a figure is the mean of, (..., K)."""
    # (IoU, recall, class, size of object, limit), recall without its second axis
    values = coco_eval.eval[figure.array][..., coco_eval.params.areaRngLbl.index(figure.size), 0]
    return values if figure.iou is None else values[_at(coco_eval, figure.iou)]


def _at(coco_eval, iou) -> int:
    return int(np.argmin(np.abs(coco_eval.params.iouThrs - iou)))


def _mean(values) -> float:
    """Return the mean of what is defined, as `COCOeval.summarize` takes it."""
    defined = values[values > -1]
    return float(defined.mean()) if defined.size else UNDEFINED
