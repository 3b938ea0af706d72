"""Detections that several tests share."""

import cv2
import numpy as np

from keras_maskrcnn.detections import Detections


def solid(boxes, image_size=(6, 8), scores=None, labels=None, names=("cell", "dust")):
    """Detections whose masks fill their boxes."""
    n = len(boxes)
    scores = np.linspace(0.9, 0.5, n) if scores is None else scores
    labels = np.ones(n, int) if labels is None else labels
    return Detections(boxes, labels, scores, np.ones((n, 4, 4)), names, image_size)


def blobs(seed, count=5, image_size=(37, 41)):
    """Detections of ragged masks, in pieces and with holes, that reach over the image's border."""
    rng = np.random.default_rng(seed)
    masks = [cv2.GaussianBlur(rng.uniform(size=(9, 9)), (0, 0), 0.7) for _ in range(count)]
    corner = rng.uniform(-5, 20, (count, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(8, 40, (count, 2))], axis=1)
    labels = 1 + np.arange(count) % 2
    scores = np.sort(rng.uniform(0.1, 1, count))[::-1]
    return Detections(boxes, labels, scores, np.stack(masks), ["cell", "dust"], image_size)
