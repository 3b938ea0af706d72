"""Which attribute of VIA's regions names the class, and which class a region has."""

from collections import Counter

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.wording import closest


def find_attribute(regions, wanted, name) -> str | None:
    """Find the attribute that names the class.

    It is the one that has a value in more than half of the regions, or the only one that has any.

    Args:
        regions: list of `region_attributes`, dicts.
        wanted: name of the attribute, or None to find it.
        name: path of the file, for messages.

    Returns:
        str, or None if no region has an attribute with a value.

    Raises:
        DatasetError: several attributes could be it, or no region has the one wanted.

    Example:

    >>> find_attribute([{"class": "cat", "note": ""}, {"class": "dog", "note": "old"}], None, "")
    'class'
    """
    counts = Counter()
    for region in regions:
        counts.update(key for key, value in region.items() if _texts(value))
    if wanted is not None:
        if regions and wanted not in counts:
            known = f"They have: {_listed(counts, regions)}" if counts else "They have none"
            raise DatasetError(
                f"No region of '{name}' has a value of the attribute '{wanted}'."
                f"{closest(wanted, counts)} {known}."
            )
        return wanted
    frequent = {key: count for key, count in counts.items() if 2 * count > len(regions)}
    candidates = frequent or counts
    if len(candidates) > 1:
        first = max(candidates, key=candidates.get)
        raise DatasetError(
            f"The regions of '{name}' have several attributes that could name the class: "
            f"{_listed(candidates, regions)}. Give attribute='{first}' or another, or type "
            f"maskrcnn data convert --attribute {first}."
        )
    return next(iter(candidates), None)


def class_of(region, attribute) -> str:
    """Return the class of a region, from a text, a number, or the option that is ticked.

    >>> class_of({"class": {"cat": True, "dog": False}}, "class")
    'cat'

    Raises:
        ValueError: it has no class or several. The message is to follow the region's name.
    """
    names = _texts(region.get(attribute))
    if not names:
        raise ValueError(f"has no value of the attribute '{attribute}', which names the class")
    if len(names) > 1:
        raise ValueError(f"has several classes in its attribute '{attribute}': {', '.join(names)}")
    return names[0]


def declared_options(content, attribute) -> list[str]:
    """Return the options a VIA project offers for an attribute, in order; none in an export."""
    place = content
    for key in ("_via_attributes", "region", attribute, "options"):
        place = place.get(key) if isinstance(place, dict) else None
    return [str(option) for option in place] if isinstance(place, dict) else []


def texts_of(region, attribute) -> list[str]:
    """Return the texts that the value of an attribute of a `Region` stands for, [] for none."""
    return _texts(region.attributes.get(attribute))


def _texts(value):
    """Return the texts that a value of an attribute stands for."""
    if isinstance(value, dict):
        return [str(option) for option, ticked in value.items() if ticked is True]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return []
    text = str(value).strip()
    return [text] if text else []


def _listed(counts, regions):
    """Attributes with the number of their values and one of those."""
    shown = []
    for key in sorted(counts, key=counts.get, reverse=True):
        example = next(names[0] for region in regions if (names := _texts(region.get(key))))
        shown.append(f"'{key}' ({counts[key]} of {len(regions)} regions, such as '{example}')")
    return ", ".join(shown)
