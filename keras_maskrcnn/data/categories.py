"""Which of a data set's classes are kept, and in which order."""

from collections import Counter

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.wording import closest


def choose_categories(category_ids, classes, name) -> dict[str, int]:
    """Choose classes by name.

    A name that the annotations do not have is a class without objects, as in a file to measure on
    that holds no object of a class of training; unless it looks like another's or no name is known.

    Args:
        category_ids: dict from the name of each class to its id.
        classes: names to keep, in the order of their labels, or None for all by rising id.
        name: path of the annotations, for messages.

    Returns:
        dict from name to id, in the order of the labels 1..K.

    Raises:
        DatasetError: a name is unknown, or given twice, or there is none.

    Example:

    >>> choose_categories({"cat": 4, "dog": 30}, ["dog"], "a.json")
    {'dog': 30}
    >>> choose_categories({"cat": 4, "dog": 30}, ["dog", "horse"], "a.json")
    {'dog': 30, 'horse': 31}
    """
    if classes is None:
        return dict(sorted(category_ids.items(), key=lambda pair: pair[1]))
    classes = [classes] if isinstance(classes, str) else list(classes)
    known = category_ids | _without_objects(category_ids, classes)
    for class_name in classes:
        if class_name not in known:
            raise DatasetError(
                f"'{name}' has no category '{class_name}'.{closest(class_name, known)} "
                f"It has: {', '.join(sorted(known))}."
            )
    repeated = [class_name for class_name, count in Counter(classes).items() if count > 1]
    if repeated or not classes:
        raise DatasetError(
            f"`classes` must name at least one class, each once. Received: classes={classes}."
        )
    return {class_name: known[class_name] for class_name in classes}


def _without_objects(category_ids, classes):
    """Return new ids for the names that no object has, if they are no mistakes."""
    others = [name for name in category_ids if name not in classes]
    absent = [name for name in dict.fromkeys(classes) if name not in category_ids]
    misspelt = any(closest(name, others) for name in absent)
    if misspelt or (category_ids and len(absent) == len(set(classes))):
        return {}
    start = 1 + max(category_ids.values(), default=0)
    return {name: start + i for i, name in enumerate(absent)}
