"""Boxes that a person or another detector gives, in place of the network's own proposals.

Shapes: B images, R boxes per image, K foreground classes (`keras_maskrcnn.ops`).
"""

import numpy as np
from keras import ops

from keras_maskrcnn.ops import boxes as box_ops

#: Keys of the inputs: regions to be refined and chosen among, and boxes that are kept.
PROPOSALS, BOXES = "proposals", "boxes"

_LEAST_ROWS = 8  # of a batch: other numbers of boxes are other graphs, so there are few of them

_ADVICE = (
    "A model without a region proposal network (rpn=False) cannot do without: type "
    "model.detect(image, proposals=boxes)."
)


def proposals_among(inputs, needed) -> dict | None:
    """Return the "proposals" `(B, R, 4)` and "valid" `(B, R)` that inputs of a model hold.

    Boxes are cut at the border of their image; those that keep no area are padding.

    Args:
        inputs: dict as of `FasterRCNN.call`.
        needed: whether the model cannot do without.

    Returns:
        Dict; None if there are none.

    Raises:
        ValueError: there are none, or both proposals and boxes, or they are of another shape.
    """
    given = [key for key in (PROPOSALS, BOXES) if key in inputs]
    if len(given) == 2 or (needed and not given):
        raise ValueError(
            f"`inputs` must hold {PROPOSALS!r}, or {BOXES!r} to keep, (B, R, 4). Received: "
            f"{sorted(inputs)}. {_ADVICE}"
        )
    if not given:
        return None
    boxes = inputs[given[0]]
    if len(boxes.shape) != 3 or boxes.shape[-1] != 4 or boxes.shape[1] is None:
        raise ValueError(
            f"`inputs[{given[0]!r}]` must be boxes x1, y1, x2, y2 of shape (B, R, 4), with one R "
            f"for all batches. Received: shape {tuple(boxes.shape)}. Rows without area are padding."
        )
    boxes = box_ops.clip(boxes, inputs["image_sizes"])
    valid = ops.all(boxes[..., 2:] > boxes[..., :2], axis=-1)
    return {"proposals": ops.where(valid[..., None], boxes, 0.0), "valid": valid}


def best_classes(class_logits, boxes, valid) -> dict:
    """Return detections that are the boxes themselves, each of its likeliest class.

    Args:
        class_logits: `(B, R, K + 1)`, background first.
        boxes: `(B, R, 4)`.
        valid: `(B, R)` bool, False for padding, which follows all valid rows.

    Returns:
        Dict of "boxes" `(B, R, 4)`, "scores" and "labels" `(B, R)`, 1..K, and "valid", as the
        detection layer gives; rows of padding are 0.
    """
    scores = ops.softmax(ops.cast(class_logits, "float32"), axis=-1)[..., 1:]
    labels = ops.cast(ops.argmax(scores, axis=-1), "int32") + 1
    return {
        "boxes": boxes,
        "scores": ops.where(valid, ops.max(scores, axis=-1), 0.0),
        "labels": ops.where(valid, labels, 0),
        "valid": valid,
    }


def check_needed(model, proposals, refine=False) -> None:
    """Raise ValueError if there are no boxes where there must be."""
    if proposals is None and model.needs_proposals:
        raise ValueError(
            "`proposals` must hold the boxes to look at, as the model has no region proposal "
            "network (rpn=False). Received: proposals=None. Type model.detect(image, "
            "proposals=boxes), with boxes (n, 4) in pixels of the image."
        )
    if proposals is None and refine:
        raise ValueError(
            "`refine` must go with `proposals`. Received: refine=True, proposals=None. Leave "
            "`refine` out: the model's own proposals always are refined."
        )


def listed_boxes(proposals, images, one) -> list:
    """Return the boxes of each image, (n, 4) float32 arrays.

    Args:
        proposals: as of `FasterRCNN.detect`, or None.
        images: how many there are.
        one: whether a single image was given, and no list.

    Raises:
        ValueError: there are boxes for another number of images, of another shape, or not finite.
    """
    if proposals is None:
        return [None] * images
    given = [proposals] if one else list(proposals)
    if len(given) != images:
        raise ValueError(
            "`proposals` must be a list with the boxes of each image, as `images` is one. "
            f"Received: {len(given)} for {images} images. Type proposals=[boxes] for a list of one."
        )
    names = ["proposals"] if one else [f"proposals[{index}]" for index in range(images)]
    return [_checked(name, boxes) for name, boxes in zip(names, given, strict=True)]


def _checked(name, boxes):
    try:
        boxes = np.asarray(boxes, np.float32)
    except (TypeError, ValueError):
        boxes = np.full((1,), np.nan)
    if boxes.size == 0:
        return boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(
            "`proposals` must be boxes x1, y1, x2, y2 of an image, of shape (n, 4). Received: "
            f"{name} of shape {boxes.shape}. Type [[x1, y1, x2, y2]] for a single box."
        )
    if (wrong := ~np.isfinite(boxes).all(axis=1)).any():
        row = int(wrong.argmax())
        raise ValueError(
            f"`proposals` must be finite. Received: {name}[{row}]={boxes[row].tolist()}. Leave it "
            "out."
        )
    return boxes


def cut_to_image(boxes, index, image_size) -> np.ndarray:
    """Return the boxes (n, 4) cut at the border of their image.

    Args:
        boxes: (n, 4) float32.
        index: place of the image among the images, for the message.
        image_size: (height, width).

    Raises:
        ValueError: one has no area within the image.
    """
    cut = np.clip(boxes, 0, np.float32(image_size)[[1, 0, 1, 0]])
    if (wrong := ~(cut[:, 2:] > cut[:, :2]).all(axis=1)).any():
        row = int(wrong.argmax())
        raise ValueError(
            "`proposals` must have an area within their image: x1 < x2, y1 < y2, in its own "
            f"pixels. Received: box {row} of image {index}, {boxes[row].tolist()}, in an image of "
            f"{image_size[0]} x {image_size[1]} pixels (height x width). Leave it out."
        )
    return cut


def in_network(resizer, rows) -> np.ndarray:
    """Return the boxes of images in pixels of the network input, `(B, R, 4)`, 0 for padding.

    Args:
        resizer: the model's `ImageResizer`.
        rows: list of images, each with `boxes` (n, 4), `image` as resized and `original_size`.
    """
    most, slots = max(len(one.boxes) for one in rows), _LEAST_ROWS
    while slots < most:
        slots *= 2
    boxes = np.zeros((len(rows), slots, 4), np.float32)
    for own, one in zip(boxes, rows, strict=True):
        sizes = one.image.shape[:2], one.original_size
        own[: len(one.boxes)] = resizer.boxes_to_network(one.boxes, *sizes)
    return boxes
