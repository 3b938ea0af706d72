"""The keypoints of VIA files: point regions with the attributes `keypoint` and `group_id`.

VIA has no keypoints of its own. A point belongs to the region whose `group_id` is the same text in
the same image; `keypoint` is its name, `visibility` may say that it is hidden. VIA's coordinates
are pixels from the outer corner of the first pixel, as ours, so nothing is added to them.
"""

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.keypoint_groups import NamedPoint, points_of
from keras_maskrcnn.formats.polygons import is_coordinate
from keras_maskrcnn.formats.via.classes import declared_options, texts_of
from keras_maskrcnn.wording import shown

GROUP, NAME, VISIBILITY = "group_id", "keypoint", "visibility"
ATTRIBUTES = (GROUP, NAME, VISIBILITY)
_KNOWN = {"visible": 2, "hidden": 1, "2": 2, "1": 1}  # numbers as COCO has them


def has_keypoints(regions, content=None) -> bool:
    """Whether a point among the `Region` has a name or a group, or a project declares names."""
    return bool(declared_options(content, NAME)) or any(
        region.kind == "point" and (texts_of(region, GROUP) or texts_of(region, NAME))
        for region in regions
    )


def group_of(region) -> str | None:
    """Return the group of a `Region`, None if it is in none."""
    return next(iter(texts_of(region, GROUP)), None)


def named_points(regions, found=False) -> list[NamedPoint]:
    """Return the points among the `Region` of an image.

    Args:
        regions: list of `Region`.
        found: whether to give them a score, 1, in place of what is known of them.

    Raises:
        DatasetError: a point has no name, no group, no coordinates, or an unknown visibility.
    """
    points = []
    for region in regions:
        if region.kind == "point":
            x, y = (region.shape.get(key) for key in ("cx", "cy"))
            known = "".join(texts_of(region, VISIBILITY)).lower() or "visible"
            if problem := _problem(region, x, y, known):
                raise DatasetError(f"{region.place} {problem}. Correct or remove it.")
            (name,), group = texts_of(region, NAME), group_of(region)
            value = 1.0 if found else _KNOWN[known]
            points.append(NamedPoint(region.place, name, group, x, y, value))
    return points


def _problem(region, x, y, known):
    """Return what is wrong with a point, to follow its place, or None."""
    names = texts_of(region, NAME)
    if not names:
        return f"is a point without a value of the attribute '{NAME}', which names it"
    if len(names) > 1:
        return f"is a point with several values of the attribute '{NAME}': {', '.join(names)}"
    if not group_of(region):
        return (
            f"is the keypoint {shown(names[0])} without a value of the attribute '{GROUP}', by "
            "which it belongs to an object with the same value"
        )
    if not is_coordinate(x) or not is_coordinate(y):
        return f"is a point whose cx and cy are not usable numbers: {shown([x, y])}"
    if known not in _KNOWN:
        return f"has the visibility {shown(known)}, which must be 'visible' or 'hidden'"
    return None


def point_regions(one, skeleton, group) -> list[dict]:
    """Return the regions of the keypoints of an `AnnotatedObject` that are known."""
    return [
        {
            "shape_attributes": {"name": "point", "cx": x, "cy": y},
            "region_attributes": {GROUP: group, NAME: name}
            | ({VISIBILITY: "hidden"} if known == 1 else {}),
        }
        for _, name, x, y, known in points_of(one, skeleton)
    ]


def declared(skeleton) -> dict:
    """Return the attributes of a project whose objects have keypoints."""
    text = {"type": "text", "description": "the same for an object and its keypoints"}
    options = {NAME: skeleton.names, VISIBILITY: ("visible", "hidden")}
    lists = {
        key: {
            "type": "dropdown",
            "description": "",
            "options": dict.fromkeys(names, ""),
            "default_options": {},
        }
        for key, names in options.items()
    }
    return {GROUP: {**text, "default_value": ""}, **lists}
