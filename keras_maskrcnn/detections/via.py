"""An image's entry in a VGG Image Annotator 2.x project."""

from keras_maskrcnn.detections.reading import ReadObject, extent, filled, label_of
from keras_maskrcnn.formats import scores
from keras_maskrcnn.formats.via.classes import class_of
from keras_maskrcnn.formats.via.file import read_regions
from keras_maskrcnn.formats.via.shapes import NO_MASK, shape_polygon


def via_entry(found, file_name, file_size, tolerance) -> dict:
    """The dict of `Detections.to_via`."""
    if found.has_masks:
        shapes = [_polygon(pieces) for pieces in found.to_polygons(tolerance)]
    else:
        shapes = [_rectangle(box) for box in found.boxes]
    regions = [
        {"shape_attributes": shape, "region_attributes": {"class": name}}
        for shape, name in zip(shapes, found.names, strict=True)
        if shape is not None
    ]
    return {
        "filename": str(file_name),
        "size": file_size,
        "regions": regions,
        "file_attributes": {},
    }


def via_objects(entry, class_names, image_size, attribute) -> list[ReadObject]:
    """The objects of `Detections.from_via`."""
    if not isinstance(entry, dict) or not isinstance(entry.get("regions"), list | dict):
        raise ValueError(
            "`entry` must be the entry of one image, a dict with `regions`. "
            f"Received: {entry!r:.60}. Of a project pass one of the values of "
            "project['_via_img_metadata']."
        )
    (regions,) = read_regions({"": entry}, "entry").values()
    return [
        _object(region, class_names, image_size, attribute)
        for region in regions
        if region.kind not in NO_MASK
    ]


def _object(region, class_names, image_size, attribute) -> ReadObject:
    """The object of one region."""
    try:
        polygon = shape_polygon(region.shape)
        name = class_of(region.attributes, attribute)
    except ValueError as problem:
        raise ValueError(f"{region.place} {problem}. Correct or remove it.") from None
    label = label_of(name, class_names, region.place)
    crop = filled([polygon], image_size, region.place)
    return ReadObject(label, scores.UNKNOWN, extent([polygon], image_size), crop)


def _rectangle(box) -> dict:
    x1, y1, x2, y2 = (float(v) for v in box)
    return {"name": "rect", "x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1}


def _polygon(pieces) -> dict | None:
    """The largest piece, or None for an empty mask."""
    if not pieces:
        return None
    xs, ys = pieces[0].astype(int).T.tolist()
    return {"name": "polygon", "all_points_x": xs, "all_points_y": ys}
