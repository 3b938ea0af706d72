"""Training targets: matching anchors and proposals to ground truth, and sampling them.

The one module that draws random numbers. Semantics are torchvision's (matching with low-quality
matches, ground truth among the proposals, fixed positive fraction), with static shapes.

Shapes: B images, N anchors or boxes, R proposals, S sampled rows, G objects (`keras_maskrcnn.ops`).
"""

import keras
from keras import ops

from keras_maskrcnn.ops import boxes as box_ops
from keras_maskrcnn.ops.selection import best, gather
from keras_maskrcnn.ops.tensor import Tensor

__all__ = ["AnchorTargets", "ProposalTargets", "match", "sample"]


def match(gt_boxes, gt_valid, boxes) -> tuple[Tensor, Tensor, Tensor]:
    """Best ground-truth object of every box.

    Args:
        gt_boxes: `(B, G, 4)` ground truth, padded.
        gt_valid: `(B, G)` bool, False for padding.
        boxes: `(B, N, 4)` or `(1, N, 4)` boxes.

    Returns:
        `index` `(B, N)` int32 into G, `overlap` `(B, N)` IoU with it (-1 without any object), and
        `attains` `(B, N)` bool: the box has the highest IoU that some object finds anywhere.
    """
    overlaps = box_ops.pairwise_iou(gt_boxes, boxes)  # (B, G, N)
    overlaps = ops.where(ops.expand_dims(gt_valid, -1), overlaps, -1.0)
    highest = ops.max(overlaps, axis=2, keepdims=True)
    attains = ops.any(ops.logical_and(ops.equal(overlaps, highest), highest > 0.0), axis=1)
    index = ops.cast(ops.argmax(overlaps, axis=1), "int32")
    return index, ops.max(overlaps, axis=1), attains


def sample(positive, negative, count, max_positives, seed) -> tuple[Tensor, Tensor, Tensor]:
    """Draw `count` rows per image without replacement, positives first.

    As many positives as there are, up to `max_positives`, then negatives.

    Args:
        positive: `(B, N)` bool.
        negative: `(B, N)` bool, disjoint from `positive`.
        count: S, rows drawn per image.
        max_positives: most positives among them.
        seed: `keras.random.SeedGenerator` or integer.

    Returns:
        `index` `(B, S)` int32 into N, `is_positive` `(B, S)` bool, `valid` `(B, S)` bool.
    """
    priority = keras.random.uniform(ops.shape(positive), seed=seed)
    _, positives = best(ops.where(positive, priority, float("-inf")), max_positives)
    _, negatives = best(ops.where(negative, priority, float("-inf")), count)
    num_positives = ops.sum(ops.cast(positive, "int32"), axis=1, keepdims=True)
    num_positives = ops.minimum(num_positives, max_positives)
    num_negatives = ops.sum(ops.cast(negative, "int32"), axis=1, keepdims=True)
    slot = ops.expand_dims(ops.arange(count), 0)
    is_positive = slot < num_positives
    valid = slot < num_positives + num_negatives
    drawn = ops.concatenate([positives, negatives], axis=1)
    source = ops.where(is_positive, slot, max_positives + slot - num_positives)
    return ops.take_along_axis(drawn, source, axis=1), is_positive, valid


@keras.saving.register_keras_serializable("keras_maskrcnn")
class AnchorTargets(keras.layers.Layer):
    """Samples anchors and gives the RPN's targets for them.

    An anchor is positive with IoU `>= positive_iou` with some object, or if no anchor overlaps
    that object more (it then learns its own best object); negative below `negative_iou`.

    Args:
        samples: S, anchors per image. Default 256.
        positive_fraction: most positives among them. Default 0.5.
        positive_iou: default 0.7.
        negative_iou: default 0.3.
        seed: seed of the sampling.

    Call arguments:
        anchors: `(N, 4)` anchors of all levels.
        gt_boxes: `(B, G, 4)` in pixels of the padded network input.
        gt_labels: `(B, G)`; 0 is padding.

    Returns:
        Dict of `(B, S)` tensors: "index" into N, "positive" bool, "valid" bool, and
        "box_deltas" `(B, S, 4)` float32.

    References:
        Ren et al. 2015, Faster R-CNN, section 3.1.2.
    """

    def __init__(
        self,
        samples=256,
        positive_fraction=0.5,
        positive_iou=0.7,
        negative_iou=0.3,
        seed=None,
        **kwargs,
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.samples = samples
        self.positive_fraction = positive_fraction
        self.positive_iou = positive_iou
        self.negative_iou = negative_iou
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, anchors, gt_boxes, gt_labels) -> dict[str, Tensor]:
        gt_valid = gt_labels > 0
        matched, overlap, attains = match(gt_boxes, gt_valid, ops.expand_dims(anchors, 0))
        positive = ops.logical_or(overlap >= self.positive_iou, attains)
        negative = ops.logical_and(overlap < self.negative_iou, ops.logical_not(positive))
        most = int(self.samples * self.positive_fraction)
        index, positive, valid = sample(positive, negative, self.samples, most, self.seed_generator)
        objects = gather(gt_boxes, ops.take_along_axis(matched, index, axis=1))  # (B, S, 4)
        deltas = box_ops.encode(objects, ops.take(anchors, index, axis=0))
        return {"index": index, "positive": positive, "valid": valid, "box_deltas": deltas}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "samples": self.samples,
            "positive_fraction": self.positive_fraction,
            "positive_iou": self.positive_iou,
            "negative_iou": self.negative_iou,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable("keras_maskrcnn")
