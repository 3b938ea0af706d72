"""The keypoints of LabelMe files: point shapes with the `group_id` of their object.

The label of such a point is the name of the keypoint; the flag `occluded` says that it is hidden.
LabelMe's coordinates are pixels from the outer corner of the first pixel, as ours, so nothing is
added to them.
"""

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.keypoint_groups import NamedPoint, points_of
from keras_maskrcnn.formats.labelme.shapes import shape_points, stated_score
from keras_maskrcnn.scores import rounded
from keras_maskrcnn.wording import shown

OCCLUDED = "occluded"


def has_keypoints(shapes) -> bool:
    """Whether a point among the shapes of a file is in a group."""
    return any(
        isinstance(shape, dict)
        and shape.get("shape_type") == "point"
        and shape.get("group_id") is not None
        for shape in shapes
    )


def named_point(shape, group, place, found=False) -> NamedPoint:
    """Return a point as a keypoint.

    Args:
        shape: dict with the label, a text, and `points`.
        group: str, or None if it has none.
        place: of the shape, for messages.
        found: whether to give it the score of its description, 1 without one, in place of what is
            known of it.

    Raises:
        DatasetError: it has no group, or not one pair of coordinates.
    """
    name, flags = shape["label"], shape.get("flags")
    if group is None:
        raise DatasetError(
            f"{place} is the point {shown(name)} without a group_id, by which it belongs to an "
            "object with the same one. Correct or remove it."
        )
    try:
        points = shape_points(shape, "point")
        if len(points) != 1:
            raise ValueError(f"has a point of {len(points)} pairs of coordinates, not 1")
    except ValueError as problem:
        raise DatasetError(f"{place} {problem}. Correct or remove it.") from None
    score = stated_score(shape, place) if found else None
    hidden = isinstance(flags, dict) and flags.get(OCCLUDED) is True
    known = (1.0 if score is None else score) if found else 1 if hidden else 2
    return NamedPoint(place, name, group, *points[0], known)


def point_shapes(one, skeleton, group) -> list[dict]:
    """Return the shapes of the keypoints of an `AnnotatedObject` that are known."""
    scores = (one.fields or {}).get("keypoint_scores")
    return [
        {
            "label": name,
            "points": [[x, y]],
            "group_id": group,
            "description": "" if scores is None else f"score {rounded(scores[index])}",
            "shape_type": "point",
            "flags": {OCCLUDED: True} if known == 1 else {},
            "mask": None,
        }
        for index, name, x, y, known in points_of(one, skeleton)
    ]
