"""The keypoints of a COCO file: names and limbs in the categories, points in the annotations.

COCO's keypoints are indices of pixels, 0 being the middle of the first one; ours are pixels from
its outer corner, as all coordinates are. So half a pixel is added where they are read and taken
away where they are written, as Detectron2 does.
"""

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.polygons import is_coordinate
from keras_maskrcnn.skeletons import COCO_PERSON, Skeleton, mirrored_by_name
from keras_maskrcnn.wording import shown


def skeleton_of(categories, name, wanted=None) -> Skeleton | None:
    """Return the keypoints of the categories, None if they have none.

    COCO does not say which keypoints change places in a mirrored image: those are paired whose
    names differ in "left" and "right" alone. COCO's own 17 have its sigmas.

    Args:
        categories: list of dicts, some perhaps with "keypoints", a list of names, and "skeleton", a
            list of pairs of numbers from 1.
        name: of the file, for messages.
        wanted: `Skeleton` to use in place of the file's limbs and pairs, of the same names.

    Raises:
        DatasetError: names or pairs are not such lists, or two categories, or `wanted`, have other
            keypoints.
    """
    having = [one for one in categories if one.get("keypoints")]
    if not having:
        return wanted
    skeletons = [_skeleton(one, name) for one in having]
    for category, skeleton in zip(having, skeletons, strict=True):
        if skeleton.names != skeletons[0].names:
            raise DatasetError(
                f"Categories '{having[0]['name']}' and '{category['name']}' in '{name}' have other "
                f"keypoints: {list(skeletons[0].names)} and {list(skeleton.names)}. A model has "
                "one set: give both all of them, and leave unknown what one does not have."
            )
    if wanted is not None and wanted.names != skeletons[0].names:
        raise DatasetError(
            f"The skeleton must have the keypoints of '{name}': {list(skeletons[0].names)}. "
            f"Received: {list(wanted.names)}. Leave it out, or give these names in this order."
        )
    return wanted or skeletons[0]


def keypoints_problem(annotation, skeleton) -> str | None:
    """Return what is wrong with the "keypoints" of an annotation, or None; they may be missing."""
    points = annotation.get("keypoints")
    if points is None or skeleton is None:
        return None
    count = 3 * len(skeleton)
    numbers = isinstance(points, list) and all(map(is_coordinate, points))
    if not numbers or len(points) != count:
        return f"has keypoints that are not {count} numbers, x, y, 0 to 2 for each: {shown(points)}"
    if not {*points[2::3]} <= {0, 1, 2}:
        return f"has keypoints of visibility {sorted({*points[2::3]})}, which must be 0, 1 or 2"
    return None


def from_indices(points) -> list[float]:
    """Return x, y, v of COCO's keypoints in pixels of the image; unknown ones stay 0, 0, 0.

    >>> from_indices([4, 3, 2, 0, 0, 0])
    [4.5, 3.5, 2, 0, 0, 0]
    """
    return _shifted(points, 0.5)


def to_indices(points) -> list[float]:
    """Return what COCO writes of x, y, v in pixels: the inverse of `from_indices`.

    >>> to_indices([4.5, 3.5, 2, 0, 0, 0])
    [4.0, 3.0, 2, 0, 0, 0]
    """
    return _shifted(points, -0.5)


def _shifted(points, by):
    triples = zip(points[::3], points[1::3], points[2::3], strict=True)
    return [value for x, y, v in triples for value in ((x + by, y + by, v) if v else (0, 0, 0))]


def categories_of(category_ids, skeleton) -> list[dict]:
    """Return the "categories" of a file; with a skeleton, each has its keypoints."""
    entries = [{"id": id_, "name": name} for name, id_ in category_ids.items()]
    if skeleton is None:
        return entries
    limbs = [[a + 1, b + 1] for a, b in skeleton.limb_indices]
    return [{**one, "keypoints": list(skeleton.names), "skeleton": limbs} for one in entries]


def _skeleton(category, name):
    """Return the `Skeleton` of a category that has keypoints."""
    names, limbs = category["keypoints"], category.get("skeleton") or []
    where = f"Category '{category['name']}' in '{name}'"
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise DatasetError(f"{where} must have a list of names as its keypoints: {shown(names)}.")
    if tuple(names) == COCO_PERSON.names:
        return COCO_PERSON
    try:
        pairs = [(names[int(a) - 1], names[int(b) - 1]) for a, b in limbs if min(a, b) > 0]
        return Skeleton(names, pairs, mirrored_by_name(names))
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise DatasetError(
            f"{where} must have different names as its keypoints, and as its skeleton pairs of "
            f"numbers from 1 to {len(names)}. {error}"
        ) from None
