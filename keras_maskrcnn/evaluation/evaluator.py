"""A model's detections measured against a source's objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from keras_maskrcnn.evaluation.average_precision import (
    average_precision,
    class_average_precision,
    match,
)
from keras_maskrcnn.evaluation.counts import IOU_THRESHOLD, Counts, count_matches

LEAST_MAX_DETECTIONS = 100  # COCO's own limit


def evaluate(
    model,
    source,
    *,
    batch_size: int = 1,
    max_detections: int | None = None,
    score_threshold: float = 0.5,
    max_images: int | None = None,
    progress: Callable[[int, int], bool | None] | None = None,
) -> dict:
    """COCO's box and mask AP, and precision, recall, F1 and accuracy, of a model on a source.

    AP is pycocotools' own, with all detections the model gives. Precision and its like are at
    IoU 0.5 of the masks (of the boxes for a model without masks) and at `score_threshold`, with
    COCO's greedy matching. Crowds of the source are neither found nor missed.

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
        score_threshold: for precision, recall, F1 and accuracy. AP takes every score.
        max_images: evaluate only so many images, evenly spread over the source; None takes all.
        progress: called as `progress(images_done, images)` after each batch. If it returns False,
            no more images are looked at and the figures are those of the images done.

    Returns:
        A dict of numbers and strings that `json.dump` can write. -1 means undefined, for example
        the AP of a class without objects.

        - "box", "mask": {"AP", "AP50", "AP75", "APs", "APm", "APl", "AR"}, 0..1; "mask" is None for
          a model without masks.
        - "precision", "recall", "f1", "accuracy": of all classes together.
        - "per_class": for each class of the source, by name, {"box": {"AP", "AP50"}, "mask": ...,
          "objects", "precision", "recall", "f1", "accuracy"}.
        - "images", "objects" (without crowds), "detections", "max_detections", "score_threshold",
          "iou_threshold", "missing_classes".

    Raises:
        ValueError: the source is empty or shares no class with the model, or a number is below 1.
    """
    _check_positive(batch_size=batch_size, max_detections=max_detections, max_images=max_images)
    known = _labels_in_source(model.class_names, source.class_names)
    indices = _spread(len(source), max_images)
    records = _Records(len(source.class_names))
    for start in range(0, len(indices), batch_size):
        chosen = [int(i) for i in indices[start : start + batch_size]]
        samples = [source[i] for i in chosen]
        images = [sample.image for sample in samples]
        found = model.detect(images, score_threshold=0.0, batch_size=batch_size)
        for i, sample, detections in zip(chosen, samples, found, strict=True):
            records.add(sample, source.coco_annotations(i, sample), detections, known)
        done = start + len(chosen)
        if progress is not None and progress(done, len(indices)) is False:
            break
    if max_detections is None:
        max_detections = max(LEAST_MAX_DETECTIONS, records.most_detections)
    records.number_by_source_id()
    missing = [name for name in source.class_names if name not in model.class_names]
    return {
        **_measure(records, source.class_names, max_detections, score_threshold),
        "images": len(records.images),
        "objects": sum(1 - truth["iscrowd"] for truth in records.truths),
        "detections": len(records.results),
        "max_detections": max_detections,
        "score_threshold": score_threshold,
        "iou_threshold": IOU_THRESHOLD,
        "missing_classes": missing,
    }


def _check_positive(**numbers) -> None:
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={number}.")


def _labels_in_source(model_names, source_names) -> list[int]:
    """For each class of the model its label in the source, 0 if the source does not have it."""
    labels = {name: k for k, name in enumerate(source_names, start=1)}
    known = [labels.get(name, 0) for name in model_names]
    if not any(known):
        raise ValueError(
            "`model` and `source` must share a class name. Received: a model of "
            f"{_few(model_names)}, a source of {_few(source_names)}. Rename the classes of one."
        )
    return known


def _few(names) -> str:
    return ", ".join(repr(name) for name in names[:5]) + (", ..." if len(names) > 5 else "")


def _spread(count, max_images) -> np.ndarray:
    """At most `max_images` indices of `count`, evenly spread."""
    if not count:
        raise ValueError("`source` must hold at least one image. Received: an empty source.")
    if max_images is None or max_images >= count:
        return np.arange(count)
    return np.linspace(0, count - 1, max_images).round().astype(int)


@dataclass
class _Records:
    """What was there and what was found, as COCO's dicts with the source's labels as category."""

    class_count: int
    images: list[dict] = field(default_factory=list)
    source_ids: list[int | str] = field(default_factory=list)
    truths: list[dict] = field(default_factory=list)
    results: list[dict] = field(default_factory=list)
    most_detections: int = 0
    has_masks: bool = True

    def add(self, sample, annotations, detections, known) -> None:
        """Takes in one image; `known` is the source's label of each class of the model."""
        image_id = len(self.images) + 1
        height, width = sample.image.shape[:2]
        self.images.append({"id": image_id, "height": height, "width": width})
        self.source_ids.append(sample.image_id)
        self.truths.extend({**truth, "image_id": image_id} for truth in annotations)
        results = [r for r in detections.to_coco(image_id, known) if r["category_id"]]
        self.results.extend(results)
        self.most_detections = max(self.most_detections, len(results))
        self.has_masks = self.has_masks and detections.mask_probabilities is not None

    def number_by_source_id(self) -> None:
        """Numbers the images by rising id: the order that decides between equal scores."""
        order = np.argsort(np.array(self.source_ids), kind="stable")
        numbers = np.empty(len(order), int)
        numbers[order] = np.arange(1, len(order) + 1)
        for image in self.images:
            image["id"] = int(numbers[image["id"] - 1])
        for entry in self.truths + self.results:
            entry["image_id"] = int(numbers[entry["image_id"] - 1])


def _measure(records, class_names, max_detections, score_threshold) -> dict:
    """AP of boxes and masks, and the rates, of all classes and of each."""
    kinds = ("box", "mask") if records.has_masks else ("box",)
    evals = {
        kind: match(
            records.images,
            records.truths,
            records.results,
            records.class_count,
            kind,
            max_detections,
        )
        for kind in kinds
    }
    counts = count_matches(evals[kinds[-1]], score_threshold)
    by_class = {kind: class_average_precision(evals[kind]) for kind in kinds}
    per_class = {
        name: {
            "box": by_class["box"][k],
            "mask": by_class["mask"][k] if records.has_masks else None,
            "objects": counts[k].tp + counts[k].fn,
            **counts[k].rates(),
        }
        for k, name in enumerate(class_names)
    }
    return {
        "box": average_precision(evals["box"]),
        "mask": average_precision(evals["mask"]) if records.has_masks else None,
        **sum(counts, Counts(0, 0, 0)).rates(),
        "per_class": per_class,
    }
