"""Which of a data set's classes are kept, and in which order."""

from collections import Counter

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.wording import closest


def choose_categories(categories, classes, name, *, complete=True):
    """Choose categories by name.

    Args:
        categories: list of dicts with `id` and `name`.
        classes: names to keep, in the order of their labels, or None for all by rising id.
        name: path of the annotations, for messages.
        complete: whether `categories` are all that the format knows. Where they are those of the
            objects that happen to be there, a name that none of them has is a class without
            objects, unless it looks like another's or no name is known.

    Returns:
        list of dicts with `id` and `name`, in the order of the labels 1..K.

    Raises:
        DatasetError: a name is unknown, or given twice, or there is none.

    Example:

    >>> choose_categories([{"id": 4, "name": "cat"}, {"id": 30, "name": "dog"}], ["dog"], "a.json")
    [{'id': 30, 'name': 'dog'}]
    """
    if classes is None:
        return sorted(categories, key=lambda category: category["id"])
    classes = [classes] if isinstance(classes, str) else list(classes)
    by_name = {category["name"]: category for category in categories}
    if not complete:
        by_name |= _without_objects(by_name, classes)
    for class_name in classes:
        if class_name not in by_name:
            raise DatasetError(
                f"'{name}' has no category '{class_name}'.{closest(class_name, by_name)} "
                f"It has: {', '.join(sorted(by_name))}."
            )
    repeated = [class_name for class_name, count in Counter(classes).items() if count > 1]
    if repeated or not classes:
        raise DatasetError(
            f"`classes` must name at least one class, each once. Received: classes={classes}."
        )
    return [by_name[class_name] for class_name in classes]


def _without_objects(by_name, classes):
    """New categories for the names that no object has, if they are no mistakes."""
    others = [name for name in by_name if name not in classes]
    absent = [name for name in dict.fromkeys(classes) if name not in by_name]
    misspelt = any(closest(name, others) for name in absent)
    if misspelt or (by_name and len(absent) == len(set(classes))):
        return {}
    start = 1 + max((category["id"] for category in by_name.values()), default=0)
    return {name: {"id": start + i, "name": name} for i, name in enumerate(absent)}
