"""A model run once on the images of a source, for all that is measured afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from keras_maskrcnn.data.proposals import proposals_of
from keras_maskrcnn.evaluation.pixels import PixelMetrics, measurable
from keras_maskrcnn.evaluation.predictions import Predictions, check_positive
from keras_maskrcnn.wording import listed


def collect_predictions(
    model,
    source,
    *,
    batch_size: int = 1,
    max_images: int | None = None,
    progress: Callable[[int, int], bool | None] | None = None,
) -> Predictions:
    """Run a model once on the images of a source, for all that is measured afterwards.

    Classes of the model and of the source are matched by name; detections of a class that the
    source does not have are left out.

    Args:
        model: anything with `class_names` and `detect(images, score_threshold=, batch_size=)` that
            returns a `Detections` for each image of a list.
        source: a `Source`; `WithProposals` for a model made with `rpn=False`.
        batch_size: images detected at a time.
        max_images: look at only so many images, evenly spread over the source; None takes all.
        progress: called as `progress(images_done, images)` after each batch. If it returns False,
            no more images are looked at.

    Returns:
        `Predictions`.

    Raises:
        ValueError: the source is empty or shares no class with the model, or a number is below 1.

    Example:

    ```python
    predictions = collect_predictions(model, source)
    for iou in (0.5, 0.75):
        print(iou, detection_metrics(predictions, iou_threshold=iou).f1)
    ```
    """
    known = _labels_in_source(model.class_names, source)
    predictions = Predictions(source.class_names, known)
    if measurable(model, source):
        predictions.pixels = PixelMetrics(source)
    for i, sample, detections in _detected(model, source, batch_size, max_images, progress):
        predictions.add(i, sample, source.coco_annotations(i, sample), detections)
    predictions.number_by_source_id()
    return predictions


def collect_pixels(model, source, *, batch_size=1, max_images=None, progress=None) -> dict:
    """Return what `PixelMetrics.to_json` gives of a model that finds no objects, and "images".

    Args: as of `collect_predictions`.

    Raises:
        ValueError: the source is empty or has no semantic maps, or a number is below 1.
    """
    if not measurable(model, source):
        raise ValueError(
            "`source` must have semantic maps to measure a model that finds no objects. Received: "
            "none. `km.data.SemanticOfObjects(source)` makes them of the objects' masks."
        )
    pixels, count = PixelMetrics(source), 0
    for _, sample, detections in _detected(model, source, batch_size, max_images, progress):
        pixels.add(sample, detections)
        count += 1
    return {**pixels.to_json(), "images": count}


def _detected(model, source, batch_size, max_images, progress):
    """Yield the index, `Sample` and `Detections` of each image."""
    check_positive(batch_size=batch_size, max_images=max_images)
    indices = _spread(len(source), max_images)
    for start in range(0, len(indices), batch_size):
        chosen = [int(i) for i in indices[start : start + batch_size]]
        samples = [source[i] for i in chosen]
        images = [sample.image for sample in samples]
        options = {"score_threshold": 0.0, "batch_size": batch_size, **_given(model, samples)}
        found = model.detect(images, **options)
        yield from zip(chosen, samples, found, strict=True)
        done = start + len(chosen)
        if progress is not None and progress(done, len(indices)) is False:
            break


def _given(model, samples) -> dict:
    """Return the arguments of `detect` by which a model gets the proposals that it lacks."""
    if not getattr(model, "needs_proposals", False):
        return {}
    return {"proposals": [proposals_of(sample) for sample in samples], "refine": True}


def _labels_in_source(model_names: Sequence[str], source) -> list[int]:
    """Return the label in the source of each class of the model, 0 where it has none."""
    labels = {name: k for k, name in enumerate(source.class_names, start=1)}
    known = [labels.get(name, 0) for name in model_names]
    if not any(known):
        advice = "Rename the classes of one."
        if not source.names_classes:
            advice = "Name the class of its objects: `open_source(..., classes=[name])`."
        raise ValueError(
            "`model` and `source` must share a class name. Received: a model of "
            f"{listed(map(repr, model_names), 5)}, a source of "
            f"{listed(map(repr, source.class_names), 5)}. {advice}"
        )
    return known


def _spread(count, max_images) -> np.ndarray:
    """Return at most `max_images` indices of `count`, evenly spread."""
    if not count:
        raise ValueError("`source` must hold at least one image. Received: an empty source.")
    if max_images is None or max_images >= count:
        return np.arange(count)
    return np.linspace(0, count - 1, max_images).round().astype(int)
