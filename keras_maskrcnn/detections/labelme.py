"""An image's LabelMe file."""

import re

from keras_maskrcnn.detections.reading import (
    ReadObject,
    box_of,
    extent,
    filled,
    joined,
    label_of,
)
from keras_maskrcnn.formats import scores
from keras_maskrcnn.formats.labelme.shapes import NO_MASK, shape_segmentation

_SCORE = re.compile(r"score ([01]\.\d+)")


def labelme_content(found, file_name, tolerance) -> dict:
    """The dict of `Detections.to_labelme`."""
    if found.has_masks:
        kind, objects = "polygon", found.to_polygons(tolerance)
    else:
        kind, objects = "rectangle", [[box.reshape(2, 2)] for box in found.boxes]
    shapes = [
        {
            "label": name,
            "points": points.tolist(),
            "group_id": number if len(pieces) > 1 else None,
            "description": f"score {scores.written(score)}",
            "shape_type": kind,
            "flags": {},
            "mask": None,
        }
        for number, (pieces, name, score) in enumerate(
            zip(objects, found.names, found.scores, strict=True), start=1
        )
        for points in pieces
    ]
    height, width = found.image_size
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": str(file_name),
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def labelme_size(content) -> tuple[int, int]:
    """The (height, width) that the file states."""
    known = content if isinstance(content, dict) else {}
    size = (known.get("imageHeight"), known.get("imageWidth"))
    if not isinstance(known.get("shapes"), list) or not all(type(side) is int for side in size):
        raise ValueError(
            "`content` must be that of a LabelMe file, with `shapes`, `imageHeight` and "
            f"`imageWidth`. Received: {content!r:.60}. Type: json.load(open('a.json'))."
        )
    return size


def labelme_objects(content, class_names) -> list[ReadObject]:
    """The objects of `Detections.from_labelme`."""
    size = labelme_size(content)
    pieces = {}
    for number, shape in enumerate(content["shapes"], start=1):
        place = f"Shape {number}"
        if not isinstance(shape, dict):
            raise ValueError(f"{place} must be a dict. Received: {shape!r:.60}.")
        if shape.get("shape_type") in NO_MASK:
            continue
        group = shape.get("group_id")
        key = (shape.get("label"), number if group is None else f"group {group}")
        pieces.setdefault(key, []).append(_piece(shape, class_names, size, place))
    return [_whole(parts) for parts in pieces.values()]


def _piece(shape, class_names, size, place) -> ReadObject:
    """One shape as an object of its own."""
    label = label_of(shape.get("label"), class_names, place)
    try:
        segmentation = shape_segmentation(shape, size)
    except ValueError as problem:
        raise ValueError(f"{place} {problem}. Correct or remove it.") from None
    crop = filled(segmentation, size, place)
    box = extent(segmentation, size) if isinstance(segmentation, list) else box_of(crop)
    stated = _SCORE.match(shape.get("description") or "")
    return ReadObject(label, scores.read(float(stated[1]) if stated else None, place), box, crop)


def _whole(parts) -> ReadObject:
    """The object of several pieces, with the score of the first."""
    corners = [part.box for part in parts]
    x1, y1 = (min(corner[side] for corner in corners) for side in (0, 1))
    x2, y2 = (max(corner[side] for corner in corners) for side in (2, 3))
    crop = joined([part.crop for part in parts])
    return ReadObject(parts[0].label, parts[0].score, (x1, y1, x2, y2), crop)
