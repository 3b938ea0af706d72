"""Keypoints that a file holds as points with names, tied by a group to the object they are of."""

import dataclasses

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.skeletons import COCO_PERSON, Skeleton, mirrored_by_name
from keras_maskrcnn.wording import closest, listed, shown


@dataclasses.dataclass(frozen=True, slots=True)
class NamedPoint:
    """A keypoint of an object of an image.

    Attributes:
        place: its name for messages.
        name: str, of the keypoint.
        group: str, that of its object.
        x, y: in pixels of the image, (0, 0) the outer corner of the first one.
        known: 1 if it is hidden, 2 if it is visible; of what was found the score.
    """

    place: str
    name: str
    group: str
    x: float
    y: float
    known: float


def skeleton_of(points, declared=()) -> Skeleton | None:
    """Return the keypoints that a data set has, None if it has none.

    They are in the order in which the file declares their names, those that it does not declare in
    alphabetical order; with COCO's 17 names it is COCO's person. Left and right change places in a
    mirrored image where their names say so.

    Args:
        points: all `NamedPoint` of the data set.
        declared: names that the file lists.

    >>> skeleton_of([NamedPoint("", name, "1", 0, 0, 2) for name in ("tip", "end", "tip")]).names
    ('end', 'tip')
    """
    names = list(dict.fromkeys([*declared, *sorted({point.name for point in points})]))
    if not names:
        return None
    if set(names) == set(COCO_PERSON.names):
        return COCO_PERSON
    return Skeleton(names, mirrored=mirrored_by_name(names))


def with_keypoints(objects, groups, points, skeleton) -> list:
    """Return the objects of an image with the keypoints of their groups.

    Args:
        objects: list of `AnnotatedObject`.
        groups: the group of each, str or None.
        points: list of `NamedPoint`.
        skeleton: `Skeleton`.

    Raises:
        DatasetError: a point has no object, or several, a name that the skeleton has not, or one
            that its object has already. The message names its place.
    """
    found = {}  # of the number of an object: a dict from a keypoint's number to the point
    for point in points:
        owners = [number for number, group in enumerate(groups) if group == point.group]
        if len(owners) != 1:
            how_many = f"{len(owners)} objects" if owners else "no object"
            raise _wrong(point, f"of group {shown(point.group)}, which {how_many} of its image has")
        if point.name not in skeleton.names:
            hint = closest(point.name, skeleton.names)
            raise _wrong(point, f"but the skeleton has {listed(skeleton.names)}.{hint}".rstrip("."))
        known = found.setdefault(owners[0], {})
        index = skeleton.names.index(point.name)
        if index in known:
            raise _wrong(point, f"of group {shown(point.group)}, as is {known[index].place}")
        known[index] = point
    return [
        dataclasses.replace(one, fields={"keypoints": _row(found[number], len(skeleton))})
        if number in found
        else one
        for number, one in enumerate(objects)
    ]


def points_of(one, skeleton) -> list[tuple]:
    """Return (index, name, x, y, known) of the keypoints of an `AnnotatedObject` that are known."""
    points = (one.fields or {}).get("keypoints", ()) if skeleton else ()
    rows = zip(points[::3], points[1::3], points[2::3], strict=True)
    return [(index, skeleton.names[index], *row) for index, row in enumerate(rows) if row[2] > 0]


def _row(points, count):
    """Return x, y, known of all keypoints; 0, 0, 0 of those that are not there."""
    values = [0] * 3 * count
    for index, point in points.items():
        values[3 * index : 3 * index + 3] = point.x, point.y, point.known
    return values


def _wrong(point, what):
    return DatasetError(
        f"{point.place} is the keypoint {shown(point.name)} {what}. Correct or remove it."
    )
