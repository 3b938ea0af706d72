"""Objects as regions of a VIA 2.x project."""

import copy
import os

from keras_maskrcnn.formats.outlines import outlines
from keras_maskrcnn.formats.segmentations import cut

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


def write_entry(objects, file_name, image_size, file_size, tolerance) -> dict:
    """Return an image's entry in a project.

    Of a mask in several pieces VIA can hold the largest; an empty mask is left out. An object
    without a mask becomes a rectangle.

    Args:
        objects: list of `AnnotatedObject`.
        file_name: the image's name as VIA shall open it.
        image_size: (height, width).
        file_size: of the image file in bytes, or -1.
        tolerance: of the polygons, in pixels.
    """
    regions = [
        {"shape_attributes": shape, "region_attributes": {"class": one.class_name}}
        for one in objects
        if (shape := _shape(one, image_size, tolerance)) is not None
    ]
    return {
        "filename": str(file_name),
        "size": file_size,
        "regions": regions,
        "file_attributes": {},
    }


def _shape(one, image_size, tolerance):
    """Return the rectangle of a box, or the largest piece of a mask; None for an empty mask."""
    if one.segmentation is None:
        x, y, width, height = one.bbox
        return {"name": "rect", "x": x, "y": y, "width": width, "height": height}
    pieces = outlines(*cut(one.segmentation, image_size), tolerance)
    if not pieces:
        return None
    xs, ys = pieces[0].astype(int).T.tolist()
    return {"name": "polygon", "all_points_x": xs, "all_points_y": ys}


def via_project(images, class_names, *, images_dir=None, name="detections") -> dict:
    """Return a project that VIA 2.x opens, to correct what was found and to train on it again.

    The class of a region is its attribute `class`, a dropdown list of `class_names`. `VIASource`
    reads the project with the classes in that order.

    Args:
        images: an entry for each image, as `Detections.to_via` gives it.
        class_names: str, the options of the dropdown list.
        images_dir: folder in which VIA looks for the images. Default: they are added by hand.
        name: str, of the project.

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
    return {
        "_via_settings": {
            "ui": copy.deepcopy(_UI),
            "core": {"buffer_size": 18, "filepath": {}, "default_filepath": folder},
            "project": {"name": name},
        },
        "_via_img_metadata": metadata,
        "_via_attributes": {"region": {"class": attribute}, "file": {}},
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": list(metadata),
    }
