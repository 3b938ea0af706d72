"""GeoJSON (RFC 7946) in pixel coordinates."""

from keras_maskrcnn.mask_crops import polygons


def feature_collection(found) -> dict:
    """The dict of `Detections.to_geojson`."""
    if found.mask_probabilities is None:
        geometries = [_geometry([[_rectangle(box)]]) for box in found.boxes]
    else:
        crops = found.mask_crops()
        geometries = [_geometry([_integers(piece) for piece in polygons(*crop)]) for crop in crops]
    features = [
        {
            "type": "Feature",
            "geometry": geometry,
            "properties": {"class": name, "score": float(score)},
        }
        for geometry, name, score in zip(geometries, found.names, found.scores, strict=True)
        if geometry is not None
    ]
    return {"type": "FeatureCollection", "features": features}


def _geometry(pieces) -> dict | None:
    """A Polygon of one piece, a MultiPolygon of several; None of none. Rings end as they start."""
    closed = [[ring + ring[:1] for ring in rings] for rings in pieces]
    if len(closed) > 1:
        return {"type": "MultiPolygon", "coordinates": closed}
    return {"type": "Polygon", "coordinates": closed[0]} if closed else None


def _integers(rings) -> list:
    return [ring.astype(int).tolist() for ring in rings]


def _rectangle(box) -> list:
    x1, y1, x2, y2 = (float(v) for v in box)
    return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
