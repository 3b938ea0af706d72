"""A model's detections measured against a source's objects."""

from __future__ import annotations

from collections.abc import Callable

from keras_maskrcnn.evaluation.average_precision import average_precision, class_average_precision
from keras_maskrcnn.evaluation.collecting import collect_pixels, collect_predictions
from keras_maskrcnn.evaluation.correct_keypoints import correct_keypoints
from keras_maskrcnn.evaluation.detection_metrics import (
    DetectionMetrics,
    check_thresholds,
    detection_metrics,
)
from keras_maskrcnn.evaluation.kinds import KINDS
from keras_maskrcnn.evaluation.predictions import Predictions, check_positive


def evaluate(
    model,
    source,
    *,
    batch_size: int = 1,
    max_detections: int | None = None,
    iou_threshold: float = 0.5,
    score_threshold: float = 0.5,
    max_images: int | None = None,
    progress: Callable[[int, int], bool | None] | None = None,
) -> dict:
    """Measure a model on a source: COCO's AP of boxes, masks, keypoints; precision, recall, F1.

    AP is pycocotools' own, with all detections the model gives. Masks are measured if the model
    gives them and every object has one, keypoints if model and source have them, boxes always.
    Precision and its like are those of `detection_metrics`, with COCO's greedy matching: by
    keypoints if every class has some, else by masks, else by boxes. Crowds of the source are
    neither true positives nor false negatives; where keypoints are matched, neither are objects
    without a labelled one.

    Classes of the model and of the source are matched by name. Detections of a class that the
    source does not have are left out; a class that the model does not have has AP 0 and is listed
    under "missing_classes".

    Boxes and areas of the objects are those that the source's files state, else those of their
    masks: on a COCO file the figures are those that pycocotools gives on that file with as many
    detections per image.

    Args:
        model: anything with `class_names` and `detect(images, score_threshold=, batch_size=)` that
            returns a `Detections` for each image of a list.
        source: a `Source`.
        batch_size: images detected at a time.
        max_detections: per image and class, the best scores; None counts all there are.
        iou_threshold: for precision, recall, F1, accuracy and confusions; above 0, up to 1.
        score_threshold: for the same, 0..1. AP takes every score.
        max_images: evaluate only so many images, evenly spread over the source; None takes all.
        progress: called as `progress(images_done, images)` after each batch. If it returns False,
            no more images are looked at and the figures are those of the images done.

    Returns:
        A dict of numbers and strings that `json.dump` can write, see `summarize`. Of a model that
        finds no objects, such as `FCN`, only "semantic" and "images".

    Raises:
        ValueError: the source is empty or shares no class with the model, or a number is out of
            its range.
    """
    check_positive(max_detections=max_detections)
    check_thresholds(iou_threshold, score_threshold)
    looked_at = {"batch_size": batch_size, "max_images": max_images, "progress": progress}
    if not model.class_names:
        return collect_pixels(model, source, **looked_at)
    predictions = collect_predictions(model, source, **looked_at)
    metrics = detection_metrics(
        predictions,
        iou_threshold=iou_threshold,
        score_threshold=score_threshold,
        max_detections=max_detections,
    )
    return summarize(predictions, metrics)


def summarize(predictions: Predictions, metrics: DetectionMetrics) -> dict:
    """Put COCO's AP and the figures of `detection_metrics` into one dict.

    Args:
        predictions: from `collect_predictions`.
        metrics: made from them by `detection_metrics`.

    Returns:
        A dict of numbers and strings that `json.dump` can write. -1 means undefined, for example
        the AP of a class without objects.

        - "box", "mask": {"AP", "AP50", "AP75", "APs", "APm", "APl", "AR"}, 0..1; "mask" is None
          where the model gives no masks or an object has none.
        - "keypoint": {"AP", "AP50", "AP75", "APm", "APl", "AR"} by the similarity of keypoints
          (OKS) with the sigmas of the source's skeleton; None where there are no keypoints.
        - "PCK": the percentage of correct keypoints, see `correct_keypoints`; None likewise.
        - "tp", "fp", "fn", "precision", "recall", "f1", "accuracy", "best_f1",
          "best_score_threshold", "classification_accuracy": of all classes together, see
          `DetectionMetrics`.
        - "per_class": for each class of the source, by name, {"objects", "tp", "fp", "fn",
          "precision", "recall", "f1", "accuracy", "best_f1", "best_score_threshold", "box": {"AP",
          "AP50", "APs", "APm", "APl"}, "mask": ..., "keypoint": ...}; keypoint figures of a class
          without keypoints are -1.
        - "confusion_matrix": {"class_names", "counts"}, rows the true class, columns the detected.
        - "kind" ("keypoint", whose OKS it is, "mask" or "box", whose IoU), "iou_threshold",
          "score_threshold", "max_detections".
        - "images", "objects" (without crowds), "detections", "missing_classes".
        - "objects_without": {"mask": number of objects without a mask} if the model gives masks
          that were not measured for that reason, else {}.
        - "semantic", if model and source have semantic maps: {"mIoU", "pixel_accuracy",
          "per_class"}, see `SemanticMetrics`.
        - "panoptic", if the model also gives masks: {"PQ", "SQ", "RQ", "classes", "things",
          "stuff", "per_class"} of what `Detections.panoptic` makes, see `PanopticQuality`.
    """
    figures = metrics.to_json()
    del figures["curves"]
    evals = {kind: predictions.match(kind, metrics.max_detections) for kind in predictions.kinds}
    averages = dict.fromkeys(KINDS)
    for name, kind in KINDS.items():
        by_class = None
        if name in evals:
            averages[name] = average_precision(evals[name], kind)
            by_class = class_average_precision(evals[name], kind)
        for k, of_class in enumerate(figures["per_class"].values()):
            of_class[name] = by_class and {key: float(ap[k]) for key, ap in by_class.items()}
    return {
        **averages,
        "PCK": _correct_keypoints(predictions, metrics),
        **figures,
        "images": len(predictions.images),
        "objects": sum(1 - truth["iscrowd"] for truth in predictions.truths),
        "detections": len(predictions.results),
        "missing_classes": predictions.missing_classes,
        "objects_without": predictions.objects_without,
        **(predictions.pixels.to_json() if predictions.pixels else {}),
    }


def _correct_keypoints(predictions, metrics) -> dict | None:
    """Return the PCK at the score threshold of the metrics, None without keypoints."""
    if "keypoint" not in predictions.kinds:
        return None
    limits = {"score_threshold": metrics.score_threshold, "max_detections": metrics.max_detections}
    return correct_keypoints(predictions, **limits)
