"""Objects as regions of a VIA 2.x project."""

import copy
import os
from collections import Counter

from keras_maskrcnn.formats.outlines import polygons_of
from keras_maskrcnn.formats.polygons import corners
from keras_maskrcnn.formats.via.keypoints import GROUP, declared, point_regions

_UI = {
    "annotation_editor_height": 25,
    "annotation_editor_fontsize": 0.8,
    "leftsidebar_width": 18,
    "image_grid": {
        "img_height": 80,
        "rshape_fill": "none",
        "rshape_fill_opacity": 0.3,
        "rshape_stroke": "yellow",
        "rshape_stroke_width": 2,
        "show_region_shape": True,
        "show_image_policy": "all",
    },
    "image": {
        "region_label": "class",
        "region_color": "class",
        "region_label_font": "10px Sans",
        "on_image_annotation_editor_placement": "NEAR_REGION",
    },
}  # VIA's own, but for label and colour of the regions


def write_set(annotated, folder=None) -> tuple[dict, Counter]:
    """Return a data set as a project, and what it cannot hold.

    Polygons and rectangles stay what they are, of other masks the outlines are written. With a
    skeleton each object and its keypoints have a `group_id`, and so have the pieces of an object.
    Without one the largest piece is written.

    Args:
        annotated: `AnnotatedSet`.
        folder: not needed; the images are named by `images_dir`.

    Returns:
        dict, and a `Counter` of what was left out by (what it is, why).
    """
    left_out, entries, skeleton = Counter(), [], annotated.skeleton
    for image in annotated.images:
        objects = [one for one in image.objects if not one.iscrowd]
        left_out["crowd", "that VIA does not know"] += len(image.objects) - len(objects)
        for one in objects:
            pieces = len(_shapes(one, image.size, 0))
            left_out["object", "whose mask covers no pixel"] += not pieces
            left_out["piece", "of masks in several, of which VIA holds the largest"] += max(
                0, pieces - 1 if skeleton is None else 0
            )
        path = os.path.join(annotated.images_dir, image.file_name)
        file_size = os.path.getsize(path) if os.path.isfile(path) else -1
        named = image.file_name, image.size, file_size
        entries.append(write_entry(objects, *named, skeleton=skeleton))
    names, images_dir = list(annotated.category_ids), annotated.images_dir
    project = via_project(
        entries, names, images_dir=images_dir, name="annotations", skeleton=skeleton
    )
    return project, +left_out


def write_entry(objects, file_name, image_size, file_size, tolerance=0.0, skeleton=None) -> dict:
    """Return an image's entry in a project.

    Of a mask in several pieces VIA can hold the largest; an empty mask is left out. An object
    without a mask becomes a rectangle. With a skeleton all pieces are written, and the keypoints as
    points of the same `group_id`.

    Args:
        objects: list of `AnnotatedObject`.
        file_name: the image's name as VIA shall open it.
        image_size: (height, width).
        file_size: of the image file in bytes, or -1.
        tolerance: of the outlines of masks, in pixels.
        skeleton: `Skeleton` of the keypoints, None without.
    """
    regions = []
    for number, one in enumerate(objects, start=1):
        shapes = _shapes(one, image_size, tolerance)
        group = {} if skeleton is None else {GROUP: str(number)}
        for shape in shapes if skeleton else shapes[:1]:
            attributes = {"class": one.class_name, **group}
            regions.append({"shape_attributes": shape, "region_attributes": attributes})
        if shapes:
            regions += point_regions(one, skeleton, str(number))
    return {
        "filename": str(file_name),
        "size": file_size,
        "regions": regions,
        "file_attributes": {},
    }


def _shapes(one, image_size, tolerance):
    """Return the rectangle of a box, or the pieces of a mask, the largest first."""
    if one.segmentation is None:
        x, y, width, height = one.bbox
        return [{"name": "rect", "x": x, "y": y, "width": width, "height": height}]
    return [_shape(polygon) for polygon in polygons_of(one.segmentation, image_size, tolerance)]


def _shape(polygon):
    """Return a polygon as a shape of VIA; one that a rectangle was read into as a rectangle."""
    if (box := corners(polygon)) is not None:
        x1, y1, x2, y2 = box
        return {"name": "rect", "x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1}
    whole = [int(value) if value == int(value) else value for value in polygon]
    return {"name": "polygon", "all_points_x": whole[::2], "all_points_y": whole[1::2]}


def via_project(images, class_names, *, images_dir=None, name="detections", skeleton=None) -> dict:
    """Return a project that VIA 2.x opens, to correct what was found and to train on it again.

    The class of a region is its attribute `class`, a dropdown list of `class_names`. `VIASource`
    reads the project with the classes in that order.

    Args:
        images: an entry for each image, as `Detections.to_via` gives it.
        class_names: str, the options of the dropdown list.
        images_dir: folder in which VIA looks for the images. Default: they are added by hand.
        name: str, of the project.
        skeleton: `Skeleton` of the objects' keypoints: its names are the options of the attribute
            `keypoint`. Default: none.

    Returns:
        dict, ready for `json.dump`.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn import Detections
    >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
    >>> project = via_project([found.to_via("a.png", file_size=99)], ["cell"])
    >>> project["_via_image_id_list"]
    ['a.png99']
    """
    metadata = {f"{entry['filename']}{entry['size']}": entry for entry in images}
    folder = "" if images_dir is None else os.path.join(os.path.abspath(images_dir), "")
    attribute = {
        "type": "dropdown",
        "description": "",
        "options": dict.fromkeys(class_names, ""),
        "default_options": {},
    }
    keypoints = {} if skeleton is None else declared(skeleton)
    return {
        "_via_settings": {
            "ui": copy.deepcopy(_UI),
            "core": {"buffer_size": 18, "filepath": {}, "default_filepath": folder},
            "project": {"name": name},
        },
        "_via_img_metadata": metadata,
        "_via_attributes": {"region": {"class": attribute, **keypoints}, "file": {}},
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": list(metadata),
    }