class ProposalTargets(keras.layers.Layer):
    """Samples proposals and says which object each of them is matched to.

    Ground-truth boxes join the proposals. A proposal is positive with IoU `>= positive_iou`,
    negative below. Positives come first, so that heads that learn of objects only, such as masks,
    see few rows: those that `positives` gives.

    Args:
        samples: S, proposals per image. Default 512.
        positive_fraction: most positives among them. Default 0.25.
        positive_iou: default 0.5.
        seed: seed of the sampling.

    Call arguments:
        proposals: `(B, R, 4)`, valid: `(B, R)` bool.
        gt_boxes: `(B, G, 4)`; gt_labels: `(B, G)`, 0 is padding.

    Returns:
        Dict: "proposals" `(B, S, 4)`, "labels" `(B, S)` int32 (0 for negatives), "positive" and
        "valid" `(B, S)` bool, "matched" `(B, S)` int32 into the G objects, the one with the highest
        IoU, and "matched_boxes" `(B, S, 4)`, its box.

    References:
        Girshick 2015, Fast R-CNN, section 2.3; He et al. 2017, Mask R-CNN, section 3.1.
    """

    def __init__(
        self,
        samples=512,
        positive_fraction=0.25,
        positive_iou=0.5,
        seed=None,
        **kwargs,
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.samples = samples
        self.positive_fraction = positive_fraction
        self.positive_iou = positive_iou
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, proposals, valid, gt_boxes, gt_labels) -> dict[str, Tensor]:
        gt_valid = gt_labels > 0
        proposals = ops.concatenate([ops.cast(gt_boxes, "float32"), proposals], axis=1)
        valid = ops.concatenate([gt_valid, valid], axis=1)
        matched, overlap, _ = match(gt_boxes, gt_valid, proposals)
        positive = ops.logical_and(valid, overlap >= self.positive_iou)
        negative = ops.logical_and(valid, overlap < self.positive_iou)
        index, positive, valid = sample(
            positive, negative, self.samples, self.max_positives, self.seed_generator
        )
        matched = ops.take_along_axis(matched, index, axis=1)  # (B, S)
        labels = ops.cast(ops.take_along_axis(gt_labels, matched, axis=1), "int32")
        return {
            "proposals": gather(proposals, index),
            "labels": ops.where(positive, labels, 0),
            "positive": positive,
            "valid": valid,
            "matched": matched,
            "matched_boxes": gather(gt_boxes, matched),
        }

    @property
    def max_positives(self) -> int:
        """The most positives that are sampled of an image."""
        return int(self.samples * self.positive_fraction)

    def positives(self, sampled) -> dict:
        """Return the rows of what a call gave that may be positive, as a branch learns from them.

        Returns:
            Dict of "proposals", "labels", "matched", "matched_boxes" and "valid", which here is
            True for positives only; `(B, max_positives, ...)`.
        """
        names = {"valid": "positive"} | {
            key: key for key in ("proposals", "labels", "matched", "matched_boxes")
        }
        return {key: sampled[name][:, : self.max_positives] for key, name in names.items()}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "samples": self.samples,
            "positive_fraction": self.positive_fraction,
            "positive_iou": self.positive_iou,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config) -> "ProposalTargets":
        """Build from what `get_config` gave; that of 0.1 held two numbers of other layers."""
        return cls(**{k: v for k, v in config.items() if k not in ("mask_size", "box_weights")})
