"""The regions of VIA files as objects."""

import os
from collections import Counter
from pathlib import Path

from keras_maskrcnn.formats.files import DatasetError, read_json
from keras_maskrcnn.formats.images import read_image_size
from keras_maskrcnn.formats.names_on_disk import find_images
from keras_maskrcnn.formats.records import (
    AnnotatedImage,
    AnnotatedObject,
    AnnotatedSet,
    Format,
    numbered,
)
from keras_maskrcnn.formats.segmentations import check_segmentation
from keras_maskrcnn.formats.via.classes import class_of, declared_options, find_attribute
from keras_maskrcnn.formats.via.file import looks_like_via, read_regions
from keras_maskrcnn.formats.via.shapes import NO_MASK, shape_polygon
from keras_maskrcnn.wording import shown

UNNAMED = "object"  # the class of regions without attributes


def recognizes(path, content) -> bool:
    """Return whether parsed JSON is an export of VIA 1.x or 2.x, or a project of 2.x."""
    return looks_like_via(content)


def read(path, images_dir=None, *, content=None, classes=None, attribute=None) -> AnnotatedSet:
    """Read an export or a project.

    Args:
        path, images_dir, content: see `Format.read`.
        classes: if it is one name, that of regions without attributes.
        attribute: name of the region attribute that holds the class. Default: found out.

    Raises:
        FileNotFoundError: the file or the folder is missing.
        DatasetError: the content has a mistake. The message names the image and the region, counted
            from 1 as VIA shows them.
    """
    name = os.fspath(path)
    images_dir = os.fspath(Path(path).parent if images_dir is None else images_dir)
    content = read_json(path) if content is None else content
    regions = read_regions(content, name)
    files = find_images(list(regions), images_dir, name)
    shaped = [one for found in regions.values() for one in found if one.kind not in NO_MASK]
    attribute = find_attribute([region.attributes for region in shaped], attribute, name)
    unnamed = _name_of_unnamed(classes)
    images = []
    for file_name, found in zip(files, regions.values(), strict=True):
        size = read_image_size(os.path.join(images_dir, file_name))
        skipped = Counter(region.kind for region in found if region.kind in NO_MASK)
        objects = _objects(found, size, attribute, unnamed)
        images.append(AnnotatedImage(file_name, size, objects, skipped))
    names = sorted({one.class_name for image in images for one in image.objects})
    names = list(dict.fromkeys([*declared_options(content, attribute), *names]))
    if not names and classes is None:
        names = [UNNAMED]
    named = attribute is not None
    return AnnotatedSet(name, images_dir, images, numbered(names), names_classes=named)


def read_entry(entry, image_size, attribute) -> list[AnnotatedObject]:
    """Read the regions of one image.

    Args:
        entry: of the image in a file of VIA, a dict with `regions`.
        image_size: (height, width).
        attribute: name of the region attribute that holds the class.

    Raises:
        ValueError: a region is broken; the message says which, counted from 1 as VIA shows them.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("regions"), list | dict):
        raise ValueError(
            "`entry` must be the entry of one image, a dict with `regions`. "
            f"Received: {shown(entry)}. Of a project pass one of the values of "
            "project['_via_img_metadata']."
        )
    (regions,) = read_regions({"": entry}, "entry").values()
    return _objects(regions, image_size, attribute)


def _objects(regions, size, attribute, unnamed=None):
    """Return the regions that have an inside; without an attribute to look at, all of one class."""
    objects = []
    for region in regions:
        if region.kind in NO_MASK:
            continue
        try:
            name = class_of(region.attributes, attribute) if attribute else unnamed
            polygon = shape_polygon(region.shape)
        except ValueError as problem:
            raise DatasetError(f"{region.place} {problem}. Correct or remove it.") from None
        check_segmentation([polygon], size, region.place)
        objects.append(AnnotatedObject(name, [polygon], place=region.place))
    return objects


def _name_of_unnamed(classes):
    """Return the class of regions without attributes: the one that `classes` names, or "object"."""
    names = [classes] if isinstance(classes, str) else list(classes or ())
    return names[0] if len(names) == 1 else UNNAMED


FORMAT = Format(
    "VIA",
    "JSON",
    "an entry with 'regions' for each image",
    recognizes,
    read,
    options=("content", "classes", "attribute"),
)
