"""Reader of YOLO's segmentation labels."""

import os
from pathlib import Path

from keras_maskrcnn.data.annotated import AnnotatedImage, AnnotatedSource, coco_content
from keras_maskrcnn.formats.files import DatasetError, check_images_exist
from keras_maskrcnn.formats.images import is_image_file, read_image_size
from keras_maskrcnn.formats.segmentations import check_segmentation
from keras_maskrcnn.formats.yolo.names import find_names, find_yaml

_OTHER_TEXTS = ("classes.txt",)  # in a folder of labels
_SLACK = 0.01  # rounding may leave the image by so much of its side


class YOLOSource(AnnotatedSource):
    """The images and polygons of a YOLO segmentation data set.

    Each image has a text file of its name, with a line `class x y x y ...` for each object: the
    number of its class, counted from 0, and a polygon in shares of the image's width and height.
    An image without a text file has no objects. Folders inside the folders are entered.

    Args:
        annotations: folder of the text files, or the data set's YAML file or the folder that holds
            it; the text files then lie in the folder `labels` that answers to the folder `images`
            of `images_dir`, or beside the images.
        images_dir: folder of the images. Default, where the text files are given: the folder
            `images` that answers to their folder `labels`, or theirs.
        classes: names of the classes to keep, in the order of their labels 1..K. If no file names
            the classes, their names, in the order of their numbers. Default: those of the YAML file
            or of `classes.txt`.

    Raises:
        FileNotFoundError: a folder or file is missing.
        DatasetError: a `ValueError`; a file has a mistake. The message names it and the line.

    Example:

    >>> source = YOLOSource("data.yaml", "images/train")  # doctest: +SKIP
    >>> source.class_names, len(source)  # doctest: +SKIP
    (('cat', 'dog'), 120)
    """

    def __init__(self, annotations, images_dir=None, classes=None):
        yaml_file = find_yaml(annotations)
        if yaml_file is None:
            labels_dir = Path(annotations)
            images_dir = images_dir or _answering(labels_dir, "labels", "images")
        elif images_dir is None:
            raise DatasetError(
                f"`images_dir` must name one of the image folders of '{yaml_file}'. "
                "Received: images_dir=None. Give the folder of the images to read."
            )
        else:
            labels_dir = _answering(Path(images_dir), "images", "labels")
        names = find_names(yaml_file, labels_dir, classes)
        images_dir = Path(images_dir)
        check_images_exist([], images_dir, annotations)
        files = sorted(path.relative_to(images_dir) for path in images_dir.rglob("*"))
        files = [path for path in files if is_image_file(images_dir / path)]
        _check_labels(labels_dir, files, images_dir)
        images = [_image(path, images_dir, labels_dir, names) for path in files]
        super().__init__(annotations, images_dir, coco_content(images, names), classes)


def _answering(folder, part, other):
    """The folder with its last part of that name replaced, if that one exists, else `folder`."""
    parts = list(Path(os.path.abspath(folder)).parts)
    if part in parts:
        parts[len(parts) - 1 - parts[::-1].index(part)] = other
        if os.path.isdir(os.path.join(*parts)):
            return Path(*parts)
    return folder


def _check_labels(labels_dir, files, images_dir):
    """Check that there are images and text files, and that each text file has its image."""
    if not files:
        raise DatasetError(f"The folder '{images_dir}' holds no image.")
    labels = [path.relative_to(labels_dir) for path in sorted(labels_dir.rglob("*.txt"))]
    labels = [path for path in labels if path.name not in _OTHER_TEXTS]
    if not labels:
        raise DatasetError(f"The folder '{labels_dir}' holds no text file of YOLO labels.")
    known = {path.with_suffix("") for path in files}
    alone = [path for path in labels if path.with_suffix("") not in known]
    if alone:
        raise DatasetError(
            f"{len(alone)} of the {len(labels)} label files in '{labels_dir}' have no image in "
            f"'{images_dir}'. The first is '{alone[0]}'. Give the folder of their images."
        )


def _image(path, images_dir, labels_dir, names):
    """Turn the lines of one image's text file into polygons."""
    size = read_image_size(images_dir / path)
    labels = (labels_dir / path).with_suffix(".txt")
    objects = []
    if labels.is_file():
        for number, line in enumerate(labels.read_text(encoding="utf-8-sig").splitlines(), start=1):
            place = f"Line {number} of '{labels}'"
            if words := line.split():
                try:
                    name, polygon = _object(words, names, size)
                except ValueError as problem:
                    raise DatasetError(f"{place} {problem}. Correct or remove it.") from None
                check_segmentation([polygon], size, place)
                objects.append((name, [polygon]))
    return AnnotatedImage(path.as_posix(), size, objects)


def _object(words, names, size):
    """The class name and polygon, in pixels, of the words of a line."""
    try:
        number, shares = int(words[0]), [float(word) for word in words[1:]]
    except ValueError:
        raise ValueError("is not a class number followed by numbers") from None
    if not 0 <= number < len(names):
        raise ValueError(f"is of class {number}, but only 0 to {len(names) - 1} have names")
    if len(shares) == 4:
        raise ValueError("is a box, not a polygon of at least 3 points: no mask can come of it")
    outside = [share for share in shares if not -_SLACK <= share <= 1 + _SLACK]
    if outside:
        raise ValueError(f"must hold shares of the image, from 0 to 1. Received: {outside[0]:g}")
    height, width = size
    return names[number], [share * (height if i % 2 else width) for i, share in enumerate(shares)]
