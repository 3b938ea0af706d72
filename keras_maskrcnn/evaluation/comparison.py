"""True positives, missed objects, false positives and class confusions of each image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_masks

from keras_maskrcnn.drawing import (
    Judged,
    contact_sheet,
    count_outcomes,
    describe,
    draw_comparison,
)
from keras_maskrcnn.evaluation.detection_metrics import check_thresholds
from keras_maskrcnn.evaluation.matching import leftovers, match_at
from keras_maskrcnn.evaluation.predictions import Predictions, check_positive
from keras_maskrcnn.evaluation.rates import rates
from keras_maskrcnn.evaluation.report import check_folder
from keras_maskrcnn.formats.coco.keypoints import from_indices
from keras_maskrcnn.skeletons import Skeleton
from keras_maskrcnn.writing import write_picture

SHEET = "sheet.png"
SHEET_SIDE, SHEET_MOST = 300, 48  # pixels of an image on the sheet, and pictures there at most
NO_PARTNER, NOT_COUNTED = 0, -1


@dataclass(frozen=True, eq=False)
class Comparison:
    """The objects of one image and its detections, each with what it was matched with.

    Attributes:
        index: of the image in its source.
        file_name: str or None.
        class_names: the K names.
        truth: `drawing.Judged` of the objects, masks left out.
        found: `drawing.Judged` of the detections that reach the score threshold.
        counts: {"found": true positives, "missed": objects that no detection takes,
            "false_alarms": detections that take no object, "wrong_class": class confusions}.
            Summed over the images they are the diagonal, column 0, row 0 and the rest of the
            confusion matrix. As false positive and false negative a class confusion counts in both.
        accuracy: tp / (tp + fp + fn), as in `DetectionMetrics`; -1 of an image without objects and
            detections.
    """

    index: int
    file_name: str | None
    class_names: tuple[str, ...]
    truth: Judged
    found: Judged
    counts: dict[str, int]
    accuracy: float
    _runs: tuple[list, list] | None  # the masks of both as RLE, None where they were not matched
    _skeleton: Skeleton | None = None  # of the keypoints of both, None where they were not matched

    def draw(self, image, *, side: int = 720) -> np.ndarray:
        """Draw the objects beside the detections, see `drawing.draw_comparison`.

        Args:
            image: (H, W, 3) uint8 RGB, `source[comparison.index].image`.
            side: of each of the two pictures the longer one, pixels.

        Returns:
            uint8 RGB picture.
        """
        sides = [self.truth, self.found]
        if self._runs is not None:
            sides = [
                judged._replace(masks=[_crop(run) for run in runs])
                for judged, runs in zip(sides, self._runs, strict=True)
            ]
        return draw_comparison(image, *sides, self.class_names, self._skeleton, side=side)

    def __str__(self):
        return describe(self.counts)


def compare(
    predictions: Predictions,
    *,
    iou_threshold: float = 0.5,
    score_threshold: float = 0.5,
    kind: str | None = None,
    max_detections: int | None = None,
) -> list[Comparison]:
    """Compare objects and detections image by image, the worst image first.

    The matching is that of `detection_metrics`: the counts of all images sum to its confusion
    matrix. Images are in the order of rising accuracy; of those with the same the one with more
    errors comes first.

    Args:
        predictions: from `collect_predictions`. The model is not run again.
        iou_threshold: above 0, up to 1.
        score_threshold: 0..1, the least score of a detection that counts and is shown.
        kind: "keypoint", "mask" or "box"; None takes one as `detection_metrics` does.
        max_detections: per image and class, the best scores; None counts all there are.

    Returns:
        One `Comparison` for each image.

    Raises:
        ValueError: a number is out of its range, or the kind is not measured.

    Example:

    ```python
    worst = compare(collect_predictions(model, source))[0]
    print(worst.file_name, worst)  # "2 true positives, 5 missed, 1 false positive"
    picture = worst.draw(source[worst.index].image)
    ```
    """
    check_thresholds(iou_threshold, score_threshold)
    check_positive(max_detections=max_detections)
    measured = predictions.kind(kind)
    coco_eval = predictions.match(measured.name, max_detections)
    partners = _partners(
        match_at(coco_eval, iou_threshold, measured), iou_threshold, score_threshold
    )
    comparisons = [
        _comparison(image, coco_eval, partners, score_threshold, predictions, measured)
        for image in sorted(predictions.images, key=lambda image: image["index"])
    ]
    return sorted(comparisons, key=_badness)


def write_comparisons(
    comparisons,
    source,
    folder,
    *,
    most: int = 24,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write pictures of the first comparisons, and a sheet of the first 48 of them.

    A name begins with the rank: `001_photo.png` is the worst image.

    Args:
        comparisons: from `compare`.
        source: the `Source` of the predictions; its images are read again, one at a time.
        folder: str or path, new or empty.
        most: pictures at most.
        progress: called as `progress(pictures_done, pictures)` after each picture.

    Returns:
        The paths of the pictures, then that of the sheet, `sheet.png`.

    Raises:
        FileExistsError: `folder` is a file, or a folder that is not empty.
        ValueError: `most` is below 1.
    """
    check_positive(most=most)
    check_folder(folder, "pictures")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths, cells, captions = [], [], []
    for rank, comparison in enumerate(comparisons[:most], start=1):
        image = source[comparison.index].image
        name = comparison.file_name or f"image_{comparison.index}"
        paths.append(folder / f"{rank:03d}_{Path(name).stem}.png")
        write_picture(paths[-1], comparison.draw(image))
        if rank <= SHEET_MOST:
            cells.append(comparison.draw(image, side=SHEET_SIDE))
            captions.append(f"{rank}  {name}")
        if progress is not None:
            progress(rank, min(most, len(comparisons)))
    cell_size = tuple(np.max([cell.shape[:2] for cell in cells], axis=0) + 4)
    write_picture(folder / SHEET, contact_sheet(cells, cell_size=cell_size, captions=captions))
    return [*paths, folder / SHEET]


