"""The shapes of LabelMe files as objects."""

import os
import re
from collections import Counter
from pathlib import Path, PureWindowsPath

from keras_maskrcnn.formats.files import DatasetError, read_json
from keras_maskrcnn.formats.images import read_image_size, wrong_size
from keras_maskrcnn.formats.labelme.shapes import NO_MASK, shape_segmentation
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
from keras_maskrcnn.scores import read_score
from keras_maskrcnn.wording import shown

_SCORE = re.compile(r"score ([01]\.\d+)")


def recognizes(path, content) -> bool:
    """Return whether it is a folder of JSON files that no YAML file says to be YOLO's, or a file.

    One file by itself is recognized so that `read` can say to give its folder.
    """
    if path.is_dir():
        return any(path.glob("*.json")) and find_yaml(path) is None
    return isinstance(content, dict) and "shapes" in content and "imagePath" in content


def read(path, images_dir=None) -> AnnotatedSet:
    """Read a folder of files.

    Args:
        path: of the folder; folders inside it are not entered.
        images_dir: folder of the images, found by `imagePath` or its last parts. Default: the
            folder itself.

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
    images = [_image(path, contents[path], names[path], images_dir) for path in paths]
    labels = sorted({one.class_name for image in images for one in image.objects})
    return AnnotatedSet(os.fspath(folder), images_dir, images, numbered(labels))


def read_content(content) -> tuple[list[AnnotatedObject], tuple[int, int]]:
    """Read the shapes of one file, and the (height, width) that it states.

    Args:
        content: the file, parsed.

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
    objects, _ = _objects(content["shapes"], size)
    return objects, size


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


def _image(path, content, file_name, images_dir):
    """Return the record of one file."""
    size = read_image_size(os.path.join(images_dir, file_name))
    stated = (content["imageHeight"], content["imageWidth"])
    if None not in stated and stated != size:
        raise DatasetError(wrong_size(images_dir, file_name, size, stated, path))
    objects, skipped = _objects(content["shapes"], size, f" of '{path}'")
    return AnnotatedImage(file_name, size, objects, skipped)


def _objects(shapes, size, of=""):
    """Return the objects of shapes, joined by label and group, and the kinds left out."""
    pieces, skipped = {}, Counter()
    for number, shape in enumerate(shapes, start=1):
        place = f"Shape {number}{of}"
        if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
            raise DatasetError(f"{place} must have a text as its label. Correct or remove it.")
        if shape.get("shape_type") in NO_MASK:
            skipped[shape["shape_type"]] += 1
            continue
        group = shape.get("group_id")
        if not isinstance(group, int | float | str | None):
            raise DatasetError(f"{place} must have a number as its group_id. Correct or remove it.")
        key = (shape["label"], number if group is None else f"group {group}")
        pieces.setdefault(key, []).append(_piece(shape, size, place))
    objects = [
        AnnotatedObject(
            label,
            joined([piece.segmentation for piece in parts], size),
            score=parts[0].score,
            place=parts[0].place,
        )
        for (label, _), parts in pieces.items()
    ]
    return objects, skipped


def _piece(shape, size, place):
    """One shape as an object of its own."""
    try:
        segmentation = shape_segmentation(shape, size)
    except ValueError as problem:
        raise DatasetError(f"{place} {problem}. Correct or remove it.") from None
    check_segmentation(segmentation, size, place)
    description = shape.get("description")
    stated = _SCORE.match(description) if isinstance(description, str) else None
    score = read_score(float(stated[1]) if stated else None, place)
    return AnnotatedObject(shape["label"], segmentation, score=score, place=place)


FORMAT = Format("LabelMe", "folder", "LabelMe files (.json)", recognizes, read)
