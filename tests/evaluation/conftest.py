"""A source and a model of known answers, both made of rectangles."""

import numpy as np
import pytest

from keras_maskrcnn.data import Instances, Sample, Source
from keras_maskrcnn.detections import Detections


class Rectangles(Source):
    """Images of given boxes. `objects[i]` lists (label, x1, y1, x2, y2) or (..., "crowd").

    Objects that list "bare" are annotated by a box alone.
    """

    def __init__(self, objects, class_names=("cell",), size=(64, 64)):
        self.objects = objects
        self.class_names = class_names
        self.size = size
        self.loaded = []

    def __len__(self):
        return len(self.objects)

    def __getitem__(self, index):
        self.loaded.append(index)
        rows = self.objects[index]
        masks = np.zeros((len(rows), *self.size), bool)
        for mask, (_, x1, y1, x2, y2, *_) in zip(masks, rows, strict=True):
            mask[y1:y2, x1:x2] = True
        instances = Instances.from_dense(
            masks, [row[0] for row in rows], ["crowd" in row for row in rows]
        )
        # The image says which one it is, so that the model can look its answer up.
        image = np.full((*self.size, 3), index, np.uint8)
        return Sample(image, instances, image_id=f"image {index}", file_name=f"{index}.png")

    def coco_annotations(self, index, sample):
        annotations = super().coco_annotations(index, sample)
        for row, annotation in zip(self.objects[index], annotations, strict=True):
            if "bare" in row:
                del annotation["segmentation"]
        return annotations


class Answers:
    """A model whose detections are given. `found[i]` lists (label, score, x1, y1, x2, y2)."""

    def __init__(self, found, class_names=("cell",), masks=True):
        self.found = found
        self.class_names = class_names
        self.masks = masks
        self.calls = []

    def detect(self, images, *, score_threshold=0.5, batch_size=1):
        self.calls.append((len(images), score_threshold, batch_size))
        return [self._answer(image, score_threshold) for image in images]

    def _answer(self, image, score_threshold):
        rows = [row for row in self.found[int(image[0, 0, 0])] if row[1] >= score_threshold]
        return Detections(
            [row[2:] for row in rows],
            [row[0] for row in rows],
            [row[1] for row in rows],
            solid_masks(len(rows)) if self.masks else None,
            self.class_names,
            image.shape[:2],
        )


def solid_masks(count):
    """Masks that fill their boxes to the corners."""
    return np.full((count, 4, 4), 4.0, np.float32)


@pytest.fixture
def source_of():
    return Rectangles


@pytest.fixture
def model_of():
    return Answers
