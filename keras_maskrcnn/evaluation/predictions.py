"""A model's detections in the images of a source, and the objects annotated there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pycocotools.cocoeval import COCOeval

from keras_maskrcnn.evaluation.average_precision import match
from keras_maskrcnn.evaluation.kinds import KINDS, Kind, deciding
from keras_maskrcnn.evaluation.pixels import PixelMetrics
from keras_maskrcnn.skeletons import Skeleton

LEAST_MAX_DETECTIONS = 100  # COCO's own limit


class Predictions:
    """A model's detections of every score and a source's objects, as COCO's dicts.

    `collect_predictions` makes it and runs the model; what is measured on it afterwards, at any
    IoU and score, does not. Masks are held as run lengths.

    Args:
        class_names: the K names of the source; the category of a dict is 1..K.
        known: for each class of the model its label 1..K, or 0 if the source does not have it.

    Attributes:
        class_names: as given.
        missing_classes: those of `class_names` that the model does not know.
        kinds: names of what is measured, "box", "mask" and "keypoint" or some of them: what the
            model gives and every object has.
        skeleton: `Skeleton` of the keypoints, the source's if it has one; None without.
        objects_without: {kind: number of objects that lack it}, of the kinds that the model gives
            and that are not measured for that reason.
        images: dicts with `id`, `height`, `width`, `file_name` and `index`, the place in the
            source.
        truths: COCO annotations with `image_id`, `category_id`, `bbox`, `area`, `iscrowd` and, of
            objects with a mask, `segmentation`; of a source with keypoints `keypoints` and
            `num_keypoints`.
        results: COCO results with `image_id`, `category_id`, `bbox`, `score` and, if there are
            masks, `segmentation`, and with keypoints `keypoints`.
        pixels: `PixelMetrics` if model and source have semantic maps, else None.
    """

    def __init__(self, class_names: Sequence[str], known: Sequence[int]):
        self.class_names = tuple(class_names)
        self.missing_classes = [
            name for k, name in enumerate(self.class_names, start=1) if k not in known
        ]
        self.images: list[dict] = []
        self.truths: list[dict] = []
        self.results: list[dict] = []
        self.pixels: PixelMetrics | None = None
        self._given, self._lacking = dict.fromkeys(KINDS, True), dict.fromkeys(KINDS, 0)
        self._known = known
        self._source_ids: list[int | str] = []
        self._most_detections = 0
        self.skeleton: Skeleton | None = None
        self._matched: dict[tuple[Kind, int], COCOeval] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds that the model gives and every object has."""
        return tuple(name for name in KINDS if self._given[name] and not self._lacking[name])

    @property
    def objects_without(self) -> dict[str, int]:
        """Numbers of objects for whose lack a kind that the model gives is not measured."""
        return {name: n for name, n in self._lacking.items() if n and self._given[name]}

    def add(self, index, sample, annotations, detections) -> None:
        """Take in one image.

        Args:
            index: of the sample in its source.
            sample: a `Sample`.
            annotations: its objects, as `Source.coco_annotations` gives them.
            detections: the `Detections` in it.
        """
        self._take_skeleton(sample, detections)
        if self.pixels is not None:
            self.pixels.add(sample, detections)
        image_id = len(self.images) + 1
        height, width = sample.image.shape[:2]
        about = {"file_name": sample.file_name, "index": index}
        self.images.append({"id": image_id, "height": height, "width": width, **about})
        self._source_ids.append(sample.image_id)
        self.truths.extend({**truth, "image_id": image_id} for truth in annotations)
        results = [r for r in detections.to_coco(image_id, self._known) if r["category_id"]]
        self.results.extend(results)
        self._most_detections = max(self._most_detections, len(results))
        for name, kind in KINDS.items():
            self._given[name] &= kind.given(detections)
            self._lacking[name] += sum(kind.needs not in truth for truth in annotations)

    def _take_skeleton(self, sample, detections) -> None:
        """Take that of the source if it has one, else of the model.

        Raises:
            ValueError: model and source have different keypoints.
        """
        field, found = sample.instances.fields.get("keypoints"), detections.skeleton
        skeleton = getattr(field, "skeleton", found)
        if found is not None and not found.fits(skeleton):
            raise ValueError(
                f"`source` must have the model's {len(found)} keypoints, in the order "
                f"{list(found.names)}. Received: {len(skeleton)}, {list(skeleton.names)}. "
                "Type open_source(..., skeleton=model.skeleton)."
            )
        self.skeleton = skeleton

    def number_by_source_id(self) -> None:
        """Sort out the numbers of the images by rising id: it decides between equal scores."""
        order = np.argsort(np.array(self._source_ids), kind="stable")
        numbers = np.empty(len(order), int)
        numbers[order] = np.arange(1, len(order) + 1)
        for image in self.images:
            image["id"] = int(numbers[image["id"] - 1])
        for entry in self.truths + self.results:
            entry["image_id"] = int(numbers[entry["image_id"] - 1])

    def limit(self, max_detections: int | None) -> int:
        """Return `max_detections`, for None as many as an image has, 100 at least."""
        return max_detections or max(LEAST_MAX_DETECTIONS, self._most_detections)

    def kind(self, name: str | None) -> Kind:
        """Return the entry of a kind that is measured.

        Args:
            name: one of `kinds`; None takes the last of "box", "mask", "keypoint" that is measured
                in every class: keypoints only if each class that has objects has some.

        Raises:
            ValueError: `name` is not one of `kinds`.
        """
        if name is None:
            return deciding(one for one in self.kinds if not self.classes_without(KINDS[one]))
        if name not in self.kinds:
            raise ValueError(
                f"`kind` must be one of {list(self.kinds)}. Received: kind={name!r}. "
                "Masks are measured only if the model gives masks and every object has one."
            )
        return KINDS[name]

    def classes_without(self, kind: Kind) -> set[int]:
        """Return the labels of classes that have objects, of which none is labelled for a kind.

        For keypoints those are the classes that have none. Their detections are left out where
        keypoints are matched: they are neither right nor wrong.
        """
        counted = [truth for truth in self.truths if not truth["iscrowd"]]
        having = {truth["category_id"] for truth in counted if kind.labelled(truth)}
        return {truth["category_id"] for truth in counted} - having

    def match(self, kind: str | None = None, max_detections: int | None = None) -> COCOeval:
        """Return the `COCOeval` of a kind after `evaluate` and `accumulate`, computed once.

        Args:
            kind: "box", "mask" or "keypoint"; None takes one as `kind` does.
            max_detections: per image and class, the best scores; None counts all there are.

        Raises:
            ValueError: `kind` is not one of `kinds`.
        """
        key = self.kind(kind), self.limit(max_detections)
        if key not in self._matched:
            without = self.classes_without(key[0])
            results = [one for one in self.results if one["category_id"] not in without]
            arrays = self.images, self.truths, results, len(self.class_names)
            sigmas = self.skeleton and self.skeleton.sigmas
            self._matched[key] = match(*arrays, *key, sigmas)
        return self._matched[key]


def check_positive(**numbers) -> None:
    """Raise ValueError for the first number that is below 1; None stands for "all"."""
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={number}.")
