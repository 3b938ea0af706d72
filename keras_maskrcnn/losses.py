"""The losses of Mask R-CNN as plain functions; their names are the logged keys.

`L = rpn_class_loss + rpn_box_loss + class_loss + box_loss + mask_loss` (He et al. 2017,
section 3); what other heads and one-stage detectors learn by stands beside. All take padded tensors
with masks and normalise over the whole batch; without a sampled row a loss is 0.
"""

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor
from keras_maskrcnn.semantics import IGNORED

__all__ = [
    "BOX_NAMES",
    "RPN_NAMES",
    "box_loss",
    "box_losses",
    "class_loss",
    "focal_loss",
    "keypoint_loss",
    "mask_loss",
    "rpn_box_loss",
    "rpn_class_loss",
    "rpn_losses",
    "semantic_loss",
]

RPN_NAMES = ("rpn_class_loss", "rpn_box_loss")
BOX_NAMES = ("class_loss", "box_loss")


def rpn_class_loss(objectness_logits, positive, valid) -> Tensor:
    """Binary cross-entropy of the sampled anchors, averaged over them.

    Args:
        objectness_logits: `(B, S)` logits.
        positive: `(B, S)` bool.
        valid: `(B, S)` bool, False for padding.

    Returns:
        Scalar float32.

    >>> from keras import ops
    >>> yes = ops.array([[True]])
    >>> round(float(rpn_class_loss(ops.array([[0.0]]), yes, yes)), 4)
    0.6931
    """
    losses = _binary_crossentropy(objectness_logits, ops.cast(positive, "float32"))
    return _masked_sum(losses, valid) / _count(valid)


def rpn_box_loss(anchor_deltas, delta_targets, positive, valid) -> Tensor:
    """Smooth L1 (beta 1/9) of the positive anchors' deltas, divided by all sampled anchors.

    Args:
        anchor_deltas: `(B, S, 4)` predicted deltas.
        delta_targets: `(B, S, 4)`.
        positive: `(B, S)` bool.
        valid: `(B, S)` bool, False for padding.

    Returns:
        Scalar float32.
    """
    losses = ops.sum(_smooth_l1(anchor_deltas, delta_targets), axis=-1)
    return _masked_sum(losses, ops.logical_and(positive, valid)) / _count(valid)


def class_loss(class_logits, labels, valid) -> Tensor:
    """Softmax cross-entropy over K + 1 classes, averaged over the sampled proposals.

    Args:
        class_logits: `(B, S, K + 1)`, background first.
        labels: `(B, S)` integers in 0..K.
        valid: `(B, S)` bool, False for padding.

    Returns:
        Scalar float32.
    """
    log_probabilities = ops.log_softmax(ops.cast(class_logits, "float32"), axis=-1)
    chosen = ops.take_along_axis(log_probabilities, ops.expand_dims(labels, -1), axis=-1)
    return _masked_sum(-chosen[..., 0], valid) / _count(valid)


def box_loss(box_deltas, delta_targets, labels, valid) -> Tensor:
    """Smooth L1 (beta 1/9) of the true class's deltas, divided by all sampled proposals.

    Args:
        box_deltas: `(B, S, K, 4)` predicted deltas of the foreground classes.
        delta_targets: `(B, S, 4)`.
        labels: `(B, S)` integers; rows of label 0 have no box loss.
        valid: `(B, S)` bool, False for padding.

    Returns:
        Scalar float32.
    """
    channel = ops.maximum(labels - 1, 0)[..., None, None]
    chosen = ops.take_along_axis(box_deltas, channel, axis=2)[:, :, 0]
    losses = ops.sum(_smooth_l1(chosen, delta_targets), axis=-1)
    return _masked_sum(losses, ops.logical_and(labels > 0, valid)) / _count(valid)


def mask_loss(mask_logits, mask_targets, labels, valid) -> Tensor:
    """Binary cross-entropy of the true class's mask, averaged over pixels and positives.

    Args:
        mask_logits: `(B, S, m, m)` logits of the true class.
        mask_targets: `(B, S, m, m)` in `[0, 1]`.
        labels: `(B, S)` integers; rows of label 0 have no mask loss.
        valid: `(B, S)` bool, False for padding.

    Returns:
        Scalar float32.
    """
    losses = ops.mean(_binary_crossentropy(mask_logits, mask_targets), axis=(2, 3))
    positive = ops.logical_and(labels > 0, valid)
    return _masked_sum(losses, positive) / _count(positive)


