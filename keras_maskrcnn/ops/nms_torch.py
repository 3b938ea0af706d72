"""Non-maximum suppression for PyTorch on a CPU, whose eager mode pays for every step.

Shapes: N boxes, `...` any leading axes (`keras_maskrcnn.ops`).
"""

import torch

#: Boxes that are compared all with all; their matrices stay in the processor's cache.
BLOCK = 256


@torch.no_grad()
def suppress(boxes, valid, iou_threshold, class_ids, max_outputs) -> torch.Tensor:
    """Greedy suppression, see `keras_maskrcnn.ops.nms.suppress`; one row of boxes after another."""
    count = valid.shape[-1]
    max_outputs = max_outputs or count
    keep = torch.zeros_like(valid).reshape(-1, count)  # (images, N)
    classes = [None] * len(keep) if class_ids is None else class_ids.reshape(-1, count)
    each = zip(
        keep, boxes.float().reshape(-1, count, 4), valid.reshape(-1, count), classes, strict=True
    )
    for kept, *image in each:
        kept[_survivors(*image, iou_threshold, max_outputs)] = True
    return keep.reshape(valid.shape)


def _survivors(boxes, valid, classes, iou_threshold, max_outputs):
    """Find the survivors' indices: each block against the survivors before it, then itself."""
    index = torch.nonzero(valid)[:, 0]
    boxes = boxes[index].T  # (4, valid): what follows runs over contiguous rows
    classes = None if classes is None else classes[index]
    found = index[:0]
    for start in range(0, len(index), BLOCK):
        if len(found) >= max_outputs:
            break
        block = torch.arange(start, min(start + BLOCK, len(index)), device=boxes.device)
        block = block[~_overlaps(boxes, classes, block, found, iou_threshold).any(1)]
        within = _overlaps(boxes, classes, block, block, iou_threshold).tril_(-1)
        found = torch.cat([found, block[_fixed_point(within)]])
    return index[found]


def _fixed_point(suppresses):
    """`(M,)` bool survivors, of `(M, M)` bool: the box of the column suppresses that of the row."""
    keep = torch.ones(len(suppresses), dtype=torch.bool, device=suppresses.device)
    while True:
        updated = ~(suppresses & keep).any(1)
        if torch.equal(updated, keep):
            return keep
        keep = updated


def _overlaps(boxes, classes, later, earlier, iou_threshold):
    """`(M, N)` bool: which of the earlier boxes overlap which of the later ones too much."""
    left, top, right, bottom = boxes[:, later, None]  # (M, 1)
    other_left, other_top, other_right, other_bottom = boxes[:, None, earlier]  # (1, N)
    width = (torch.minimum(right, other_right) - torch.maximum(left, other_left)).clamp_(min=0)
    height = (torch.minimum(bottom, other_bottom) - torch.maximum(top, other_top)).clamp_(min=0)
    intersection = width.mul_(height)  # (M, N)
    areas = (right - left).clamp_(min=0) * (bottom - top).clamp_(min=0)
    others = (other_right - other_left).clamp_(min=0) * (other_bottom - other_top).clamp_(min=0)
    union = areas + others
    overlap = intersection > union.sub_(intersection).mul_(iou_threshold)
    return overlap if classes is None else overlap & (classes[later, None] == classes[earlier])
