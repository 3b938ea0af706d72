"""An image's entry in a VGG Image Annotator 2.x project."""


def via_entry(found, file_name, file_size, tolerance) -> dict:
    """The dict of `Detections.to_via`."""
    if found.mask_probabilities is None:
        shapes = [_rectangle(box) for box in found.boxes]
    else:
        shapes = [_polygon(pieces) for pieces in found.to_polygons(tolerance)]
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


def _rectangle(box) -> dict:
    x1, y1, x2, y2 = (float(v) for v in box)
    return {"name": "rect", "x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1}


def _polygon(pieces) -> dict | None:
    """The largest piece, or None for an empty mask."""
    if not pieces:
        return None
    xs, ys = pieces[0].astype(int).T.tolist()
    return {"name": "polygon", "all_points_x": xs, "all_points_y": ys}
