"""The lines of YOLO's labels as objects."""

import os
from dataclasses import replace
from pathlib import Path

from keras_maskrcnn.formats.files import DatasetError, read_text
from keras_maskrcnn.formats.image_files import (
    count_other_files,
    is_image_file,
    others_left_out,
)
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
from keras_maskrcnn.formats.yolo.keypoints import Pose, known_points
from keras_maskrcnn.formats.yolo.names import Names, find_names, find_yaml
from keras_maskrcnn.formats.yolo.pairs import paired
from keras_maskrcnn.formats.yolo.writing import write_set
from keras_maskrcnn.wording import shown

_OTHER_TEXTS = ("classes.txt",)  # in a folder of labels
_SLACK = 0.01  # rounding may leave the image by so much of its side
_YAML = (".yaml", ".yml")
_BESIDE = (".txt", ".cache", ".json", *_YAML)  # no images, as tools leave them


def recognizes(path, content) -> bool:
    """Return whether it is a YAML file, or a folder that holds one or text files."""
    if not path.is_dir():
        return path.suffix.lower() in _YAML
    return find_yaml(path) is not None or any(path.rglob("*.txt"))


def read(path, images_dir=None, *, classes=None, skeleton=None) -> AnnotatedSet:
    """Read the labels of a folder of images.

    A line is `class x y x y ...`, a polygon, or `class cx cy width height`, the centre and the size
    of a box: an object without a mask. All are shares of the image's width and height. If the YAML
    file has `kpt_shape`, a box goes on with its keypoints, and there are no polygons.

    Args:
        path: folder of the text files, or the data set's YAML file or the folder that holds it; the
            text files then lie in the folder `labels` that answers to the folder `images` of
            `images_dir`, or beside the images.
        images_dir: folder of the images. Default, where the text files are given: the folder
            `images` that answers to their folder `labels`, or theirs.
        classes: the names of the classes in the order of their numbers, if no file says them.
        skeleton: see `Format.read`.

    Raises:
        FileNotFoundError: a folder or file is missing.
        DatasetError: a file has a mistake. The message names it and the line.
    """
    yaml_file = find_yaml(path)
    if yaml_file is None:
        labels_dir = Path(path)
        images_dir = images_dir or _answering(labels_dir, "labels", "images")
    elif images_dir is None:
        raise DatasetError(
            f"`images_dir` must name one of the image folders of '{yaml_file}'. "
            "Received: images_dir=None. Give the folder of the images to read."
        )
    else:
        labels_dir = _answering(Path(images_dir), "images", "labels")
    names = find_names(yaml_file, labels_dir, classes, skeleton)
    images_dir = Path(images_dir)
    find_images([], images_dir, path)
    there = sorted(images_dir.rglob("*"))
    files = [found.relative_to(images_dir) for found in there if is_image_file(found)]
    labels = _labels(labels_dir, files, images_dir)
    images = [_image(file, images_dir, labels.get(file), names) for file in files]
    others = count_other_files(there, beside=_BESIDE)
    remarks = (f"{others_left_out(others)}, in '{images_dir}'",) if others else ()
    if names.pose is not None:
        skeleton = names.pose.skeleton
    return AnnotatedSet(
        os.fspath(path), os.fspath(images_dir), images, numbered(names.classes), remarks, skeleton
    )


def _answering(folder, part, other):
    """Return the folder with its last part of that name replaced if that exists, else `folder`."""
    parts = list(Path(os.path.abspath(folder)).parts)
    if part in parts:
        parts[len(parts) - 1 - parts[::-1].index(part)] = other
        if os.path.isdir(os.path.join(*parts)):
            return Path(*parts)
    return folder


def _labels(labels_dir, files, images_dir):
    """Return a dict from an image to the path of its text file, if it has one."""
    if not files:
        raise DatasetError(f"The folder '{images_dir}' holds no image.")
    labels = [path.relative_to(labels_dir) for path in sorted(labels_dir.rglob("*.txt"))]
    labels = [path for path in labels if path.name not in _OTHER_TEXTS]
    if not labels:
        raise DatasetError(f"The folder '{labels_dir}' holds no text file of YOLO labels.")
    pairs = paired(files, labels, labels_dir, images_dir)
    return {image: labels_dir / text for image, text in pairs.items()}


