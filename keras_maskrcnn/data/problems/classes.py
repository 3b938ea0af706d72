"""Problems of a data set's classes."""

from collections.abc import Iterator

from keras_maskrcnn.data.problems.findings import Finding


def class_findings(train, val, limits) -> Iterator[Finding]:
    """Yield what is wrong with the number of objects of each class.

    Args:
        train: dict from class name to number of objects.
        val: the same of the split to measure on, or None.
        limits: `Limits`.
    """
    if not any(train.values()):
        yield Finding("nothing_to_learn", "train has no object of any class")
        return
    for name, count in train.items():
        measured = None if val is None else val.get(name, 0)
        if count and measured == 0:
            message = f"'{name}': {_objects(count)} in train, none in val: it has no AP"
            yield Finding("unmeasured_class", message, figures={"class": name, "objects": count})
        if not count and not measured:
            message = f"'{name}' has no object" + ("" if val is None else " in train or val")
            yield Finding("empty_class", message, figures={"class": name})
        elif 0 < count < limits.rare_objects:
            message = f"'{name}' has {_objects(count)} to learn from"
            yield Finding("rare_class", message, figures={"class": name, "objects": count})
    for name, count in (val or {}).items():
        if count and not train.get(name):
            message = f"'{name}': {_objects(count)} in val, none in train: none will be found"
            yield Finding("unlearned_class", message, figures={"class": name, "objects": count})


def _objects(count):
    return f"{count} object" + "s" * (count != 1)
