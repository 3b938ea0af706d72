"""The shapes of LabelMe files as objects."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path, PureWindowsPath

from keras_maskrcnn.formats.files import DatasetError, read_json
from keras_maskrcnn.formats.images import check_size, read_image_size
from keras_maskrcnn.formats.keypoint_groups import skeleton_of, with_keypoints
from keras_maskrcnn.formats.labelme.keypoints import has_keypoints, named_point
from keras_maskrcnn.formats.labelme.shapes import NO_MASK, shape_segmentation, stated_score
from keras_maskrcnn.formats.labelme.writing import write_set
from keras_maskrcnn.formats.names_on_disk import find_images
from keras_maskrcnn.formats.records import (
    AnnotatedImage,
    AnnotatedObject,
    AnnotatedSet,
    Format,
    is_side,
    numbered,
)
from keras_maskrcnn.formats.segmentations import check_segmentation, joined
from keras_maskrcnn.formats.yolo.names import find_yaml
from keras_maskrcnn.wording import shown


def recognizes(path, content) -> bool:
    """Return whether it is a folder of JSON files that no YAML file says to be YOLO's, or a file.

    One file by itself is recognized so that `read` can say to give its folder.
    """
    if path.is_dir():
        return any(path.glob("*.json")) and find_yaml(path) is None
    return isinstance(content, dict) and "shapes" in content and "imagePath" in content


def read(path, images_dir=None, *, skeleton=None) -> AnnotatedSet:
    """Read a folder of files.

    Args:
        path: of the folder; folders inside it are not entered.
        images_dir: folder of the images, found by `imagePath` or its last parts. Default: the
            folder itself.
        skeleton: see `Format.read`.

    Raises:
        FileNotFoundError: a folder is missing.
        DatasetError: a file has a mistake. The message names it and the shape, counted from 1.
    """
    folder = Path(path)
    images_dir = os.fspath(path if images_dir is None else images_dir)
    if folder.is_file():
        raise DatasetError(
            f"'{path}' is one file of LabelMe. Give the folder of its files: '{folder.parent}'."
        )
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder '{folder}' of LabelMe files.")
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise DatasetError(f"The folder '{folder}' holds no LabelMe file (.json).")
    contents = {path: _read(path) for path in paths}
    stated = {path: PureWindowsPath(contents[path]["imagePath"]).as_posix() for path in paths}
    _check_unique(stated)
    names = dict(zip(paths, find_images(list(stated.values()), images_dir, folder), strict=True))
    grouped = any(has_keypoints(content["shapes"]) for content in contents.values())
    read = [_image(path, contents[path], names[path], images_dir, grouped) for path in paths]
    if skeleton is None:
        skeleton = skeleton_of([point for _, shapes in read for point in shapes.points])
    images = [replace(image, objects=shapes.pointed(skeleton)) for image, shapes in read]
    labels = sorted({one.class_name for image in images for one in image.objects})
    return AnnotatedSet(os.fspath(folder), images_dir, images, numbered(labels), skeleton=skeleton)


def read_content(content, skeleton=None) -> tuple:
    """Read the shapes of one file.

    Args:
        content: the file, parsed.
        skeleton: `Skeleton` of the keypoints. Default: of the names that the points have.

    Returns:
        list of `AnnotatedObject`, whose keypoints have a score, the (height, width) that the file
        states, and the `Skeleton` or None.

    Raises:
        ValueError: it states no size, or a shape is broken; the message says which, counted from 1.
    """
    known = content if isinstance(content, dict) else {}
    size = (known.get("imageHeight"), known.get("imageWidth"))
    if not isinstance(known.get("shapes"), list) or not all(map(is_side, size)):
        raise ValueError(
            "`content` must be that of a LabelMe file, with `shapes`, `imageHeight` and "
            f"`imageWidth`. Received: {shown(content)}. Type: json.load(open('a.json'))."
        )
    shapes = _Shapes(content["shapes"], size, "", has_keypoints(content["shapes"]), found=True)
    skeleton = skeleton or skeleton_of(shapes.points)
    return shapes.pointed(skeleton), size, skeleton


def _read(path):
    """Return what is needed of a file, checked to be LabelMe's; not the copy of the image in it."""
    content = read_json(path)
    known = content if isinstance(content, dict) else {}
    if not isinstance(known.get("shapes"), list) or not isinstance(known.get("imagePath"), str):
        raise DatasetError(
            f"'{path}' is not a LabelMe file: it lacks the list 'shapes' or the text 'imagePath'. "
            "Move it to another folder."
        )
    return {key: known.get(key) for key in ("shapes", "imagePath", "imageHeight", "imageWidth")}


