"""DetectionLayer."""

import keras
from keras import ops

from keras_maskrcnn.ops import boxes as box_ops
from keras_maskrcnn.ops.nms import suppress
from keras_maskrcnn.ops.selection import best, gather
from keras_maskrcnn.ops.tensor import Tensor
from keras_maskrcnn.scores import check_score


@keras.saving.register_keras_serializable("keras_maskrcnn")
class DetectionLayer(keras.layers.Layer):
    """Turns the box head's outputs into the final boxes of each image.

    Softmax over the classes; every foreground class of every proposal above `score_threshold`
    is a candidate (one proposal may yield several); candidates are decoded with their class's
    deltas, clipped, dropped if a side is below `min_size`, suppressed within their class, and the
    best `max_detections` remain.

    Coordinates: xyxy float32 pixels of the padded network input.

    Args:
        score_threshold: lowest score (exclusive), in 0..1. Default 0.05.
        nms_threshold: IoU above which the lower-scored box of the same class goes. Default 0.5.
        max_detections: D, rows of the result. Default 100.
        pre_nms_top_n: most candidates per image that enter suppression. Default: all there can be,
            since at most `1 / score_threshold` classes of a proposal score above the threshold.
        box_weights: divisors of the deltas. Default `(10, 10, 5, 5)` (Faster R-CNN).
        min_size: smallest side in pixels. Default 1e-2 (torchvision).
        one_class_per_proposal: let a proposal be a candidate of its most probable class only, and
            of none if that is the background (Matterport). Default: of every class.

    Call arguments:
        class_logits: `(B, R, K + 1)`, background first.
        box_deltas: `(B, R, K, 4)`.
        proposals: `(B, R, 4)`.
        valid: `(B, R)` bool, False for padding proposals.
        image_sizes: `(B, 2)` height and width of each image inside the padded batch, or `(B, 4)`
            its window `x1, y1, x2, y2`; boxes are clipped to it.

    Returns:
        `boxes` `(B, D, 4)` float32, best first; `scores` `(B, D)` float32; `labels` `(B, D)`
        int32 in 1..K; `valid` `(B, D)` bool. Padding rows hold 0 and False.

    Raises:
        ValueError: `score_threshold` is not a number in 0..1.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import DetectionLayer
    >>> logits = np.array([[[0.0, 4.0], [0.0, 3.0]]])
    >>> proposals = np.array([[[0.0, 0, 10, 10], [0.0, 0, 10, 9]]])
    >>> deltas, valid = np.zeros((1, 2, 1, 4)), np.array([[True, True]])
    >>> layer = DetectionLayer(max_detections=2)
    >>> boxes, _, labels, _ = layer(logits, deltas, proposals, valid, np.array([[20, 20]]))
    >>> np.asarray(boxes)[0].tolist(), np.asarray(labels)[0].tolist()
    ([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 0.0, 0.0]], [1, 0])

    References:
        Girshick 2015, Fast R-CNN, section 2; He et al. 2017, Mask R-CNN, section 3.1, "Inference".
    """

    def __init__(
        self,
        score_threshold=0.05,
        nms_threshold=0.5,
        max_detections=100,
        pre_nms_top_n=None,
        box_weights=(10.0, 10.0, 5.0, 5.0),
        min_size=1e-2,
        one_class_per_proposal=False,
        **kwargs,
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        check_score(score_threshold=score_threshold)
        self.score_threshold = score_threshold
        self.nms_threshold = nms_threshold
        self.max_detections = max_detections
        self.pre_nms_top_n = pre_nms_top_n
        self.box_weights = tuple(map(float, box_weights))
        self.min_size = min_size
        self.one_class_per_proposal = one_class_per_proposal
        self.built = True

    def call(
        self, class_logits, box_deltas, proposals, valid, image_sizes
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        batch = ops.shape(class_logits)[0]
        rois, classes = box_deltas.shape[1:3]
        scores = ops.softmax(ops.cast(class_logits, "float32"), axis=-1)
        highest = ops.max(scores, axis=-1, keepdims=True)
        scores = scores[..., 1:]
        candidate = ops.logical_and(scores > self.score_threshold, ops.expand_dims(valid, -1))
        if self.one_class_per_proposal:
            candidate = ops.logical_and(candidate, ops.equal(scores, highest))
        scores = ops.reshape(ops.where(candidate, scores, float("-inf")), (batch, rois * classes))
        scores, index = best(scores, self._most_candidates(rois, classes))
        deltas = gather(ops.reshape(box_deltas, (batch, rois * classes, 4)), index)
        boxes = box_ops.decode(deltas, gather(proposals, index // classes), self.box_weights)
        boxes = box_ops.clip(boxes, image_sizes)
        labels = index % classes + 1
        found = ops.logical_and(
            scores > float("-inf"), box_ops.sides_at_least(boxes, self.min_size)
        )
        keep = suppress(boxes, found, self.nms_threshold, labels, self.max_detections)
        scores, index = best(ops.where(keep, scores, float("-inf")), self.max_detections)
        found = scores > float("-inf")
        boxes = ops.where(ops.expand_dims(found, -1), gather(boxes, index), 0.0)
        labels = ops.where(found, ops.take_along_axis(labels, index, axis=1), 0)
        return boxes, ops.where(found, scores, 0.0), ops.cast(labels, "int32"), found

    def _most_candidates(self, rois, classes):
        per_proposal = 1 if self.one_class_per_proposal else classes
        if self.score_threshold > 0:
            per_proposal = min(per_proposal, int(1 / self.score_threshold))
        return min(self.pre_nms_top_n or rois * per_proposal, rois * per_proposal)

    def compute_output_spec(
        self, class_logits, box_deltas, proposals, valid, image_sizes
    ) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
        shape = (class_logits.shape[0], self.max_detections)
        return (
            keras.KerasTensor((*shape, 4), "float32"),
            keras.KerasTensor(shape, "float32"),
            keras.KerasTensor(shape, "int32"),
            keras.KerasTensor(shape, "bool"),
        )

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "score_threshold": self.score_threshold,
            "nms_threshold": self.nms_threshold,
            "max_detections": self.max_detections,
            "pre_nms_top_n": self.pre_nms_top_n,
            "box_weights": self.box_weights,
            "min_size": self.min_size,
            "one_class_per_proposal": self.one_class_per_proposal,
        }
