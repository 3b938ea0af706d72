"""What `Instances` refuses, and in which words."""

import numpy as np


def check_lengths(labels, boxes, masks, iscrowd) -> None:
    """Raise ValueError unless all have one entry per object."""
    if len({len(labels), len(boxes), len(masks), len(iscrowd)}) > 1:
        raise ValueError(
            "`labels`, `boxes`, `masks` and `iscrowd` must have the same length. Received: "
            f"{len(labels)} labels, {len(boxes)} boxes, {len(masks)} masks, {len(iscrowd)} iscrowd."
        )


def check_boxes(boxes, masks) -> None:
    """Raise ValueError for a mask of another size than its box, or a box alone without area."""
    sides = boxes[:, [3, 2]] - boxes[:, [1, 0]]
    for i, (mask, side) in enumerate(zip(masks, sides.tolist(), strict=True)):
        if mask is None:
            if not (min(side) > 0 and np.isfinite(boxes[i]).all()):
                raise ValueError(
                    "`boxes` must be x1, y1, x2, y2 with x1 < x2 and y1 < y2. Received: "
                    f"boxes[{i}]={boxes[i].tolist()}. Correct the box or leave the object out."
                )
        elif mask.shape != tuple(side):
            raise ValueError(
                "`masks` must have the (height, width) of their boxes. Received: "
                f"masks[{i}] of shape {mask.shape} for the box {boxes[i].tolist()}."
            )


def check_dense(masks, labels) -> None:
    """Raise ValueError unless there are full-size masks with one label each."""
    if masks.ndim != 3 or len(masks) != len(labels):
        raise ValueError(
            "`masks` must have shape (n, height, width) with one label each. Received: "
            f"masks of shape {masks.shape} and {len(labels)} labels."
        )


def check_rle_sizes(rles, image_size) -> None:
    """Raise ValueError for run lengths of another size than the image's."""
    for i, rle in enumerate(rles):
        if tuple(rle["size"]) != tuple(image_size):
            raise ValueError(
                "`rles` must have the size of the image. Received: "
                f"rles[{i}] of size {list(rle['size'])}, image_size={tuple(image_size)}."
            )


def check_all_have_masks(has_masks, method) -> None:
    """Raise ValueError if an object has only a box."""
    lacking = np.flatnonzero(~has_masks).tolist()
    if lacking:
        raise ValueError(
            f"`{method}` needs a mask for each object. Received: {len(lacking)} of "
            f"{len(has_masks)} objects have only a box, the first at {lacking[0]}. "
            "Take `select(instances.has_masks)` first."
        )
