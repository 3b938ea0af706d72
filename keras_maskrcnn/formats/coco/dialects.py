"""What annotation tools write differently from COCO's own files, brought to COCO's form."""

from keras_maskrcnn.formats.polygons import is_number


def plain(content) -> tuple[dict, tuple[str, ...]]:
    """Bring the content of a tool's file to COCO's form.

    VIA's export "as COCO" has ids of images as text and each polygon flat, outside a list. Roboflow
    puts a category above the classes, often of the name of one of them: what no annotation uses and
    another category names as its `supercategory` is no class.

    Args:
        content: dict of "images", "annotations" and "categories", whose entries are dicts with the
            keys that COCO needs.

    Returns:
        The content, and a tuple of sentences on what was left out.

    Example:

    >>> fish = {"id": 1, "name": "fish", "supercategory": "animals"}
    >>> found = {"id": 5, "image_id": "0", "category_id": 1, "segmentation": [1, 2, 3, 4, 5, 6]}
    >>> content = {"images": [{"id": 0}], "annotations": [found]}
    >>> content, said = plain({**content, "categories": [{"id": 0, "name": "animals"}, fish]})
    >>> content["annotations"][0]["image_id"], content["annotations"][0]["segmentation"]
    (0, [[1, 2, 3, 4, 5, 6]])
    >>> said
    ("left out the category 'animals' (id 0): it stands above others and has no objects",)
    """
    ids = {key: _known_ids(content[key]) for key in ("images", "categories")}
    annotations = [_plain_annotation(one, ids) for one in content["annotations"]]
    used = {one["category_id"] for one in annotations if isinstance(one["category_id"], int)}
    classes, roots = [], []
    for one in content["categories"]:
        (roots if _is_root(one, content["categories"], used) else classes).append(one)
    said = tuple(
        f"left out the category '{one['name']}' (id {one['id']}): it stands above others and has "
        "no objects"
        for one in roots
    )
    return {**content, "annotations": annotations, "categories": classes}, said


def _known_ids(entries):
    """Return a dict from how an id reads as text to the id; without ids of the same text."""
    ids = {}
    for entry in entries:
        if isinstance(entry["id"], int | str):
            ids.setdefault(str(entry["id"]), set()).add(entry["id"])
    return {text: next(iter(same)) for text, same in ids.items() if len(same) == 1}


def _plain_annotation(annotation, ids):
    """Return an annotation with the ids as the other lists have them and polygons in a list."""
    image_id, category_id = annotation["image_id"], annotation["category_id"]
    changed = {
        "image_id": _same(image_id, ids["images"]),
        "category_id": _same(category_id, ids["categories"]),
    }
    outline = annotation.get("segmentation")
    if isinstance(outline, list) and outline and all(map(is_number, outline)):
        changed["segmentation"] = [outline]
    differs = any(annotation.get(key) is not value for key, value in changed.items())
    return {**annotation, **changed} if differs else annotation  # of COCO there are 860,000


def _same(id_, known):
    """Return the known id that reads the same, or what was given."""
    return known.get(str(id_), id_) if isinstance(id_, int | str) else id_


def _is_root(category, categories, used):
    """Whether a category has no objects and another one names it as what it is a kind of."""
    below = (one.get("supercategory") for one in categories if one is not category)
    return category["name"] in below and category["id"] not in used