def _check_unique(names):
    """Check that no image has two files."""
    first = {}
    for path, name in names.items():
        if first.setdefault(name, path) != path:
            raise DatasetError(
                f"'{first[name]}' and '{path}' are both of image '{name}'. Remove one."
            )


def _image(path, content, file_name, images_dir, grouped):
    """Return the record of one file, without objects, and its shapes."""
    size = read_image_size(os.path.join(images_dir, file_name))
    stated = (content["imageHeight"], content["imageWidth"])
    if None not in stated:
        check_size(images_dir, file_name, size, stated, path)
    shapes = _Shapes(content["shapes"], size, f" of '{path}'", grouped)
    return AnnotatedImage(file_name, size, [], shapes.skipped), shapes


class _Shapes:
    """What the shapes of one file are.

    Args:
        shapes: the file's list.
        size: (height, width) of the image.
        of: what follows the number of a shape in messages.
        grouped: whether points are keypoints; else they are left out.
        found: whether keypoints have scores, and not what is known of them.

    Attributes:
        objects: dict to `AnnotatedObject`, from its label and group, of which all shapes are one
            object, or from its number and None if it is in no group.
        points: list of `NamedPoint`.
        skipped: `Counter` of the kinds of shape left out.
    """

    def __init__(self, shapes, size, of, grouped, found=False):
        self.points, self.skipped, pieces = [], Counter(), {}
        for number, shape in enumerate(shapes, start=1):
            place = f"Shape {number}{of}"
            if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
                raise DatasetError(f"{place} must have a text as its label. Correct or remove it.")
            group = _group(shape, place)
            if shape.get("shape_type") == "point" and grouped:
                self.points.append(named_point(shape, group, place, found))
            elif shape.get("shape_type") in NO_MASK:
                self.skipped[shape["shape_type"]] += 1
            else:
                key = (number if group is None else shape["label"], group)
                pieces.setdefault(key, []).append(_piece(shape, size, place))
        self.objects = {
            key: replace(parts[0], segmentation=joined([one.segmentation for one in parts], size))
            for key, parts in pieces.items()
        }

    def pointed(self, skeleton) -> list[AnnotatedObject]:
        """Return the objects with their keypoints."""
        groups = [group for _, group in self.objects]
        return with_keypoints(list(self.objects.values()), groups, self.points, skeleton)


def _group(shape, place):
    """Return the group of a shape as text, None if it is in none."""
    group = shape.get("group_id")
    if not isinstance(group, int | float | str | None):
        raise DatasetError(f"{place} must have a number as its group_id. Correct or remove it.")
    return None if group is None else str(group)


def _piece(shape, size, place):
    """One shape as an object of its own."""
    try:
        segmentation = shape_segmentation(shape, size)
    except ValueError as problem:
        raise DatasetError(f"{place} {problem}. Correct or remove it.") from None
    check_segmentation(segmentation, size, place)
    score = stated_score(shape, place)
    return AnnotatedObject(shape["label"], segmentation, score=score, place=place)


FORMAT = Format(
    "LabelMe",
    "folder",
    "LabelMe files (.json)",
    recognizes,
    read,
    options=("skeleton",),
    write=write_set,
)
