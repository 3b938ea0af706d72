"""The keypoints of a YOLO data set: what its YAML file says of them, and the end of its lines.

`kpt_shape: [K, 2]` or `[K, 3]` says that a line goes on, after the box, with x, y or x, y, v of
each of K keypoints, shares of the image from its outer corner, as the box. v is 0, 1 or 2 as in
COCO. `flip_idx` says which one takes the place of each in a mirrored image, `kpt_names` what they
are called.
"""

import dataclasses

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.keypoint_groups import points_of
from keras_maskrcnn.skeletons import COCO_PERSON, Skeleton, as_skeleton, mirrored_by_name
from keras_maskrcnn.wording import shown

MOST = 1000  # keypoints


@dataclasses.dataclass(frozen=True, slots=True)
class Pose:
    """How a data set's lines hold keypoints.

    Attributes:
        skeleton: `Skeleton` of K keypoints.
        numbers: 2 or 3, for each.
    """

    skeleton: Skeleton
    numbers: int


def pose_of(content, path, wanted=None) -> Pose | None:
    """Return what a YAML file says of keypoints, None if nothing.

    Without `kpt_names` 17 keypoints whose `flip_idx` is that of COCO's person are taken for his.

    Args:
        content: dict of the parsed file, all values text.
        path: of the file, for messages.
        wanted: `Skeleton` to use, of as many keypoints. Default: the file's.

    Raises:
        DatasetError: what it says does not fit together.
    """
    if content.get("kpt_shape") is None:
        return None
    shape = _integers(content["kpt_shape"])
    if shape is None or len(shape) != 2 or not 0 < shape[0] <= MOST or shape[1] not in (2, 3):
        raise DatasetError(
            f"`kpt_shape` in '{path}' must be the number of keypoints and 2 or 3, such as [17, 3]. "
            f"Received: {shown(content['kpt_shape'])}."
        )
    if wanted is not None and len(wanted) != shape[0]:
        raise DatasetError(
            f"The skeleton must have the {shape[0]} keypoints of `kpt_shape` in '{path}'. "
            f"Received: {len(wanted)}, {list(wanted.names)}."
        )
    pairs, names = _pairs(content, shape[0], path), _names(content, shape[0], path)
    return Pose(wanted or _skeleton(names, pairs, shape[0]), shape[1])


def _skeleton(names, pairs, count):
    """Return the skeleton of names and pairs of indices, either of which may be None."""
    mirrored = sorted((a, b) for a, b in enumerate(COCO_PERSON.order_mirrored) if a < b)
    if (names is None and pairs == mirrored) or names == COCO_PERSON.names:
        known = COCO_PERSON
    elif names is None:
        known = as_skeleton(count)
    else:
        known = Skeleton(names, mirrored=mirrored_by_name(names))
    if pairs is None:
        return known
    return dataclasses.replace(known, mirrored=[(known.names[a], known.names[b]) for a, b in pairs])


def _pairs(content, count, path):
    """Return the pairs of indices that change places, None if the file does not say."""
    if content.get("flip_idx") is None:
        return None
    order = _integers(content["flip_idx"])
    if order is None or len(order) != count or not set(order) <= set(range(count)):
        order = None
    if order is None or any(order[other] != index for index, other in enumerate(order)):
        raise DatasetError(
            f"`flip_idx` in '{path}' must hold for each of the {count} keypoints the number, from "
            "0, of the one that takes its place in a mirrored image, which has its own in turn. "
            f"Received: {shown(content['flip_idx'])}."
        )
    return [(index, other) for index, other in enumerate(order) if index < other]


def _names(content, count, path):
    """Return the names of the keypoints, None if the file does not say them."""
    given = content.get("kpt_names")
    if given is None:
        return None
    lists = list(given.values()) if isinstance(given, dict) else given
    if isinstance(lists, list) and lists and all(isinstance(one, str) for one in lists):
        lists = [lists]  # of a single class
    right = isinstance(lists, list) and lists and all(_are_names(one, count) for one in lists)
    if not right or any(one != lists[0] for one in lists):
        raise DatasetError(
            f"`kpt_names` in '{path}' must hold {count} different names, the same for every class. "
            f"Received: {shown(given)}. A model has one set of keypoints."
        )
    return tuple(lists[0])


def _are_names(given, count):
    texts = isinstance(given, list) and all(isinstance(name, str) for name in given)
    return texts and len(given) == count == len(set(given))


def _integers(values):
    """Return a list of texts as int, or None."""
    try:
        return [int(value) for value in values] if isinstance(values, list) else None
    except (TypeError, ValueError):
        return None


def known_points(values, pose, size) -> list[float]:
    """Return x, y in pixels and 0, 1 or 2 of each keypoint, from the end of a line.

    Where lines have no v, a keypoint at 0 0 or below 0 is unknown, as it is for YOLO.

    Args:
        values: list of K * 2 or K * 3 floats.
        pose: `Pose`.
        size: (height, width) of the image.

    Raises:
        ValueError: a v is not 0, 1 or 2. The message is to follow the place of the line.
    """
    rows, (height, width) = [], size
    for start in range(0, len(values), pose.numbers):
        x, y, *known = values[start : start + pose.numbers]
        visible = known[0] if known else 2 if min(x, y) >= 0 and max(x, y) > 0 else 0
        if visible not in (0, 1, 2):
            raise ValueError(f"has a keypoint of visibility {visible:g}, which must be 0, 1 or 2")
        rows += [x * width, y * height, int(visible)] if visible else [0, 0, 0]
    return rows


def points_within(one, skeleton, size) -> list[tuple]:
    """Return the known keypoints of an `AnnotatedObject` that lie in the image, as `points_of`."""
    height, width = size
    points = points_of(one, skeleton)
    return [point for point in points if 0 <= point[2] <= width and 0 <= point[3] <= height]


def shares_of(one, skeleton, size) -> list[float]:
    """Return the end of a line: x, y as shares of the image, and 0, 1 or 2, of each keypoint."""
    values, (height, width) = [0] * 3 * len(skeleton), size
    for index, _, x, y, known in points_within(one, skeleton, size):
        values[3 * index : 3 * index + 3] = x / width, y / height, int(known)
    return values


def described(skeleton, class_names) -> dict:
    """Return what a YAML file says of the keypoints."""
    return {
        "kpt_shape": [len(skeleton), 3],
        "flip_idx": list(skeleton.order_mirrored),
        "kpt_names": {number: list(skeleton.names) for number in range(len(class_names))},
    }
