"""What is kept of one image on its way through a model."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from keras_maskrcnn.detections import Detections
from keras_maskrcnn.skeletons import Skeleton


def probabilities(logits) -> np.ndarray:
    """Return the sigmoid of logits, however far below 0 they are.

    >>> probabilities(np.float32([-1000, 0, 1000])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.exp(-np.logaddexp(0, -logits))


class Boxes(NamedTuple):
    """Boxes of the region proposal network, in pixels of the network input.

    Args:
        boxes: (n, 4) float32 xyxy.
        scores: (n,) float32 objectness in 0..1.
        levels: (n,) str, the pyramid level of the anchor that became the box.
    """

    boxes: np.ndarray
    scores: np.ndarray
    levels: np.ndarray


@dataclasses.dataclass
class RoI:
    """One box on its way through RoIAlign and the heads of masks and keypoints.

    Args:
        detection: int, which of the detections it is; None for a proposal that was not detected.
        label: int in 1..K; of a proposal the likeliest class.
        name: str, the name of the class.
        score: float, the probability of the class.
        box: (4,) float32 xyxy in pixels of the network input.
        image_box: (4,) float32 xyxy in pixels of the original image.
        level: str, the pyramid level that RoIAlign reads.
        points: (n, 2) float32 x, y at which RoIAlign reads, in cells of that level: 0 is the centre
            of the first cell. Points that count as 0, off the map, are left out.
        image_points: (n, 2) float32, the same places in pixels of the network input: cell k has its
            centre at `(k + 0.5) * stride`. Without `aligned` they lie half a cell off the box.
        x_edges, y_edges: (P + 1,) float32 borders of the bins, in cells as `points`; None for
            `pooling="crop_and_resize"`, which has points but no bins.
        crop: (P, P, C) what RoIAlign made of the points.
        mask_logits: (m, m) float32 of the box's own class; None for a model without masks.
        mask_probabilities: (m, m) float32, their sigmoid; None likewise.
        mask: `(crop, x, y)`, the pixels of the original image that the mask covers, (h, w) uint8,
            and where its corner lies; None likewise.
        keypoint_logits: (m, m, J) float32, the heatmap of each keypoint over the box; None for a
            model or a class without keypoints.
        keypoints: (J, 3) float32, x, y in pixels of the original image, and score; None likewise.
        skeleton: `Skeleton` of the keypoints; None likewise.
    """

    detection: int | None
    label: int
    name: str
    score: float
    box: np.ndarray
    image_box: np.ndarray
    level: str
    points: np.ndarray
    image_points: np.ndarray
    x_edges: np.ndarray | None
    y_edges: np.ndarray | None
    crop: np.ndarray
    mask_logits: np.ndarray | None = None
    mask_probabilities: np.ndarray | None = None
    mask: tuple | None = None
    keypoint_logits: np.ndarray | None = None
    keypoints: np.ndarray | None = None
    skeleton: Skeleton | None = None


@dataclasses.dataclass
class Stages:
    """Everything between an image and its detections, as NumPy arrays without a batch axis.

    Coordinates: xyxy float32 pixels of the padded network input, unless said otherwise.

    Args:
        image: (H0, W0, C) uint8, the original image.
        network_image: (H, W, C) uint8 or float32, resized and padded: what the network is given.
        window: (4,) float32, where in it the image lies.
        strides: dict from level to int, pixels from one cell to the next.
        pyramid: dict from level to (h, w, C) float feature map.
        anchors: dict from level to (h, w, A, 4) float32 anchors of each cell.
        objectness_logits: dict from level to (h, w, A) float32.
        candidates: `Boxes` that enter suppression: of every level the best, best first.
        proposals: `Boxes` that are left, best first.
        proposal_candidates: (n,) int, which of the candidates each proposal is.
        class_logits: (n, K + 1) float32 of each proposal, background first.
        detections: `Detections` in pixels of the original image, as `model.detect` gives them.
        detection_boxes: (d, 4) float32, their boxes on the network input.
        score_threshold: float, the lowest score of a detection.
        roi: `RoI`, the box that is followed to its mask and keypoints: a detection, or if there is
            none the proposal likeliest to be an object. None if there is no proposal either.
    """

    image: np.ndarray
    network_image: np.ndarray
    window: np.ndarray
    strides: dict
    pyramid: dict
    anchors: dict
    objectness_logits: dict
    candidates: Boxes
    proposals: Boxes
    proposal_candidates: np.ndarray
    class_logits: np.ndarray
    detections: Detections
    detection_boxes: np.ndarray
    score_threshold: float
    roi: RoI | None = None
