"""An image's LabelMe file."""


def labelme_content(found, file_name, tolerance) -> dict:
    """The dict of `Detections.to_labelme`."""
    if found.mask_probabilities is None:
        kind, objects = "rectangle", [[box.reshape(2, 2)] for box in found.boxes]
    else:
        kind, objects = "polygon", found.to_polygons(tolerance)
    shapes = [
        {
            "label": name,
            "points": points.tolist(),
            "group_id": number if len(pieces) > 1 else None,
            "description": f"score {score:.2f}",
            "shape_type": kind,
            "flags": {},
            "mask": None,
        }
        for number, (pieces, name, score) in enumerate(
            zip(objects, found.names, found.scores, strict=True), start=1
        )
        for points in pieces
    ]
    height, width = found.image_size
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": str(file_name),
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }
