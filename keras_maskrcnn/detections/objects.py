"""`Detections` as the objects that formats write, and the other way round."""

from __future__ import annotations

import dataclasses

import numpy as np

from keras_maskrcnn.detections.masks import PixelMasks
from keras_maskrcnn.drawing.keypoints import LEAST_SCORE
from keras_maskrcnn.formats.records import AnnotatedObject
from keras_maskrcnn.formats.segmentations import box_around, check_segmentation, cut
from keras_maskrcnn.mask_crops import combine, tight
from keras_maskrcnn.wording import closest, shown

UNKNOWN_SCORE = 1.0  # of an object that a person drew
VISIBLE = 2  # what files say of a keypoint that can be seen


def objects_of(found) -> list[AnnotatedObject]:
    """Return what was found, best score first, masks cut."""
    x1, y1, x2, y2 = found.boxes.astype(float).T
    masks = found.mask_crops() if found.has_masks else [None] * len(found)
    rows = zip(
        map(plain, found.names),
        masks,
        np.stack([x1, y1, x2 - x1, y2 - y1], axis=-1).tolist(),
        found.scores.tolist(),
        _fields(found),
        strict=True,
    )
    return [
        AnnotatedObject(name, mask, box, score=score, fields=fields)
        for name, mask, box, score, fields in rows
    ]


def objects_to_correct(found) -> list[AnnotatedObject]:
    """Return what was found as annotation tools have it: the keypoints that are drawn are visible.

    Their scores are beside them, in the field "keypoint_scores".
    """
    objects = objects_of(found)
    if found.keypoints is None:
        return objects
    known = found.keypoints.astype(float)
    scores = known[..., 2].copy()
    known[..., 2] = np.where(scores >= LEAST_SCORE, VISIBLE, 0)
    return [
        dataclasses.replace(
            one, fields={"keypoints": row.ravel().tolist(), "keypoint_scores": rest}
        )
        for one, row, rest in zip(objects, known, np.clip(scores, 0, 1).tolist(), strict=True)
    ]


def _fields(found):
    """Return what a file holds of each object besides, or None."""
    if found.keypoints is None:
        return [None] * len(found)
    return [{"keypoints": points.ravel().tolist()} for points in found.keypoints.astype(float)]


def plain(value) -> object:
    """Return a number of NumPy's as Python's, which `json` can write; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def arrays_of(objects, class_names, image_size) -> tuple:
    """Return the boxes, labels, scores and masks of objects; all have a mask, or none has.

    Raises:
        ValueError: a class is not among the names. The message begins with the object's place.
    """
    masks = [
        None if one.segmentation is None else cut(one.segmentation, image_size) for one in objects
    ]
    return (
        [_box(one, image_size) for one in objects],
        [_label(one, class_names) for one in objects],
        [UNKNOWN_SCORE if one.score is None else one.score for one in objects],
        PixelMasks(masks) if all(mask is not None for mask in masks) else None,
    )


def keypoints_of(objects, skeleton) -> dict:
    """Return the field "keypoints" of the objects, (n, J, 3) float32, empty without a skeleton.

    What an object does not have is 0, 0, 0.
    """
    if skeleton is None:
        return {}
    unknown = [0] * 3 * len(skeleton)
    rows = [(one.fields or {}).get("keypoints", unknown) for one in objects]
    return {"keypoints": np.array(rows, np.float32).reshape(len(rows), len(skeleton), 3)}


def masks_cut(masks) -> list:
    """Return dense masks (n, H, W) as cut masks.

    Raises:
        ValueError: they have another shape.
    """
    if np.ndim(masks) != 3:
        raise ValueError(
            f"`masks` must have shape (n, H, W). Received: masks.shape={np.shape(masks)}. "
            "For no objects type np.zeros((0, H, W))."
        )
    return [tight(mask) for mask in masks]


def outlines_cut(polygons, image_size) -> list:
    """Return the cut masks of objects that are lists of outlines, (k, 2) each.

    Raises:
        ValueError: an outline is broken. The message says which, counted from 1.
    """
    masks = []
    for number, pieces in enumerate(polygons, start=1):
        flat = [[np.ravel(piece).tolist()] for piece in pieces]
        for k, piece in enumerate(flat, start=1):
            check_segmentation(piece, image_size, f"Outline {k} of object {number}")
        cuts = [cut(piece, image_size) for piece in flat]
        masks.append(tight(*combine(cuts, np.bitwise_or)))
    return masks


def _box(one, image_size) -> tuple:
    """Return the corners of the stated box, or around the outline."""
    if one.bbox is None:
        return box_around(one.segmentation, image_size)
    x, y, width, height = one.bbox
    return x, y, x + width, y + height


def _label(one, class_names) -> int:
    """Return the number of an object's class."""
    if one.class_name not in class_names:
        raise ValueError(
            f"{one.place} has the class {shown(one.class_name)}, which is not one of the "
            f"`class_names`.{closest(one.class_name, class_names)} "
            f"Received: class_names={list(class_names)}."
        )
    return list(class_names).index(one.class_name) + 1
