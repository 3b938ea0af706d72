"""Masks, boxes and names drawn onto an image."""

from __future__ import annotations

import cv2
import numpy as np

from keras_maskrcnn.drawing.colors import distinct_colors
from keras_maskrcnn.drawing.keypoints import draw_keypoints
from keras_maskrcnn.drawing.labels import CROWDED, draw_labels

CROWD_COLOR = (160, 160, 160)
SMALL_SIDE = 24  # pixels, or a tenth of the picture's shorter side if that is more


def draw_instances(
    image,
    boxes,
    labels,
    scores=None,
    masks=None,
    class_names=(),
    *,
    show_labels: bool | None = None,
    colors=None,
    opacity: float = 0.4,
) -> np.ndarray:
    """Return a copy of `image` with a fill, an outline, a box and a name for each object.

    Neighbours get different colours; small objects are painted over large ones. Lines and letters
    grow with the image. Where masks show the objects, small objects and those of a picture of more
    than 30 get no box, and names stand only on objects that are larger than the name.

    Args:
        image: (H, W, 3) uint8 RGB.
        boxes: (n, 4) xyxy pixels; those that come first are the first to be given a name.
        labels: (n,) int in 1..K.
        scores: (n,) float written after the names, or None.
        masks: (n, H, W) of 0 and 1, or n crops `(crop, x, y)` with the column and row of their
            corner, None in place of one of which only the box is drawn; None draws boxes only.
        class_names: the K names; an empty sequence writes the numbers.
        show_labels: True, False, or None for "where they hide little".
        colors: (n, 3) uint8 RGB, or None for colours of our own.
        opacity: of the fill, 0..1.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: the image is not (H, W, 3) uint8, or the arrays are not of one length.

    Example:

    >>> image = np.zeros((40, 60, 3), np.uint8)
    >>> mask = np.ones((10, 20), np.uint8)
    >>> picture = draw_instances(
    ...     image, [[5, 5, 25, 15]], [1], masks=[(mask, 5, 5)], show_labels=False
    ... )
    >>> picture[10, 15].tolist(), picture[30, 40].tolist()  # filled at 0.4, untouched
    ([102, 22, 22], [0, 0, 0])
    """
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    _check(image, boxes, labels, scores, masks)
    picture = np.array(image)
    height, width = picture.shape[:2]
    line = max(1, round(min(height, width) / 450))
    if colors is None:
        colors = distinct_colors(boxes, gap=4 * line)
    sides = boxes[:, 2:] - boxes[:, :2]
    large = sides.min(axis=1) >= max(SMALL_SIDE, min(height, width) / 10)
    for i in np.argsort(-sides.prod(axis=1), kind="stable"):
        mask = None if masks is None else masks[i]
        if mask is not None:
            _draw_mask(picture, _as_crop(mask), colors[i], opacity, line)
        if mask is None or (large[i] and len(boxes) <= CROWDED):
            _draw_box(picture, boxes[i], colors[i], line)
    if show_labels is not False:
        texts = _texts(labels, scores, class_names)
        draw_labels(picture, boxes, texts, colors, always=show_labels is True)
    return picture


def draw_ground_truth(sample, class_names, *, show_labels: bool | None = None) -> np.ndarray:
    """Draw what a model is about to be trained on: a sample's objects on its image.

    Crowds, from which nothing is learned, are grey.

    Args:
        sample: a `Sample` with `image` and `instances`.
        class_names: the K names.
        show_labels: as in `draw_instances`.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    found = sample.instances
    crops = [
        None if mask is None else (mask, int(box[0]), int(box[1]))
        for mask, box in zip(found.masks, found.boxes, strict=True)
    ]
    colors = distinct_colors(found.boxes, gap=4)
    colors[np.asarray(found.iscrowd, bool)] = CROWD_COLOR
    picture = draw_instances(
        sample.image,
        found.boxes,
        found.labels,
        masks=crops,
        class_names=class_names,
        show_labels=show_labels,
        colors=colors,
    )
    keypoints = found.fields.get("keypoints")
    skeleton = getattr(keypoints, "skeleton", None)
    return draw_keypoints(picture, keypoints.points, skeleton) if skeleton else picture


def _check(image, boxes, labels, scores, masks) -> None:
    if not (isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3) or (
        image.shape[2] != 3
    ):
        raise ValueError(
            "`image` must be an RGB array of shape (H, W, 3) and dtype uint8. Received: "
            f"shape={np.shape(image)}, dtype={getattr(image, 'dtype', type(image).__name__)}."
        )
    for name, values in (("labels", labels), ("scores", scores), ("masks", masks)):
        if values is not None and len(values) != len(boxes):
            raise ValueError(
                f"`{name}` must have one row for each of the {len(boxes)} boxes. "
                f"Received: {len(values)} rows."
            )


def _as_crop(mask) -> tuple[np.ndarray, int, int]:
    """Return a mask of the whole picture, or a crop of it, as `(crop uint8, x, y)`."""
    crop, x, y = mask if isinstance(mask, tuple) else (mask, 0, 0)
    return np.ascontiguousarray(crop, np.uint8), x, y


def _draw_mask(picture, crop, color, opacity, line) -> None:
    """Fill and outline one mask, in place; the outline lies within the mask."""
    mask, x, y = crop
    if not mask.any():
        return
    region = picture[y : y + mask.shape[0], x : x + mask.shape[1]]
    inside = mask.astype(bool)
    core = cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=line, borderValue=0).astype(bool)
    tint = (1 - opacity) * region[core] + opacity * np.asarray(color, np.float32)
    region[core] = np.rint(tint).astype(np.uint8)
    region[inside & ~core] = color


def _draw_box(picture, box, color, line) -> None:
    """Draw the outermost pixels within the box, in place."""
    x1, y1, x2, y2 = (round(float(v)) for v in box)
    corners = (x1, y1), (max(x1, x2 - 1), max(y1, y2 - 1))
    cv2.rectangle(picture, *corners, tuple(int(c) for c in color), line)


def _texts(labels, scores, class_names) -> list[tuple[str, str]]:
    """For each object its name, and its name with the score."""
    names = [class_names[label - 1] if len(class_names) else str(label) for label in labels]
    if scores is None:
        return [(name, name) for name in names]
    return [(name, f"{name} {score:.2f}") for name, score in zip(names, scores, strict=True)]