def _image(path, images_dir, labels, names):
    """Return the record of an image, from the lines of its text file."""
    size = read_image_size(images_dir / path)
    text = read_text(labels) if labels else ""
    return AnnotatedImage(path.as_posix(), size, _objects(text, names, size, f" of '{labels}'"))


def read_labels(text, class_names, image_size, skeleton=None) -> list[AnnotatedObject]:
    """Read the text of the labels of one image.

    Args:
        text: str.
        class_names: the K names, in the order of their numbers from 0.
        image_size: (height, width).
        skeleton: `Skeleton` of the keypoints, x y v each, which then have the score 1, or 0 where
            they are unknown. None: there are none.

    Raises:
        ValueError: a line is broken; the message says which, counted from 1.
    """
    if not isinstance(text, str):
        raise ValueError(
            f"`text` must be the text of the labels of an image. Received: {shown(text)}."
        )
    names = Names(list(class_names), None if skeleton is None else Pose(skeleton, 3))
    objects = _objects(text, names, image_size, "")
    return [replace(one, fields=one.fields and _scored(one.fields)) for one in objects]


def _scored(fields):
    """Return keypoints with a score in place of what is known of them."""
    points = fields["keypoints"]
    return {"keypoints": [float(v > 0) if i % 3 == 2 else v for i, v in enumerate(points)]}


def _objects(text, names, size, of):
    """Return the objects of the lines of a text."""
    return [
        _object(line.split(), names, size, f"Line {number}{of}")
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]


def _object(words, names, size, place):
    """Return the polygon, or box with keypoints, in pixels, of the words of a line."""
    try:
        name, shares, points = _parsed(words, names)
        fields = {"keypoints": known_points(points, names.pose, size)} if points else None
    except ValueError as problem:
        raise DatasetError(f"{place} {problem}. Correct or remove it.") from None
    height, width = size
    pixels = [share * (height if i % 2 else width) for i, share in enumerate(shares)]
    if len(pixels) == 4:
        x, y, across, down = pixels
        box = [x - across / 2, y - down / 2, across, down]
        return AnnotatedObject(name, bbox=box, fields=fields, place=place)
    check_segmentation([pixels], size, place)
    return AnnotatedObject(name, [pixels], place=place)


def _parsed(words, names):
    """Return the class name, the shares of a box or polygon, and what follows a box, checked."""
    try:
        number, values = int(words[0]), [float(word) for word in words[1:]]
    except ValueError:
        raise ValueError("is not a class number followed by numbers") from None
    if not 0 <= number < len(names.classes):
        last = len(names.classes) - 1
        raise ValueError(f"is of class {number}, but only 0 to {last} have names")
    shares, points, pose = values, [], names.pose
    if pose is not None:
        shares, points = values[:4], values[4:]
        wanted = len(pose.skeleton) * pose.numbers
        if len(shares) < 4 or len(points) not in (0, wanted):
            raise ValueError(
                f"must have a box of 4 numbers and, after it, {len(pose.skeleton)} x "
                f"{pose.numbers} = {wanted} of keypoints, as `kpt_shape` says. "
                f"Received: {len(values)} numbers"
            )
    _check_shares(shares, points, pose)
    return names.classes[number], shares, points


def _check_shares(shares, points, pose):
    """Raise ValueError unless shares lie in the image and a box has an area."""
    places = [*shares]
    for start in range(0, len(points), pose.numbers if points else 1):
        x, y, *known = points[start : start + pose.numbers]
        labelled = known != [0] if known else min(x, y) >= 0
        places += [x, y] if labelled else []
    outside = [share for share in places if not -_SLACK <= share <= 1 + _SLACK]
    if outside:
        hint = "" if pose or len(shares) < 7 else " (keypoints need `kpt_shape` in a data.yaml)"
        raise ValueError(
            f"must hold shares of the image, from 0 to 1{hint}. Received: {outside[0]:g}"
        )
    if len(shares) == 4 and min(shares[2:]) <= 0:
        raise ValueError(f"has a box without area: width {shares[2]:g}, height {shares[3]:g}")


FORMAT = Format(
    "YOLO",
    "folder",
    "YOLO labels (.txt or data.yaml)",
    recognizes,
    read,
    options=("classes", "skeleton"),
    write=write_set,
)
