"""Panoptic quality: how good a map of segments is, by the definition of panopticapi."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_maskrcnn.semantics import PanopticMap, Segment, stuff_values


class PanopticQuality:
    """The matches of segments over any number of images, and the figures made of them.

    A segment found and a true one of its class are a match if their IoU is above 0.5, which each
    can have with one other only. PQ, the sum of the IoU of matches divided by their number, half of
    the false positives and half of the false negatives, is SQ, the mean IoU of matches, times RQ,
    their F1. Pixels of no true segment leave the union; true crowds are matched with nothing; a
    segment found that lies by more than half on pixels of no true segment, or on a crowd of its
    class, is no false positive.

    Args:
        thing_names: names of the classes of things.
        stuff_names: names of the classes of stuff.

    Attributes:
        class_names: tuple of both.
        iou: float64 (S,), the sum of the IoU of the matches of each class.
        tp, fp, fn: int64 (S,), matches, false positives and false negatives of each class.

    Example:

    >>> one = PanopticMap(np.array([[1, 1, 1, 0]]), [Segment(1, "cat", True)])
    >>> two = PanopticMap(np.array([[0, 7, 7, 7]]), [Segment(7, "cat", True)])
    >>> quality = PanopticQuality(["cat"], [])
    >>> quality.add(found=one, truth=two)  # 2 of 3 pixels, that of no true segment aside
    >>> {key: round(value, 3) for key, value in quality.to_json()["things"].items()}
    {'PQ': 0.667, 'SQ': 0.667, 'RQ': 1.0, 'classes': 1}

    References:
        Kirillov et al. 2019, Panoptic Segmentation, section 4; cocodataset/panopticapi.
    """

    def __init__(self, thing_names: Sequence[str], stuff_names: Sequence[str]):
        self.class_names = (*thing_names, *stuff_names)
        self._things = len(thing_names)
        self._rows = {name: row for row, name in enumerate(self.class_names)}
        self.iou = np.zeros(len(self.class_names))
        self.tp, self.fp, self.fn = (np.zeros(len(self.class_names), np.int64) for _ in range(3))

    def add(self, found: PanopticMap, truth: PanopticMap) -> None:
        """Count the segments of one image; those found of classes without a name are left out.

        Args:
            found: `PanopticMap`.
            truth: `PanopticMap` of the same size.

        Raises:
            ValueError: they differ in size, or a true segment is of another class.
        """
        _check(found, truth, self._rows)
        shared = _intersections(found.ids, truth.ids)
        areas, true_areas = found.areas(), truth.areas()
        by_id = {one.id: one for one in found.segments if one.class_name in self._rows}
        true_by_id = {one.id: one for one in truth.segments}
        matched, true_matched = set(), set()
        for (id_, true_id), pixels in shared.items():
            one, true = by_id.get(id_), true_by_id.get(true_id)
            if one is None or true is None or true.iscrowd or one.class_name != true.class_name:
                continue
            union = areas[id_] + true_areas[true_id] - pixels - shared.get((id_, 0), 0)
            if pixels / union > 0.5:
                self.iou[self._rows[one.class_name]] += pixels / union
                self.tp[self._rows[one.class_name]] += 1
                matched.add(id_)
                true_matched.add(true_id)
        for one in truth.segments:
            self.fn[self._rows[one.class_name]] += one.id not in true_matched and not one.iscrowd
        crowds = {one.class_name: one.id for one in truth.segments if one.iscrowd}
        for one in by_id.values():
            beside = shared.get((one.id, 0), 0) + shared.get(
                (one.id, crowds.get(one.class_name)), 0
            )
            excused = beside / areas[one.id] > 0.5
            self.fp[self._rows[one.class_name]] += one.id not in matched and not excused

    def to_json(self) -> dict:
        """Return the figures: "PQ", "SQ", "RQ", "classes", and the same of "things" and "stuff".

        They are means over the classes that are there or found, and how many these are; -1 if there
        is none. "per_class" is a dict from name to {"PQ", "SQ", "RQ", "tp", "fp", "fn"}; -1 for a
        class that is neither there nor found.
        """
        counts = self.tp + 0.5 * self.fp + 0.5 * self.fn
        known = counts > 0
        recognition = np.divide(self.tp, counts, out=np.zeros_like(counts), where=known)
        segmentation = np.divide(self.iou, self.tp, out=np.zeros_like(counts), where=self.tp > 0)
        quality = np.divide(self.iou, counts, out=np.zeros_like(counts), where=known)
        rows = np.where(known[:, None], np.stack([quality, segmentation, recognition], -1), -1.0)
        things = np.arange(len(rows)) < self._things
        per_class = {
            name: dict(zip(("PQ", "SQ", "RQ"), row.tolist(), strict=True))
            | {key: int(getattr(self, key)[i]) for key in ("tp", "fp", "fn")}
            for i, (name, row) in enumerate(zip(self.class_names, rows, strict=True))
        }
        return {
            **_means(rows[known]),
            "things": _means(rows[known & things]),
            "stuff": _means(rows[known & ~things]),
            "per_class": per_class,
        }


def true_map(instances, class_names, semantic_names) -> PanopticMap:
    """Return what a found panoptic map is measured against, of a sample's objects and its map.

    Of objects that overlap the smaller lies on top, crowds at the bottom. Stuff is where the
    semantic map has it and no object is; what is neither belongs to no segment.

    Args:
        instances: `Instances` with masks and a semantic map.
        class_names: the K names of classes of objects.
        semantic_names: the S names of the values of the semantic map.
    """
    ids, segments = np.zeros(instances.image_size, np.int32), []
    for value in stuff_values(semantic_names, class_names):
        pixels = instances.semantic == value
        if pixels.any():
            segments.append(Segment(len(segments) + 1, semantic_names[value], False))
            ids[pixels] = segments[-1].id
    for i in np.lexsort([-instances.areas, ~instances.iscrowd]):
        x1, y1, x2, y2 = instances.boxes[i].astype(int)
        name, crowd = class_names[instances.labels[i] - 1], bool(instances.iscrowd[i])
        segments.append(Segment(len(segments) + 1, name, True, crowd))
        ids[y1:y2, x1:x2][instances.masks[i] > 0] = segments[-1].id
    there = set(np.unique(ids).tolist())
    return PanopticMap(ids, [one for one in segments if one.id in there])


def _intersections(found, truth):
    """Return the pixels that each pair of ids shares, a dict from (found, true)."""
    pairs, counts = np.unique(found.astype(np.int64) << 32 | truth, return_counts=True)
    keys = zip((pairs >> 32).tolist(), (pairs & 0xFFFFFFFF).tolist(), strict=True)
    return dict(zip(keys, counts.tolist(), strict=True))


def _means(rows):
    means = rows.mean(axis=0).tolist() if len(rows) else [-1.0] * 3
    return {**dict(zip(("PQ", "SQ", "RQ"), means, strict=True)), "classes": len(rows)}


def _check(found, truth, rows):
    if found.ids.shape != truth.ids.shape:
        raise ValueError(
            f"`found` must have the size of `truth`, {truth.ids.shape}. "
            f"Received: found.ids.shape={found.ids.shape}."
        )
    if unknown := sorted({one.class_name for one in truth.segments} - rows.keys()):
        raise ValueError(
            f"`truth` must have segments of the classes {list(rows)[:8]}. Received: {unknown[:8]}."
        )
