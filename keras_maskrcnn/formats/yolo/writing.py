"""Objects as YOLO's text labels."""

from collections import Counter
from pathlib import PurePosixPath

import yaml

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.keypoint_groups import points_of
from keras_maskrcnn.formats.names_on_disk import name_within
from keras_maskrcnn.formats.outlines import polygons_of
from keras_maskrcnn.formats.segmentations import box_around
from keras_maskrcnn.formats.yolo.keypoints import described, points_within, shares_of


def write_set(annotated, folder=None) -> tuple[dict, Counter]:
    """Return the files of a data set, `data.yaml` and a text file for each image in `labels`.

    Without a skeleton lines are polygons, or boxes for objects that have no mask. With one they are
    boxes with keypoints, as YOLO has no masks beside them.

    Args:
        annotated: `AnnotatedSet`.
        folder: not needed.

    Returns:
        dict from the name of each file to its text, and a `Counter` of what was left out by (what
        it is, why).
    """
    names, skeleton = list(annotated.category_ids), annotated.skeleton
    content = {"train": "images", "val": "images", "names": dict(enumerate(names))}
    content |= {} if skeleton is None else described(skeleton, names)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None)
    files, left_out = {"data.yaml": text}, Counter()
    for image in annotated.images:
        objects = [one for one in image.objects if not one.iscrowd]
        left_out["crowd", "that YOLO does not know"] += len(image.objects) - len(objects)
        for one in objects:
            left_out.update(_left_out(one, image.size, skeleton))
        name = name_within(image.file_name, annotated.images_dir)
        path = PurePosixPath("labels", name).with_suffix(".txt").as_posix()
        if path in files:
            raise DatasetError(
                f"Two images of '{annotated.path}' would have the file of labels '{path}': "
                f"'{image.file_name}' and one that differs in its suffix. Rename one."
            )
        files[path] = write_labels(objects, names, image.size, skeleton)
    return files, +left_out


def write_labels(objects, class_names, image_size, skeleton=None) -> str:
    """Return the text of the labels of an image, a line for each object.

    Of a mask in several pieces YOLO can hold the largest; an object of which nothing is in the
    image is left out. Shares have ten digits.

    Args:
        objects: list of `AnnotatedObject`.
        class_names: the K names, in the order of their numbers from 0.
        image_size: (height, width).
        skeleton: `Skeleton` of the keypoints, None without: then masks are written.
    """
    lines = []
    for one in objects:
        shares = _shares(one, image_size, skeleton)
        if shares is not None:
            words = [class_names.index(one.class_name), *shares]
            lines.append(" ".join(f"{word:.10g}" for word in words) + "\n")
    return "".join(lines)


def _shares(one, size, skeleton):
    """Return the numbers of a line after the class, or None."""
    height, width = size
    if one.segmentation is not None and skeleton is None:
        pieces = polygons_of(one.segmentation, size)
        xs, ys = (pieces[0][::2], pieces[0][1::2]) if pieces else ((), ())
        inside = [
            (min(max(x / width, 0), 1), min(max(y / height, 0), 1))
            for x, y in zip(xs, ys, strict=True)
        ]
        return [share for pair in inside for share in pair] or None
    x1, y1, x2, y2 = _box(one, size)
    if x2 <= x1 or y2 <= y1:
        return None
    box = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height]
    return box if skeleton is None else box + shares_of(one, skeleton, size)


def _box(one, size):
    """Return the corners of an object's box within the image: what is stated, or of its mask."""
    if one.bbox is None:
        return box_around(one.segmentation, size)
    height, width = size
    x, y, across, down = one.bbox
    return max(x, 0), max(y, 0), min(x + across, width), min(y + down, height)


def _left_out(one, size, skeleton):
    """Return what of an object the labels do not hold, a dict from (what it is, why) to numbers."""
    if _shares(one, size, skeleton) is None:
        return {("object", "whose mask or box covers no pixel"): 1}
    if skeleton is not None:
        beyond = len(points_of(one, skeleton)) - len(points_within(one, skeleton, size))
        masks = int(one.segmentation is not None)
        return {
            ("mask", "as YOLO's keypoints go with boxes"): masks,
            ("keypoint", "outside the image"): beyond,
        }
    if one.segmentation is None:
        return {}
    pieces = len(polygons_of(one.segmentation, size))
    return {("piece", "of masks in several, of which YOLO holds the largest"): pieces - 1}
