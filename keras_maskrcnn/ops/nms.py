"""Exact non-maximum suppression in parallel form, with static shapes.

Shapes: N boxes, `...` any leading axes (`keras_maskrcnn.ops`); O is `max_outputs`.
"""

import keras
from keras import ops

from keras_maskrcnn.ops import boxes as box_ops
from keras_maskrcnn.ops.device import on_cpu
from keras_maskrcnn.ops.tensor import Tensor

#: Boxes that are compared all with all; more are taken block by block.
BLOCK = 1024


def suppress(boxes, valid, iou_threshold, class_ids=None, max_outputs=None) -> Tensor:
    """Greedy non-maximum suppression of boxes that are already sorted by falling score.

    Box i survives when no surviving box before it overlaps it by more than `iou_threshold`. With
    `S[i, j] = (j < i and IoU > threshold)`, the answer is the fixed point of
    `keep = valid and not any(S and keep)`; row i is final after at most i rounds and in practice
    two or three rounds settle all of them. More than `BLOCK` boxes are taken block by block, each
    first compared with the survivors so far, until `max_outputs` are found. PyTorch on a CPU takes
    smaller blocks (`nms_torch`).

    Args:
        boxes: `(..., N, 4)` boxes in pixels, best score first.
        valid: `(..., N)` bool; False rows neither survive nor suppress.
        iou_threshold: overlap above which (strictly) the later box is dropped.
        class_ids: optional `(..., N)` integers; only boxes of one class suppress each other.
        max_outputs: the first so many survivors are wanted; of those after them some may be
            missing. Default: all.

    Returns:
        `(..., N)` bool, True for survivors.
    """
    if keras.backend.backend() == "torch" and on_cpu(boxes):
        from keras_maskrcnn.ops import nms_torch

        return nms_torch.suppress(boxes, valid, iou_threshold, class_ids, max_outputs)
    count = boxes.shape[-2]
    if count <= BLOCK:
        return _suppress_all(boxes, valid, iou_threshold, class_ids)
    max_outputs = min(max_outputs or count, count)
    blocks = -(-count // BLOCK)
    last = ops.max(ops.where(valid, ops.arange(count), -1))  # ()

    def step(number, keep, index):
        rows = number * BLOCK + ops.arange(BLOCK)  # (BLOCK,)
        some = ops.minimum(rows, count - 1)
        near = _rows(boxes, valid, class_ids, some)
        before = ops.minimum(index, count - 1)  # (..., O)
        far = [ops.take_along_axis(boxes, before[..., None], axis=-2), index < count, None]
        if class_ids is not None:
            far[2] = ops.take_along_axis(class_ids, before, axis=-1)
        # (..., BLOCK): no survivor so far overlaps it
        free = ops.logical_not(ops.any(_overlaps(near, far, iou_threshold), axis=-1))
        free = ops.logical_and(free, rows < count)
        kept = _suppress_all(near[0], ops.logical_and(near[1], free), iou_threshold, near[2])
        index = ops.concatenate([index, ops.where(kept, rows, count)], axis=-1)  # (..., O + BLOCK)
        this = ops.equal(ops.arange(blocks), number)[:, None]  # (blocks, 1)
        keep = ops.logical_or(keep, ops.logical_and(this, kept[..., None, :]))
        return number + 1, keep, ops.sort(index, axis=-1)[..., :max_outputs]

    def unfinished(number, _, index):
        return ops.logical_and(number * BLOCK <= last, ops.any(index[..., -1] == count))

    leading = tuple(ops.shape(valid)[:-1])
    keep = ops.zeros((*leading, blocks, BLOCK), "bool")
    index = ops.full((*leading, max_outputs), count, dtype="int32")  # of survivors; count is none
    _, keep, _ = ops.while_loop(unfinished, step, (ops.zeros((), "int32"), keep, index))
    return ops.reshape(keep, (*leading, blocks * BLOCK))[..., :count]


def _rows(boxes, valid, class_ids, rows):
    """`(..., M, 4)`, `(..., M)` and `(..., M)`: boxes, valid and class_ids of M `rows`."""
    classes = None if class_ids is None else ops.take(class_ids, rows, axis=-1)
    return ops.take(boxes, rows, axis=-2), ops.take(valid, rows, axis=-1), classes


def _overlaps(later, earlier, iou_threshold):
    """`(..., M, N)` bool: which of the earlier boxes suppress which of the later ones."""
    boxes, _, classes = later
    other_boxes, other_valid, other_classes = earlier
    intersection, union = box_ops.pairwise_areas(boxes, other_boxes)
    overlap = ops.logical_and(
        intersection > iou_threshold * union, ops.expand_dims(other_valid, -2)
    )
    if classes is None:
        return overlap
    same = ops.equal(ops.expand_dims(classes, -1), ops.expand_dims(other_classes, -2))
    return ops.logical_and(overlap, same)


def _suppress_all(boxes, valid, iou_threshold, class_ids):
    """`(..., N)` bool, the survivors, all boxes being compared with all."""
    # Many rows in two parts, since those of the first look at half of the columns only.
    count = boxes.shape[-2]
    half = count // 2 if count > 256 else 0
    parts = [range(half), range(half, count)][half == 0 :]
    parts = [_suppressing(part, boxes, valid, class_ids, iou_threshold) for part in parts]

    def step(keep, _):
        column = ops.expand_dims(ops.cast(keep, "float32"), -1)  # (..., N, 1)
        hits = [ops.matmul(part, column[..., : part.shape[-1], :])[..., 0] for part in parts]
        updated = ops.logical_and(valid, ops.concatenate(hits, axis=-1) < 0.5)
        return updated, ops.any(ops.not_equal(updated, keep))

    keep, _ = ops.while_loop(lambda _, changed: changed, step, (valid, ops.any(valid)))
    return keep


def _suppressing(rows, boxes, valid, class_ids, iou_threshold):
    """`(..., len(rows), rows.stop)`: 1.0 where the box of the column suppresses that of the row.

    As numbers, because a matrix product is the fastest "any" that every backend has.
    """
    later, earlier = (
        [
            boxes[..., start : rows.stop, :],
            valid[..., start : rows.stop],
            None if class_ids is None else class_ids[..., start : rows.stop],
        ]
        for start in (rows.start, 0)
    )
    # (len(rows), rows.stop)
    before = ops.arange(rows.stop) < ops.expand_dims(ops.arange(rows.start, rows.stop), 1)
    overlaps = _overlaps(later, earlier, iou_threshold)
    return ops.cast(ops.logical_and(overlaps, before), "float32")


def nms(
    boxes, scores, iou_threshold, max_outputs=None, class_ids=None, valid=None
) -> tuple[Tensor, Tensor]:
    """Find the boxes that survive non-maximum suppression, best score first.

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
    order = ops.argsort(ops.where(valid, -scores, float("inf")), axis=-1)  # (..., N)
    in_order = ops.take_along_axis(boxes, ops.expand_dims(order, -1), axis=-2)
    classes = None if class_ids is None else ops.take_along_axis(class_ids, order, axis=-1)
    in_order_valid = ops.take_along_axis(valid, order, axis=-1)
    keep = suppress(in_order, in_order_valid, iou_threshold, classes, max_outputs)
    count = boxes.shape[-2]
    ranks = ops.sort(ops.where(keep, ops.arange(count), count), axis=-1)
    ranks = ranks[..., : max_outputs or count]  # (..., O)
    kept = ranks < count
    indices = ops.take_along_axis(order, ops.minimum(ranks, count - 1), axis=-1)
    return ops.where(kept, ops.cast(indices, "int32"), 0), kept
