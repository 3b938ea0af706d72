"""COCO's average precision, read from pycocotools' own arrays.

`COCOeval.summarize` prints, and only knows AP at 100 detections per image. What it computes is the
mean of `eval["precision"]`; here that mean is taken at any number of detections.
"""

from __future__ import annotations

import contextlib
import io

import numpy as np
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

UNDEFINED = -1.0  # pycocotools' value where there is no object to find
IOU_TYPES = {"box": "bbox", "mask": "segm"}


def match(images, truths, results, class_count, kind, max_detections) -> COCOeval:
    """Matches detections with objects at IoU 0.50, 0.55 .. 0.95 and accumulates the curves.

    Args:
        images: dicts with `id`, `height`, `width`.
        truths: COCO annotations with `image_id`, `category_id` in 1..K, `bbox`, `segmentation`
            (RLE), `area`, `iscrowd`.
        results: COCO results with `image_id`, `category_id`, `bbox`, `score` and, for masks,
            `segmentation`.
        class_count: K.
        kind: "box" or "mask".
        max_detections: per image and class; the best scores count.

    Returns:
        The `COCOeval` after `evaluate` and `accumulate`.
    """
    truths = [{**truth, "id": i} for i, truth in enumerate(truths, start=1)]
    # The size of a detection decides if it is small, medium or large: that of what is measured.
    area = _mask_area if kind == "mask" else _box_area
    results = [
        {**result, "id": i, "area": area(result), "iscrowd": 0}
        for i, result in enumerate(results, start=1)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth_set = _data_set(images, truths, class_count)
        result_set = _data_set(images, results, class_count)
        coco_eval = COCOeval(truth_set, result_set, IOU_TYPES[kind])
        coco_eval.params.maxDets = [max_detections]
        coco_eval.evaluate()
        coco_eval.accumulate()
    return coco_eval


def average_precision(coco_eval) -> dict[str, float]:
    """COCO's figures of all classes: AP, AP50, AP75, APs, APm, APl and AR, -1 where undefined.

    APs, APm, APl are of objects below 32 x 32, up to 96 x 96 and above; AR is the mean recall over
    the IoU thresholds.
    """
    precision = coco_eval.eval["precision"][..., 0]  # (IoU, recall, class, size of object)
    recall = coco_eval.eval["recall"][..., 0]  # (IoU, class, size of object)
    sizes = coco_eval.params.areaRngLbl
    whole = sizes.index("all")
    return {
        "AP": _mean(precision[..., whole]),
        "AP50": _mean(precision[_at(coco_eval, 0.5), ..., whole]),
        "AP75": _mean(precision[_at(coco_eval, 0.75), ..., whole]),
        "APs": _mean(precision[..., sizes.index("small")]),
        "APm": _mean(precision[..., sizes.index("medium")]),
        "APl": _mean(precision[..., sizes.index("large")]),
        "AR": _mean(recall[..., whole]),
    }


def class_average_precision(coco_eval) -> dict[str, np.ndarray]:
    """AP, AP50, APs, APm, APl of each class, (K,) float64 each, -1 for a class without objects."""
    precision = coco_eval.eval["precision"][..., 0]  # (IoU, recall, class, size of object)
    sizes = coco_eval.params.areaRngLbl
    whole = precision[..., sizes.index("all")]
    of_figures = {
        "AP": whole,
        "AP50": whole[_at(coco_eval, 0.5)],
        "APs": precision[..., sizes.index("small")],
        "APm": precision[..., sizes.index("medium")],
        "APl": precision[..., sizes.index("large")],
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


def _box_area(result) -> float:
    return result["bbox"][2] * result["bbox"][3]


def _mask_area(result) -> float:
    return float(coco_masks.area(result["segmentation"]))


def _at(coco_eval, iou) -> int:
    return int(np.argmin(np.abs(coco_eval.params.iouThrs - iou)))


def _mean(values) -> float:
    """The mean of what is defined, as `COCOeval.summarize` takes it."""
    defined = values[values > -1]
    return float(defined.mean()) if defined.size else UNDEFINED
