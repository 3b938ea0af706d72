"""ProposalLayer.

Shapes: B images, L levels, N anchors, n of them in each level, R proposals (`keras_maskrcnn.ops`).
"""

import keras
from keras import ops

from keras_maskrcnn.layers.levels import check_dict
from keras_maskrcnn.ops import boxes as box_ops
from keras_maskrcnn.ops.nms import suppress
from keras_maskrcnn.ops.selection import best, gather
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class ProposalLayer(keras.layers.Layer):
    """Turns RPN outputs into a fixed number of proposals per image.

    On each level (or, with `per_level=False`, on all together): the best `pre_nms_top_n` anchors by
    logit, decoded, clipped to the image, boxes with a side below `min_size` dropped, exact
    non-maximum suppression. Then the best `post_nms_top_n` over all levels by score. No gradient
    flows through the result.

    Coordinates: xyxy float32 pixels of the padded network input.

    Args:
        pre_nms_top_n: anchors per level and image that are decoded.
        post_nms_top_n: R, proposals per image.
        nms_threshold: IoU above which the lower-scored box goes.
        min_size: smallest side in pixels of a proposal. Default 1e-3 (torchvision).
        training_pre_nms_top_n: replaces `pre_nms_top_n` in training. Default: the same, but twice
            of it in a `FasterRCNN` or `MaskRCNN`, which ask for `more_in_training`.
        training_post_nms_top_n: replaces `post_nms_top_n` in training. Default: likewise.
        per_level: choose and suppress on each level by itself (FPN). False: one choice and one
            suppression over all levels (Matterport).

    Call arguments:
        objectness_logits: dict from level to `(B, N)` logits.
        anchor_deltas: dict from level to `(B, N, 4)` deltas.
        anchors: dict from level to `(N, 4)` anchors.
        image_sizes: `(B, 2)` height and width of each image inside the padded batch.
        training: whether the numbers for training hold.

    Returns:
        `proposals` `(B, R, 4)` float32, best first; `scores` `(B, R)` float32 sigmoid
        objectness; `valid` `(B, R)` bool. Padding rows are 0, 0 and False.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import ProposalLayer
    >>> anchors = {"P2": np.array([[0.0, 0, 8, 8], [0.0, 0, 8, 9]])}
    >>> logits, deltas = {"P2": np.array([[2.0, 1.0]])}, {"P2": np.zeros((1, 2, 4))}
    >>> layer = ProposalLayer(pre_nms_top_n=2, post_nms_top_n=2)
    >>> proposals, scores, valid = layer(logits, deltas, anchors, np.array([[6, 8]]))
    >>> np.asarray(proposals)[0].tolist(), np.asarray(valid)[0].tolist()
    ([[0.0, 0.0, 8.0, 6.0], [0.0, 0.0, 0.0, 0.0]], [True, False])

    References:
        Ren et al. 2015, section 3.3; Lin et al. 2017, FPN, section 4.1 and appendix.
    """

    def __init__(
        self,
        pre_nms_top_n=1000,
        post_nms_top_n=1000,
        nms_threshold=0.7,
        min_size=1e-3,
        training_pre_nms_top_n=None,
        training_post_nms_top_n=None,
        per_level=True,
        **kwargs,
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.pre_nms_top_n = pre_nms_top_n
        self.post_nms_top_n = post_nms_top_n
        self.nms_threshold = nms_threshold
        self.min_size = min_size
        self.training_pre_nms_top_n = training_pre_nms_top_n
        self.training_post_nms_top_n = training_post_nms_top_n
        self.per_level = per_level
        self.built = True

    def call(
        self, objectness_logits, anchor_deltas, anchors, image_sizes, training=False
    ) -> tuple[Tensor, Tensor, Tensor]:
        _check_dicts(objectness_logits, anchor_deltas, anchors)
        boxes, logits, _ = self.candidates(
            objectness_logits, anchor_deltas, anchors, image_sizes, training
        )
        index, logits = self.survivors(boxes, logits, training)
        valid = logits > float("-inf")
        proposals = gather(ops.reshape(boxes, (ops.shape(boxes)[0], -1, 4)), index)
        proposals = ops.where(ops.expand_dims(valid, -1), proposals, 0.0)
        return proposals, ops.where(valid, ops.sigmoid(logits), 0.0), valid

    def candidates(
        self, objectness_logits, anchor_deltas, anchors, image_sizes, training=False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the boxes that enter suppression. Arguments as in a call.

        Returns:
            `(B, L, n, 4)` float32 boxes, best first on each of L levels (1 unless `per_level`),
            n being `pre_nms_top_n`; `(B, L, n)` their logits, `-inf` in rows that do not take part;
            `(B, L, n)` int32 their anchors, counted on that level, or over all without `per_level`.
        """
        if not self.per_level:
            objectness_logits = {"all": _joined(objectness_logits, axis=1)}
            anchor_deltas = {"all": _joined(anchor_deltas, axis=1)}
            anchors = {"all": _joined(anchors, axis=0)}
        boxes, tops, indices = [], [], []
        for level, logits in objectness_logits.items():
            logits = ops.stop_gradient(ops.cast(logits, "float32"))
            top, index = best(logits, self.limits(training)[0])
            deltas = gather(ops.stop_gradient(anchor_deltas[level]), index)  # (B, n, 4)
            decoded = box_ops.decode(deltas, ops.take(anchors[level], index, axis=0))
            boxes.append(box_ops.clip(decoded, image_sizes))
            tops.append(top)
            indices.append(index)
        boxes, logits = ops.stack(boxes, axis=1), ops.stack(tops, axis=1)  # (B, L, n, ...)
        large = box_ops.sides_at_least(boxes, self.min_size)
        return boxes, ops.where(large, logits, float("-inf")), ops.stack(indices, axis=1)

    def survivors(self, boxes, logits, training=False) -> tuple[Tensor, Tensor]:
        """Which of the `candidates` become proposals.

        Args:
            boxes: `(B, L, n, 4)` candidates.
            logits: `(B, L, n)` their logits.
            training: whether the numbers for training hold.

        Returns:
            `(B, R)` int32 indices into the `L * n` candidates, best first, and `(B, R)` their
            logits, `-inf` in padding rows.
        """
        post_nms = self.limits(training)[1]
        keep = suppress(boxes, logits > float("-inf"), self.nms_threshold, max_outputs=post_nms)
        logits = ops.where(keep, logits, float("-inf"))
        logits, index = best(ops.reshape(logits, (ops.shape(boxes)[0], -1)), post_nms)
        return index, logits

    def limits(self, training) -> tuple:
        """Return `pre_nms_top_n` and `post_nms_top_n` that hold in training or in inference."""
        numbers = self.pre_nms_top_n, self.post_nms_top_n
        if not training:
            return numbers
        asked = self.training_pre_nms_top_n, self.training_post_nms_top_n
        return tuple(more or number for more, number in zip(asked, numbers, strict=True))

    def more_in_training(self) -> None:
        """Have training take twice as many boxes as inference where no number was given for it."""
        self.training_pre_nms_top_n = self.training_pre_nms_top_n or 2 * self.pre_nms_top_n
        self.training_post_nms_top_n = self.training_post_nms_top_n or 2 * self.post_nms_top_n

    def compute_output_spec(
        self, objectness_logits, anchor_deltas, anchors, image_sizes, training=False
    ) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
        _check_dicts(objectness_logits, anchor_deltas, anchors)
        batch = next(iter(objectness_logits.values())).shape[0]
        shape = (batch, self.limits(training)[1])
        return (
            keras.KerasTensor((*shape, 4), "float32"),
            keras.KerasTensor(shape, "float32"),
            keras.KerasTensor(shape, "bool"),
        )

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "pre_nms_top_n": self.pre_nms_top_n,
            "post_nms_top_n": self.post_nms_top_n,
            "nms_threshold": self.nms_threshold,
            "min_size": self.min_size,
            "training_pre_nms_top_n": self.training_pre_nms_top_n,
            "training_post_nms_top_n": self.training_post_nms_top_n,
            "per_level": self.per_level,
        }


def _check_dicts(objectness_logits, anchor_deltas, anchors):
    check_dict("objectness_logits", objectness_logits)
    like = ("objectness_logits", objectness_logits)
    check_dict("anchor_deltas", anchor_deltas, like)
    check_dict("anchors", anchors, like)


def _joined(levels, axis):
    return ops.concatenate([ops.convert_to_tensor(x) for x in levels.values()], axis=axis)
