"""Checks of a COCO file's content, cheap enough to run on all of it before training."""

from keras_maskrcnn.formats.coco.keypoints import keypoints_problem
from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.names_on_disk import find_images
from keras_maskrcnn.formats.polygons import BEYOND, is_coordinate, is_number
from keras_maskrcnn.formats.records import LONGEST_SIDE, is_side
from keras_maskrcnn.formats.segmentations import segmentation_problem
from keras_maskrcnn.wording import shown

_SECTIONS = {
    "images": ("id", "file_name", "height", "width"),
    "annotations": ("image_id", "category_id"),
    "categories": ("id", "name"),
}


def check_content(content, name) -> None:
    """Check that the sections and their keys are there.

    Raises:
        DatasetError: naming the file and the place.
    """
    if not isinstance(content, dict):
        found = type(content).__name__
        raise DatasetError(
            f"'{name}' is not a COCO annotation file: it holds a JSON {found}, not an object with "
            "the keys 'images', 'annotations' and 'categories'."
        )
    for section, keys in _SECTIONS.items():
        entries = content.get(section)
        if not isinstance(entries, list):
            what = "lacks the key" if entries is None else "has no list under the key"
            raise DatasetError(
                f"'{name}' {what} '{section}'. A COCO annotation file has the lists "
                "'images', 'annotations' and 'categories'."
            )
        if not entries and section != "annotations":
            raise DatasetError(f"'{name}' has none of the '{section}': the list is empty.")
        _check_keys(entries, section, keys, name)
    for i, category in enumerate(content["categories"]):
        if type(category["id"]) is not int or not isinstance(category["name"], str):
            raise DatasetError(
                f"categories[{i}] in '{name}' must have a whole number as its id and a text as its "
                f"name. Received: id={shown(category['id'])}, name={shown(category['name'])}."
            )


def check_ids(content, name) -> None:
    """Check that no two images and no two categories have the same id or name.

    Raises:
        DatasetError: naming the file and both places.
    """
    for section, key in (("images", "id"), ("categories", "id"), ("categories", "name")):
        _check_unique(content[section], section, key, name)


def check_image_files(images, images_dir, name) -> list[str]:
    """Check the stated sizes and find the file of every image, see `find_images`.

    Raises:
        FileNotFoundError: the folder is missing.
        DatasetError: naming the first image and how many are missing.
    """
    for i, entry in enumerate(images):
        sides = height, width = (entry["height"], entry["width"])
        if not all(map(is_side, sides)):
            raise DatasetError(
                f"{_place('images', i, entry)} in '{name}' must have a height and width of whole "
                f"numbers above 0, at most {LONGEST_SIDE}. Received: height={shown(height)}, "
                f"width={shown(width)}."
            )
        if not isinstance(entry["file_name"], str):
            raise DatasetError(
                f"{_place('images', i, entry)} in '{name}' must have a text as its file_name. "
                f"Received: {shown(entry['file_name'])}."
            )
    return find_images([entry["file_name"] for entry in images], images_dir, name)


def check_annotations(content, name, skeleton=None) -> None:
    """Check every annotation: its image, category, segmentation, box, area and keypoints.

    Raises:
        DatasetError: naming the first bad annotation, its image, and what is wrong with it.
    """
    images = {entry["id"]: entry for entry in content["images"]}
    categories = {entry["id"] for entry in content["categories"]}
    for i, annotation in enumerate(content["annotations"]):
        image_id, category_id = annotation["image_id"], annotation["category_id"]
        entry = images.get(image_id) if isinstance(image_id, int | str) else None
        if entry is None:
            problem = f"belongs to image_id {shown(image_id)}, which 'images' lacks"
        elif not isinstance(category_id, int) or category_id not in categories:
            known = ", ".join(shown(id_) for id_ in sorted(categories)[:8])
            more = ", ..." if len(categories) > 8 else ""
            problem = (
                f"has category_id {shown(category_id)}, which 'categories' lacks: {known}{more}"
            )
        elif annotation.get("iscrowd", 0) not in (0, 1):
            problem = f"has iscrowd {shown(annotation['iscrowd'])}, which must be 0 or 1"
        else:
            problem = (
                _outline_problem(annotation, entry["height"], entry["width"])
                or _box_problem(annotation)
                or _area_problem(annotation.get("area"))
                or keypoints_problem(annotation, skeleton)
            )
        if problem:
            image = f" of image '{entry['file_name']}'" if entry else ""
            raise DatasetError(
                f"{_place('annotations', i, annotation)}{image} in '{name}' {problem}. "
                "Correct or remove it."
            )


def has_mask(annotation) -> bool:
    """Return whether an annotation has a `segmentation`; it may be missing or empty."""
    return annotation.get("segmentation") not in (None, [])


def _outline_problem(annotation, height, width):
    """Return what is wrong with a `segmentation`, or None; without it there must be a `bbox`."""
    if has_mask(annotation):
        return segmentation_problem(annotation["segmentation"], height, width)
    if annotation.get("iscrowd"):
        return "has iscrowd 1 and no segmentation, which says where the crowd is"
    return "has neither a segmentation nor a bbox" if annotation.get("bbox") is None else None


def _box_problem(annotation):
    """Return what is wrong with a `bbox`, or None; it may be missing.

    A box may be as flat as its polygons: COCO's own train2017 holds such lines.
    """
    box = annotation.get("bbox")
    if box is None:
        return None
    if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
        return f"has a bbox that is not four numbers [x, y, width, height]: {shown(box, 80)}"
    if not all(map(is_coordinate, box)):
        return f"has a box far outside the image: bbox [x, y, width, height] is {shown(box, 80)}"
    _, _, width, height = box
    flat = min(width, height) == 0 and _is_flat(annotation.get("segmentation") or {})
    if min(width, height) <= 0 and not flat:
        return f"has a box without area: bbox [x, y, width, height] is {box}"
    return None


def _is_flat(segmentation):
    """Whether all polygons together have no height or no width."""
    if isinstance(segmentation, dict):
        return False
    sides = [[v for polygon in segmentation for v in polygon[first::2]] for first in (0, 1)]
    return any(min(side) == max(side) for side in sides)


def _area_problem(area):
    """Return what is wrong with an `area`, or None; it may be missing."""
    if area is None or (isinstance(area, int | float) and 0 <= area < BEYOND**2):
        return None
    return f"has an area that is not a number of pixels: {shown(area, 40)}"


def _check_keys(entries, section, keys, name):
    """Check that every entry is an object with the keys that its section needs."""
    for i, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise DatasetError(f"{section}[{i}] in '{name}' is not an object: {shown(entry)}.")
        for key in keys:
            if entry.get(key) is None:
                raise DatasetError(
                    f"{_place(section, i, entry)} in '{name}' lacks the key '{key}'. "
                    f"Each of '{section}' needs {', '.join(keys)}."
                )


def _check_unique(entries, section, key, name):
    """Check that no two entries share a value of a key."""
    seen = {}
    for i, entry in enumerate(entries):
        try:
            first = seen.setdefault(entry[key], i)
        except TypeError:
            raise DatasetError(
                f"{section}[{i}] in '{name}' must have a number or text as its {key}. "
                f"Received: {shown(entry[key])}."
            ) from None
        if first != i:
            raise DatasetError(
                f"{section}[{first}] and {section}[{i}] in '{name}' have the same {key}, "
                f"{shown(entry[key])}. Give each its own."
            )


def _place(section, index, entry):
    """Name an entry: its position, and its id when it has one."""
    return f"{section}[{index}]" + (f" (id {shown(entry['id'], 40)})" if "id" in entry else "")
