"""Problems of single objects and of pairs of objects in one image."""

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from keras_maskrcnn.data.moving_boxes import box_areas
from keras_maskrcnn.data.problems.findings import Finding
from keras_maskrcnn.wording import counted


class ImageObjects:
    """The objects of one image with their numbers, counted from 1 in the annotations' order.

    Args:
        source: the `Source`.
        place: `Place` of the image, without objects.
        sample: what the source gives there.
    """

    def __init__(self, source, place, sample):
        self._place = place
        self._class_names = source.class_names
        self.instances = sample.instances
        annotations = source.coco_annotations(place.index, sample)
        shown = [_is_shown(annotation) for annotation in annotations]
        if sum(shown) != len(self.instances):  # a source of its own mind: count what it shows
            annotations, shown = [], [True] * len(self.instances)
        self.numbers = [number for number, seen in enumerate(shown, start=1) if seen]
        self._annotations = annotations
        self._empty = [number for number, seen in enumerate(shown, start=1) if not seen]
        alone = ~self.instances.has_masks & ~self.instances.iscrowd
        self.boxes_only = tuple(self.numbers[i] for i in np.flatnonzero(alone))

    def finding(self, kind, what, *which, **figures) -> Finding:
        """Return a finding on the objects at positions `which` of the instances."""
        numbers = [self.numbers[i] for i in which]
        labels = [int(self.instances.labels[i]) for i in which]
        boxes = self.instances.boxes[list(which)].tolist()
        return self._finding(kind, what, numbers, labels, boxes, figures)

    def empty_findings(self) -> Iterator[Finding]:
        """Yield a finding for each object whose mask, or box, covers no pixel."""
        for number in self._empty:
            annotation = self._annotations[number - 1]
            x, y, width, height = map(float, annotation["bbox"])
            box, label = [x, y, x + width, y + height], annotation["category_id"]
            what = "covers no pixel, so it is not trained on"
            yield self._finding("empty_mask", what, [number], [label], [box], {})

    def _finding(self, kind, what, numbers, labels, boxes, figures):
        place = self._place
        names = [self._class_names[label - 1] for label in labels]
        named = [f"{number} ({name})" for number, name in zip(numbers, names, strict=True)]
        noun = "object" if len(numbers) == 1 else "objects"
        message = f"{place.split}: '{place.file_name}', {noun} {' and '.join(named)} {what}"
        places = (dataclasses.replace(place, objects=tuple(numbers)),)
        return Finding(kind, message, places, {**figures, "classes": names, "boxes": boxes})


def _is_shown(annotation):
    """Whether the mask of an annotation, or its box if it has none, covers anything."""
    if "segmentation" in annotation:
        return bool(coco_mask.area(annotation["segmentation"]))
    return min(annotation["bbox"][2:]) > 0


def object_findings(objects, limits) -> Iterator[Finding]:
    """Yield what is wrong with the objects of one image; crowds are not looked at."""
    yield from objects.empty_findings()
    areas = objects.instances.areas.tolist()
    kept = np.flatnonzero(~objects.instances.iscrowd).tolist()
    for i in kept:
        yield from _single(objects, i, areas[i], limits)
    has_masks = objects.instances.has_masks
    outlined = [i for i in kept if has_masks[i]]
    for i, j, pixels in _shared_pixels(objects.instances, areas, outlined, limits):
        yield from _pair(objects, i, j, pixels, areas, limits)
    for i, j, iou in _alike_boxes(objects.instances.boxes, kept, limits):
        if not (has_masks[i] and has_masks[j]):
            yield _same_region(objects, i, j, "box", iou)


def _single(objects, i, area, limits):
    """Yield what is wrong with one object."""
    height, width = objects.instances.image_size
    share = area / (height * width)
    outlined = objects.instances.has_masks[i]
    if area < limits.tiny_pixels:
        what = f"has {counted(area, 'pixel')}" if outlined else f"has a box of {area:.3g} pixels"
        yield objects.finding("tiny_object", what, i, pixels=area)
    if share >= limits.huge_share:
        what = f"{'covers' if outlined else 'has a box over'} {share:.0%} of the image"
        yield objects.finding("huge_object", what, i, share=share)
    if outlined and area >= limits.pieces:
        pieces = cv2.connectedComponents(objects.instances.masks[i], connectivity=8)[0] - 1
        if pieces >= limits.pieces:
            what = f"has a mask of {pieces} pieces"
            yield objects.finding("many_pieces", what, i, pieces=pieces)


def _pair(objects, i, j, pixels, areas, limits):
    """Yield what is wrong with two objects that share so many pixels."""
    iou = pixels / (areas[i] + areas[j] - pixels)
    inner, outer = (i, j) if areas[i] <= areas[j] else (j, i)
    share = pixels / areas[inner]
    same = objects.instances.labels[i] == objects.instances.labels[j]
    if iou >= limits.duplicate_iou:
        yield _same_region(objects, i, j, "mask", iou, shared_pixels=pixels)
    elif same and share >= limits.overlap:
        what = f"overlap: {share:.0%} of {objects.numbers[inner]} lies in {objects.numbers[outer]}"
        yield objects.finding("overlap", what, i, j, share=share, iou=iou, shared_pixels=pixels)


def _same_region(objects, i, j, what, iou, **figures):
    """Return the finding on two objects that are almost the same by their masks or boxes."""
    same = objects.instances.labels[i] == objects.instances.labels[j]
    kind = "duplicate_object" if same else "two_classes"
    message = f"are almost the same region: {what} IoU {iou:.2f}"
    return objects.finding(kind, message, i, j, iou=iou, **figures)


def _alike_boxes(boxes, kept, limits):
    """Yield (i, j, IoU) of the pairs with almost the same box."""
    boxes, kept = boxes.astype(np.float64), np.array(kept, np.int64)
    areas = box_areas(boxes)
    for position, i in enumerate(kept.tolist()):
        others = kept[position + 1 :]
        low = np.maximum(boxes[i, :2], boxes[others, :2])
        high = np.minimum(boxes[i, 2:], boxes[others, 2:])
        shared = np.clip(high - low, 0, None).prod(axis=1)
        ious = shared / (areas[i] + areas[others] - shared)
        for k in np.flatnonzero(ious >= limits.duplicate_box_iou):
            yield i, int(others[k]), float(ious[k])


def _shared_pixels(instances, areas, kept, limits):
    """Yield (i, j, pixels that both cover) of the pairs whose boxes allow enough of them."""
    boxes = instances.boxes.astype(np.int64)
    areas = np.asarray(areas)
    for position, i in enumerate(kept):
        others = np.array(kept[position + 1 :], np.int64)
        low = np.maximum(boxes[i, :2], boxes[others, :2])
        high = np.minimum(boxes[i, 2:], boxes[others, 2:])
        room = np.clip(high - low, 0, None).prod(axis=1)
        least = limits.overlap * np.minimum(areas[i], areas[others])
        for k in np.flatnonzero((room > 0) & (room >= least)):
            j = int(others[k])
            window = (*low[k].tolist(), *high[k].tolist())
            both = _cut(instances, i, window) & _cut(instances, j, window)
            yield i, j, int(both.sum())


def _cut(instances, i, window):
    """Return the part of a mask inside a window (x1, y1, x2, y2) of its box."""
    x, y = instances.boxes[i, :2].astype(int)
    x1, y1, x2, y2 = window
    return instances.masks[i][y1 - y : y2 - y, x1 - x : x2 - x]