def keypoint_loss(keypoint_logits, cells, valid) -> Tensor:
    """Softmax cross-entropy over the cells of each heatmap, averaged over the visible keypoints.

    Args:
        keypoint_logits: `(B, S, m, m, J)` heatmaps.
        cells: `(B, S, J)` integers in 0..m * m - 1, `row * m + column`.
        valid: `(B, S, J)` bool, False where there is no visible keypoint.

    Returns:
        Scalar float32; 0 without a visible keypoint.

    >>> from keras import ops
    >>> one = ops.zeros((1, 1, 2, 2, 1))
    >>> round(float(keypoint_loss(one, ops.array([[[3]]]), ops.array([[[True]]]))), 4)
    1.3863
    """
    batch, rows, height, width, count = ops.shape(keypoint_logits)
    flat = ops.reshape(ops.cast(keypoint_logits, "float32"), (batch, rows, height * width, count))
    log_probabilities = ops.log_softmax(flat, axis=2)
    chosen = ops.take_along_axis(log_probabilities, ops.expand_dims(cells, 2), axis=2)[:, :, 0]
    return _masked_sum(-chosen, valid) / _count(valid)


def semantic_loss(semantic_logits, targets) -> Tensor:
    """Softmax cross-entropy of each pixel's class, averaged over the pixels that are not ignored.

    Args:
        semantic_logits: `(B, H, W, S)`.
        targets: `(B, H, W)` integers in 0..S-1, or 255 for pixels that are ignored.

    Returns:
        Scalar float32; 0 if all pixels are ignored.

    >>> from keras import ops
    >>> logits, targets = ops.zeros((1, 1, 2, 4)), ops.array([[[3, 255]]])
    >>> round(float(semantic_loss(logits, targets)), 4)
    1.3863
    """
    logits, targets = ops.cast(semantic_logits, "float32"), ops.cast(targets, "int32")
    valid = targets != IGNORED
    place = ops.expand_dims(ops.where(valid, targets, 0), -1)
    chosen = ops.take_along_axis(logits, place, axis=-1)[..., 0]
    return _masked_sum(ops.logsumexp(logits, axis=-1) - chosen, valid) / _count(valid)


def focal_loss(class_logits, labels, valid, alpha=0.25, gamma=2.0) -> Tensor:
    """Focal loss of anchors that are classified at once, summed and divided by the positive ones.

    Binary cross-entropy of K independent sigmoids, each weighted: with p the probability of what is
    right, `-a (1 - p)^gamma log(p)`, a being alpha for the true class and 1 - alpha for the others.
    Background that is easy, of which a one-stage detector sees a hundred thousand anchors, then
    counts for next to nothing.

    Args:
        class_logits: `(B, N, K)` logits of the foreground classes.
        labels: `(B, N)` integers in 0..K; 0 is background.
        valid: `(B, N)` bool, False for anchors that are neither, and for padding.
        alpha: weight of the true class, in 0..1.
        gamma: how fast the weight of what is easy falls; 0 leaves the cross-entropy.

    Returns:
        Scalar float32. Without a positive anchor the sum is divided by 1.

    >>> from keras import ops
    >>> logits, yes = ops.zeros((1, 1, 1)), ops.array([[True]])
    >>> round(float(focal_loss(logits, ops.array([[1]]), yes)), 4)  # 0.25 * 0.5 ** 2 * log(2)
    0.0433

    References:
        Lin et al. 2017, Focal Loss for Dense Object Detection, section 3.
    """
    logits = ops.cast(class_logits, "float32")
    classes = ops.arange(1, logits.shape[-1] + 1)
    true = ops.equal(ops.cast(labels, "int32")[..., None], ops.cast(classes, "int32"))
    signed = ops.where(true, logits, -logits)  # of what is right
    weights = ops.where(true, alpha, 1.0 - alpha) * ops.exp(-gamma * ops.softplus(signed))
    losses = ops.sum(weights * ops.softplus(-signed), axis=-1)
    return _masked_sum(losses, valid) / _count(ops.logical_and(labels > 0, valid))


def rpn_losses(outputs) -> dict:
    """Return the two losses of the region proposal network, of what a model gives in training."""
    sampled = outputs["anchor_positive"], outputs["anchor_valid"]
    deltas = outputs["anchor_deltas"], outputs["anchor_delta_targets"]
    return {
        "rpn_class_loss": rpn_class_loss(outputs["objectness_logits"], *sampled),
        "rpn_box_loss": rpn_box_loss(*deltas, *sampled),
    }


def box_losses(outputs) -> dict:
    """Return the two losses of the box head, of what a model gives in training."""
    labels, valid = outputs["labels"], outputs["valid"]
    deltas = outputs["box_deltas"], outputs["box_delta_targets"]
    return {
        "class_loss": class_loss(outputs["class_logits"], labels, valid),
        "box_loss": box_loss(*deltas, labels, valid),
    }


def _binary_crossentropy(logits, targets):
    logits = ops.cast(logits, "float32")
    return ops.maximum(logits, 0.0) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits)))


def _smooth_l1(predicted, targets, beta=1.0 / 9.0):
    error = ops.abs(ops.cast(predicted, "float32") - targets)
    return ops.where(error < beta, 0.5 * error * error / beta, error - 0.5 * beta)


def _masked_sum(values, mask):
    return ops.sum(ops.where(mask, values, 0.0))


def _count(mask):
    return ops.maximum(ops.sum(ops.cast(mask, "float32")), 1.0)
