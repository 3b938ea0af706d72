"""The regions of VIA files as objects."""

import os
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path

from keras_maskrcnn.formats.files import DatasetError, read_json
from keras_maskrcnn.formats.images import read_image_size
from keras_maskrcnn.formats.keypoint_groups import skeleton_of, with_keypoints
from keras_maskrcnn.formats.names_on_disk import find_images
from keras_maskrcnn.formats.records import (
    AnnotatedImage,
    AnnotatedObject,
    AnnotatedSet,
    Format,
    numbered,
)
from keras_maskrcnn.formats.segmentations import check_segmentation, joined
from keras_maskrcnn.formats.via.classes import class_of, declared_options, find_attribute
from keras_maskrcnn.formats.via.file import looks_like_via, read_regions
from keras_maskrcnn.formats.via.keypoints import (
    ATTRIBUTES,
    NAME,
    group_of,
    has_keypoints,
    named_points,
)
from keras_maskrcnn.formats.via.shapes import NO_MASK, shape_polygon
from keras_maskrcnn.formats.via.writing import write_set
from keras_maskrcnn.wording import shown

UNNAMED = "object"  # the class of regions without attributes


def recognizes(path, content) -> bool:
    """Return whether parsed JSON is an export of VIA 1.x or 2.x, or a project of 2.x."""
    return looks_like_via(content)


def read(
    path, images_dir=None, *, content=None, classes=None, attribute=None, skeleton=None
) -> AnnotatedSet:
    """Read an export or a project.

    Args:
        path, images_dir, content, skeleton: see `Format.read`.
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
    every = [one for found in regions.values() for one in found]
    grouped = has_keypoints(every, content)
    attribute = find_attribute(_naming(every, grouped), attribute, name)
    points = [named_points(found) if grouped else [] for found in regions.values()]
    if grouped and skeleton is None:
        skeleton = skeleton_of([*chain(*points)], declared_options(content, NAME))
    unnamed = _name_of_unnamed(classes)
    images = []
    for file_name, found, named in zip(files, regions.values(), points, strict=True):
        size = read_image_size(os.path.join(images_dir, file_name))
        skipped = Counter(one.kind for one in found if one.kind in NO_MASK and not grouped)
        objects = _objects(found, size, attribute, unnamed, grouped)
        images.append(AnnotatedImage(file_name, size, _pointed(objects, named, skeleton), skipped))
    names = sorted({one.class_name for image in images for one in image.objects})
    names = list(dict.fromkeys([*declared_options(content, attribute), *names]))
    if not names and classes is None:
        names = [UNNAMED]
    named = attribute is not None
    return AnnotatedSet(
        name, images_dir, images, numbered(names), skeleton=skeleton, names_classes=named
    )


def read_entry(entry, image_size, attribute, skeleton=None) -> tuple:
    """Read the regions of one image.

    Args:
        entry: of the image in a file of VIA, a dict with `regions`.
        image_size: (height, width).
        attribute: name of the region attribute that holds the class.
        skeleton: `Skeleton` of the keypoints. Default: of the names that the points have.

    Returns:
        list of `AnnotatedObject`, whose keypoints have the score 1, and the `Skeleton` or None.

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
    grouped = has_keypoints(regions)
    points = named_points(regions, found=True) if grouped else []
    skeleton = skeleton or skeleton_of(points)
    objects = _objects(regions, image_size, attribute, grouped=grouped)
    return _pointed(objects, points, skeleton), skeleton


def _naming(regions, grouped):
    """Return the attributes of the regions that have a class, as dicts, but for what groups say."""
    left_out = ATTRIBUTES if grouped else ()
    return [
        {key: value for key, value in region.attributes.items() if key not in left_out}
        for region in regions
        if region.kind not in NO_MASK
    ]


def _objects(regions, size, attribute, unnamed=None, grouped=False):
    """Return a dict from a key to each object: of its class and group if regions are grouped.

    Without an attribute to look at, all are of one class. Regions of one class and group are pieces
    of one object.
    """
    pieces = {}
    for number, region in enumerate(regions):
        if region.kind in NO_MASK:
            continue
        try:
            name = class_of(region.attributes, attribute) if attribute else unnamed
            polygon = shape_polygon(region.shape)
        except ValueError as problem:
            raise DatasetError(f"{region.place} {problem}. Correct or remove it.") from None
        check_segmentation([polygon], size, region.place)
        group = group_of(region) if grouped else None
        key = (number, None) if group is None else (name, group)
        pieces.setdefault(key, []).append(AnnotatedObject(name, [polygon], place=region.place))
    return {
        key: replace(parts[0], segmentation=joined([one.segmentation for one in parts], size))
        for key, parts in pieces.items()
    }


def _pointed(objects, points, skeleton):
    """Return the objects as a list, with their keypoints."""
    groups = [group for _, group in objects]
    return with_keypoints(list(objects.values()), groups, points, skeleton)


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
    options=("content", "classes", "attribute", "skeleton"),
    write=write_set,
)
