"""Objects as LabelMe files."""

import contextlib
import os
from collections import Counter
from pathlib import Path, PurePosixPath

from keras_maskrcnn.formats.labelme.keypoints import point_shapes
from keras_maskrcnn.formats.names_on_disk import name_within
from keras_maskrcnn.formats.outlines import polygons_of
from keras_maskrcnn.formats.polygons import corners
from keras_maskrcnn.scores import rounded


def write_set(annotated, folder) -> tuple[dict, Counter]:
    """Return the files of a data set, one for each image, and what they cannot hold.

    Polygons and rectangles stay what they are, of other masks the outlines are written.

    Args:
        annotated: `AnnotatedSet`.
        folder: `Path` of the files, from which they name their images.

    Returns:
        dict from the name of each file to its content, and a `Counter` of what was left out by
        (what it is, why).
    """
    files, left_out, images_dir = {}, Counter(), annotated.images_dir
    start = os.path.abspath(images_dir)
    with contextlib.suppress(ValueError):  # another drive of Windows
        start = os.path.relpath(start, os.path.abspath(folder))
    for image in annotated.images:
        objects = [one for one in image.objects if not one.iscrowd]
        left_out["crowd", "that LabelMe does not know"] += len(image.objects) - len(objects)
        for one in objects:
            shapes = _shapes(one, image.size, 0)
            left_out["object", "whose mask covers no pixel"] += not shapes
        path = Path(os.path.normpath(os.path.join(start, image.file_name))).as_posix()
        name = _free_name(name_within(image.file_name, images_dir), files)
        files[name] = write_content(objects, path, image.size, skeleton=annotated.skeleton)
    return files, +left_out


def write_content(objects, file_name, image_size, tolerance=0.0, skeleton=None) -> dict:
    """Return the content of an image's file.

    Each piece of a mask is a polygon, and those of one object share a `group_id`, which its
    keypoints have, too; an empty mask is left out. An object without a mask becomes a rectangle.
    The score is in `description`.

    Args:
        objects: list of `AnnotatedObject`.
        file_name: the image's name as LabelMe shall open it.
        image_size: (height, width).
        tolerance: of the outlines of masks, in pixels.
        skeleton: `Skeleton` of the keypoints, None without.
    """
    shapes = []
    for number, one in enumerate(objects, start=1):
        pieces = _shapes(one, image_size, tolerance)
        points = point_shapes(one, skeleton, number) if pieces else []
        shapes += [
            {
                "label": one.class_name,
                "points": corner_points,
                "group_id": number if len(pieces) > 1 or points else None,
                "description": "" if one.score is None else f"score {rounded(one.score)}",
                "shape_type": kind,
                "flags": {},
                "mask": None,
            }
            for kind, corner_points in pieces
        ]
        shapes += points
    height, width = image_size
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": str(file_name),
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def _shapes(one, image_size, tolerance):
    """Return the kind and the points of each shape of an object: its box, or a mask's pieces."""
    if one.segmentation is None:
        x, y, width, height = one.bbox
        return [("rectangle", [[x, y], [x + width, y + height]])]
    found = []
    for polygon in polygons_of(one.segmentation, image_size, tolerance):
        if (box := corners(polygon)) is not None:
            x1, y1, x2, y2 = box
            found.append(("rectangle", [[x1, y1], [x2, y2]]))
        else:
            found.append(
                ("polygon", [list(pair) for pair in zip(*[iter(polygon)] * 2, strict=True)])
            )
    return found


def _free_name(file_name, taken):
    """Return the name of the file of an image in a folder without folders, not one of `taken`."""
    path = PurePosixPath(file_name).with_suffix("")
    name, number = f"{path.name}.json", 1
    while name in taken:
        name = "_".join(path.parts) + (f"_{number}" if number > 1 else "") + ".json"
        number += 1
    return name
