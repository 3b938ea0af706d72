"""What stands where in the JSON files of the VGG Image Annotator."""

from dataclasses import dataclass

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.wording import shown


@dataclass(frozen=True, slots=True)
class Region:
    """A region as the file holds it.

    Attributes:
        place: its name for messages; regions are counted from 1, as VIA shows them.
        shape: its `shape_attributes`.
        attributes: its `region_attributes`.
    """

    place: str
    shape: dict
    attributes: dict

    @property
    def kind(self) -> str | None:
        """The name of its shape."""
        return self.shape.get("name")


def looks_like_via(content) -> bool:
    """Whether parsed JSON is an export of VIA 1.x or 2.x, or a project of 2.x."""
    if not isinstance(content, dict):
        return False
    if "_via_img_metadata" in content:
        return isinstance(content["_via_img_metadata"], dict)
    return any(isinstance(entry, dict) and "regions" in entry for entry in content.values())


def read_regions(content, name) -> dict[str, list[Region]]:
    """Find the regions of each image.

    Args:
        content: parsed JSON. Exports have an entry for each image, projects have them under
            `_via_img_metadata`; the regions of an entry are a list in VIA 2.x, a dict in 1.x.
        name: path of the file, for messages.

    Returns:
        dict from file name to list of `Region`.

    Raises:
        DatasetError: the content is not of VIA, or an entry is broken.

    Example:

    >>> rect = {"name": "rect", "x": 2, "y": 1, "width": 3, "height": 2}
    >>> region = {"shape_attributes": rect, "region_attributes": {"class": "cat"}}
    >>> entry = {"filename": "a.jpg", "size": 99, "regions": [region]}
    >>> read_regions({"a.jpg99": entry}, "via.json")["a.jpg"][0].attributes
    {'class': 'cat'}
    """
    if not looks_like_via(content):
        raise DatasetError(
            f"'{name}' is not a file of the VGG Image Annotator 1.x or 2.x: a project has the key "
            "'_via_img_metadata', an export has 'regions' for each image. Export it again as JSON."
        )
    regions, keys = {}, {}
    for key, entry in content.get("_via_img_metadata", content).items():
        if not isinstance(entry, dict) or not isinstance(entry.get("regions"), list | dict):
            raise DatasetError(
                f"The entry '{key}' in '{name}' must be an image with regions. "
                f"Received: {shown(entry)}. Correct or remove it."
            )
        file_name = _file_name(key, entry)
        if file_name in keys:
            raise DatasetError(
                f"'{name}' has two entries of image '{file_name}': '{keys[file_name]}' and "
                f"'{key}'. Remove one."
            )
        keys[file_name] = key
        regions[file_name] = _regions(
            entry["regions"], f"image {shown(file_name, 300)} in '{name}'"
        )
    return regions


def _file_name(key, entry):
    """Return the name of an image: as stated, or from its key, which is name and size in bytes."""
    name, size = entry.get("filename"), entry.get("size")
    if isinstance(name, str) and name:
        return name
    return key.removesuffix(str(size)) if isinstance(size, int | str) else key


def _regions(regions, image):
    """Return the regions of one image, checked to have attributes."""
    regions = list(regions.values()) if isinstance(regions, dict) else regions
    found = []
    for number, region in enumerate(regions, start=1):
        place = f"Region {number} of {image}"
        known = region if isinstance(region, dict) else {}
        shape, attributes = known.get("shape_attributes"), known.get("region_attributes", {})
        if not isinstance(shape, dict) or not isinstance(attributes, dict):
            raise DatasetError(
                f"{place} must have shape_attributes and region_attributes. "
                f"Received: {shown(region)}. Correct or remove it."
            )
        found.append(Region(place, shape, attributes))
    return found
