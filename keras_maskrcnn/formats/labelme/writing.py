"""Objects as a LabelMe file."""

from keras_maskrcnn.formats.outlines import outlines
from keras_maskrcnn.formats.segmentations import cut
from keras_maskrcnn.scores import rounded


def write_content(objects, file_name, image_size, tolerance) -> dict:
    """Return the content of an image's file.

    Each piece of a mask is a polygon, and those of one object share a `group_id`; an empty mask is
    left out. An object without a mask becomes a rectangle. The score is in `description`.

    Args:
        objects: list of `AnnotatedObject` with `score`.
        file_name: the image's name as LabelMe shall open it.
        image_size: (height, width).
        tolerance: of the polygons, in pixels.
    """
    shapes = []
    for number, one in enumerate(objects, start=1):
        pieces = _pieces(one, image_size, tolerance)
        shapes += [
            {
                "label": one.class_name,
                "points": points,
                "group_id": number if len(pieces) > 1 else None,
                "description": f"score {rounded(one.score)}",
                "shape_type": "rectangle" if one.segmentation is None else "polygon",
                "flags": {},
                "mask": None,
            }
            for points in pieces
        ]
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


def _pieces(one, image_size, tolerance):
    """Return the points of each shape of an object: two corners of a box, or a mask's outlines."""
    if one.segmentation is None:
        x, y, width, height = one.bbox
        return [[[x, y], [x + width, y + height]]]
    pieces = outlines(*cut(one.segmentation, image_size), tolerance)
    return [points.tolist() for points in pieces]