def _partners(matches, iou, score_threshold) -> tuple[dict[int, int], dict[int, int]]:
    """Return the partner's label of each object and detection that counts, by their ids."""
    truths = {entry["id"]: entry["category_id"] for entry in matches.object_entries}
    results = {entry["id"]: entry["category_id"] for entry in matches.entries}
    for true, detected in leftovers(matches, iou, score_threshold):
        if true:
            truths[true["id"]] = detected["category_id"] if detected else NO_PARTNER
        if detected:
            results[detected["id"]] = true["category_id"] if true else NO_PARTNER
    return truths, results


def _comparison(image, coco_eval, partners, score_threshold, predictions, kind) -> Comparison:
    """Return the `Comparison` of one image."""
    skeleton = predictions.skeleton if kind.needs == "keypoints" else None
    truths = coco_eval.cocoGt.imgToAnns[image["id"]]
    results = [
        result
        for result in coco_eval.cocoDt.imgToAnns[image["id"]]
        if result["score"] >= score_threshold
    ]
    truth, found = (
        _judged(entries, known, skeleton)
        for entries, known in zip((truths, results), partners, strict=True)
    )
    found = found._replace(scores=np.array([result["score"] for result in results], float))
    runs = None
    if kind.needs == "segmentation":
        runs = tuple([entry["segmentation"] for entry in entries] for entries in (truths, results))
    counts = count_outcomes(truth, found)
    wrong = counts["wrong_class"]
    fn, fp = counts["missed"] + wrong, counts["false_alarms"] + wrong
    accuracy = float(rates(counts["found"], fp, fn)["accuracy"])
    about = image["index"], image["file_name"], predictions.class_names
    return Comparison(*about, truth, found, counts, accuracy, runs, skeleton)


def _judged(entries, partners, skeleton) -> Judged:
    """Turn COCO's dicts into rows; one without a partner's label does not count."""
    boxes = np.array([entry["bbox"] for entry in entries], float).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return Judged(
        boxes,
        np.array([entry["category_id"] for entry in entries], int),
        np.array([partners.get(entry["id"], NOT_COUNTED) for entry in entries], int),
        keypoints=skeleton and _keypoints(entries, skeleton),
    )


def _keypoints(entries, skeleton) -> np.ndarray:
    """Return the keypoints of COCO's dicts in pixels of the image, (n, J, 3)."""
    rows = [from_indices(entry["keypoints"]) for entry in entries]
    return np.array(rows, np.float32).reshape(len(rows), len(skeleton), 3)


def _badness(comparison) -> tuple[float, int]:
    """Sort the worst first; an image without objects and detections comes last."""
    errors = sum(comparison.counts.values()) - comparison.counts["found"]
    return (comparison.accuracy if errors or comparison.counts["found"] else 1.0), -errors


def _crop(run) -> tuple[np.ndarray, int, int]:
    """Cut out a mask given as RLE: `(crop, x, y)`."""
    x, y, width, height = (int(value) for value in coco_masks.toBbox(run))
    return coco_masks.decode(run)[y : y + height, x : x + width], x, y
