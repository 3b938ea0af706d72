"""Reader of LabelMe's JSON files."""

import os
from collections import Counter
from pathlib import Path, PureWindowsPath

from pycocotools import mask as coco_mask

from keras_maskrcnn.data.annotated import AnnotatedImage, AnnotatedSource, coco_content
from keras_maskrcnn.formats.files import DatasetError, check_images_exist, read_json, wrong_size
from keras_maskrcnn.formats.images import read_image_size
from keras_maskrcnn.formats.labelme.shapes import NO_MASK, shape_segmentation
from keras_maskrcnn.formats.segmentations import check_segmentation, to_rle


class LabelMeSource(AnnotatedSource):
    """The images and shapes of a folder of LabelMe files, one JSON for each image.

    Polygons, rectangles (oriented ones too), circles and masks become objects; shapes of one label
    and one `group_id` are pieces of the same object. Points and lines have no inside: they are left
    out and counted in `skipped`. A file without shapes is an image without objects; an image
    without a file was not annotated and is left out.

    Args:
        annotations: folder of the JSON files; folders inside it are not entered.
        images_dir: folder of the images, found by `imagePath` or by its last part. Default:
            `annotations`.
        classes: names of the labels to keep, in the order of their numbers 1..K; other shapes are
            left out. Default: all, in alphabetical order.

    Raises:
        FileNotFoundError: a folder is missing.
        DatasetError: a `ValueError`; a file has a mistake. The message names it and the shape,
            counted from 1.

    Example:

    >>> source = LabelMeSource("annotated")  # doctest: +SKIP
    >>> source.class_names, source.skipped  # doctest: +SKIP
    (('cat', 'dog'), {'point': 3})
    """

    def __init__(self, annotations, images_dir=None, classes=None):
        folder = Path(annotations)
        images_dir = os.fspath(annotations if images_dir is None else images_dir)
        if not folder.is_dir():
            raise FileNotFoundError(f"There is no folder '{folder}' of LabelMe files.")
        paths = sorted(folder.glob("*.json"))
        if not paths:
            raise DatasetError(f"The folder '{folder}' holds no LabelMe file (.json).")
        contents = {path: _read(path) for path in paths}
        names = {path: _file_name(contents[path], images_dir) for path in paths}
        _check_unique(names)
        check_images_exist(list(names.values()), images_dir, folder)
        images = [_image(path, contents[path], names[path], images_dir) for path in paths]
        labels = sorted({label for image in images for label, _ in image.objects})
        super().__init__(
            folder,
            images_dir,
            coco_content(images, labels),
            classes,
            lists_classes=False,
            skipped=[image.skipped for image in images],
        )


def _read(path):
    """What is needed of a file, checked to be LabelMe's; not the copy of the image in it."""
    content = read_json(path)
    known = content if isinstance(content, dict) else {}
    if not isinstance(known.get("shapes"), list) or not isinstance(known.get("imagePath"), str):
        raise DatasetError(
            f"'{path}' is not a LabelMe file: it lacks the list 'shapes' or the text 'imagePath'. "
            "Move it to another folder."
        )
    return {key: known.get(key) for key in ("shapes", "imagePath", "imageHeight", "imageWidth")}


def _file_name(content, images_dir):
    """Where the image lies in its folder: as `imagePath` says, or by its last part."""
    stated = PureWindowsPath(content["imagePath"])  # its separators may be those of Windows
    beside = not os.path.isfile(os.path.join(images_dir, stated.as_posix()))
    return stated.name if beside else stated.as_posix()


def _check_unique(names):
    """Check that no image has two files."""
    first = {}
    for path, name in names.items():
        if first.setdefault(name, path) != path:
            raise DatasetError(
                f"'{first[name]}' and '{path}' are both of image '{name}'. Remove one."
            )


def _image(path, content, file_name, images_dir):
    """Turn the shapes of one file into objects."""
    size = read_image_size(os.path.join(images_dir, file_name))
    stated = (content["imageHeight"], content["imageWidth"])
    if None not in stated and stated != size:
        raise DatasetError(wrong_size(file_name, size, stated, path))
    pieces, skipped = {}, Counter()
    for number, shape in enumerate(content["shapes"], start=1):
        place = f"Shape {number} of '{path}'"
        if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
            raise DatasetError(f"{place} must have a text as its label. Correct or remove it.")
        if shape.get("shape_type") in NO_MASK:
            skipped[shape["shape_type"]] += 1
            continue
        try:
            segmentation = shape_segmentation(shape, size)
        except ValueError as problem:
            raise DatasetError(f"{place} {problem}. Correct or remove it.") from None
        check_segmentation(segmentation, size, place)
        group = shape.get("group_id")
        key = (shape["label"], number if group is None else f"group {group}")
        pieces.setdefault(key, []).append(segmentation)
    objects = [(label, _joined(parts, size)) for (label, _), parts in pieces.items()]
    return AnnotatedImage(file_name, size, objects, skipped)


def _joined(pieces, size):
    """One segmentation of several: all their polygons, or the union of their masks."""
    if len(pieces) == 1:
        return pieces[0]
    if all(isinstance(piece, list) for piece in pieces):
        return [polygon for piece in pieces for polygon in piece]
    return coco_mask.merge([to_rle(piece, size) for piece in pieces])
