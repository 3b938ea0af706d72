"""Exact non-maximum suppression in parallel form, with static shapes."""

from keras import ops

from keras_maskrcnn.ops import boxes as box_ops


def suppress(boxes, valid, iou_threshold, class_ids=None):
    """Greedy non-maximum suppression of boxes that are already sorted by falling score.

    Box i survives when no surviving box before it overlaps it by more than `iou_threshold`. With
    `S[i, j] = (j < i and IoU > threshold)`, the answer is the fixed point of
    `keep = valid and not any(S and keep)`; row i is final after at most i rounds and in practice
    two or three rounds settle all of them.

    Args:
        boxes: `(..., N, 4)` boxes in pixels, best score first.
        valid: `(..., N)` bool; False rows neither survive nor suppress.
        iou_threshold: overlap above which (strictly) the later box is dropped.
        class_ids: optional `(..., N)` integers; only boxes of one class suppress each other.

    Returns:
        `(..., N)` bool, True for survivors.
    """
    index = ops.arange(boxes.shape[-2])
    intersection, union = box_ops.pairwise_areas(boxes, boxes)
    suppresses = ops.logical_and(
        intersection > iou_threshold * union, index < ops.expand_dims(index, 1)
    )
    if class_ids is not None:
        same = ops.equal(ops.expand_dims(class_ids, -1), ops.expand_dims(class_ids, -2))
        suppresses = ops.logical_and(suppresses, same)
    # As numbers: a matrix product is the fastest "any" that every backend has.
    suppresses = ops.cast(suppresses, "float32")

    def step(keep, _):
        hits = ops.matmul(suppresses, ops.expand_dims(ops.cast(keep, "float32"), -1))[..., 0]
        updated = ops.logical_and(valid, hits < 0.5)
        return updated, ops.any(ops.not_equal(updated, keep))

    keep, _ = ops.while_loop(lambda _, changed: changed, step, (valid, ops.any(valid)))
    return keep


def nms(boxes, scores, iou_threshold, max_outputs=None, class_ids=None, valid=None):
    """Indices of the boxes that survive non-maximum suppression, best score first.

    Args:
        boxes: `(..., N, 4)` boxes in pixels, any order.
        scores: `(..., N)` floats.
        iou_threshold: overlap above which (strictly) the box with the lower score is dropped.
        max_outputs: length of the result; default N.
        class_ids: optional `(..., N)` integers; classes are suppressed apart from each other.
        valid: optional `(..., N)` bool; False marks padding.

    Returns:
        `indices` `(..., max_outputs)` int32 and `kept` `(..., max_outputs)` bool. Rows where
        `kept` is False are padding and hold index 0.

    >>> from keras import ops
    >>> boxes = ops.array([[0.0, 0, 10, 10], [0.0, 0, 10, 9], [20.0, 0, 30, 10]])
    >>> indices, kept = nms(boxes, ops.array([0.6, 0.9, 0.8]), 0.5)
    >>> ops.convert_to_numpy(indices).tolist(), ops.convert_to_numpy(kept).tolist()
    ([1, 2, 0], [True, True, False])
    """
    scores = ops.cast(scores, "float32")
    if valid is None:
        valid = ops.ones_like(scores, dtype="bool")
    order = ops.argsort(ops.where(valid, -scores, float("inf")), axis=-1)
    in_order = ops.take_along_axis(boxes, ops.expand_dims(order, -1), axis=-2)
    classes = None if class_ids is None else ops.take_along_axis(class_ids, order, axis=-1)
    keep = suppress(
        in_order, ops.take_along_axis(valid, order, axis=-1), iou_threshold, class_ids=classes
    )
    count = boxes.shape[-2]
    ranks = ops.sort(ops.where(keep, ops.arange(count), count), axis=-1)
    ranks = ranks[..., : max_outputs or count]
    kept = ranks < count
    indices = ops.take_along_axis(order, ops.minimum(ranks, count - 1), axis=-1)
    return ops.where(kept, ops.cast(indices, "int32"), 0), kept
