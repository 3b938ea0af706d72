"""GeoJSON (RFC 7946) in pixel coordinates."""

import numpy as np

from keras_maskrcnn.detections.reading import ReadObject, extent, filled, joined, label_of
from keras_maskrcnn.formats import scores
from keras_maskrcnn.mask_crops import combine

_NO_MASK = ("Point", "MultiPoint", "LineString", "MultiLineString")  # without an inside


def feature_collection(found) -> dict:
    """The dict of `Detections.to_geojson`."""
    if found.has_masks:
        masks = [[_integers(rings) for rings in pieces] for pieces in found.to_rings()]
    else:
        masks = [[[_rectangle(box)]] for box in found.boxes]
    features = [
        {
            "type": "Feature",
            "geometry": _geometry(pieces),
            "properties": {"class": name, "score": scores.written(score)},
        }
        for pieces, name, score in zip(masks, found.names, found.scores, strict=True)
        if pieces
    ]
    return {"type": "FeatureCollection", "features": features}


def geojson_objects(content, class_names, image_size) -> list[ReadObject]:
    """The objects of `Detections.from_geojson`."""
    objects = []
    for number, feature in enumerate(_features(content), start=1):
        place = f"Feature {number}"
        _check(feature, place)
        if feature["geometry"] and feature["geometry"].get("type") not in _NO_MASK:
            objects.append(_object(feature, class_names, image_size, place))
    return objects


def _geometry(pieces) -> dict:
    """A Polygon of one piece, a MultiPolygon of several. Rings end as they start."""
    closed = [[ring + ring[:1] for ring in rings] for rings in pieces]
    if len(closed) > 1:
        return {"type": "MultiPolygon", "coordinates": closed}
    return {"type": "Polygon", "coordinates": closed[0]}


def _integers(rings) -> list:
    return [ring.astype(int).tolist() for ring in rings]


def _rectangle(box) -> list:
    x1, y1, x2, y2 = (float(v) for v in box)
    return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]


def _features(content) -> list:
    """The features of a collection, of a list as QuPath writes it, or one by itself."""
    if isinstance(content, dict) and content.get("type") == "Feature":
        return [content]
    found = content.get("features") if isinstance(content, dict) else content
    if not isinstance(found, list):
        raise ValueError(
            "`content` must be a GeoJSON FeatureCollection, a Feature or a list of them. "
            f"Received: {content!r:.60}. Type: json.load(open('a.geojson'))."
        )
    return found


def _check(feature, place) -> None:
    """Raises ValueError unless it is a feature with the two members that every one has."""
    known = feature if isinstance(feature, dict) else {}
    members = [known.get("geometry", ()), known.get("properties")]
    if known.get("type") != "Feature" or not all(isinstance(m, dict | None) for m in members):
        raise ValueError(
            f"{place} must be a dict of type 'Feature' with a geometry. Received: {feature!r:.60}."
        )


def _object(feature, class_names, image_size, place) -> ReadObject:
    """The object of one feature."""
    properties = feature.get("properties") or {}
    label = label_of(_class(properties, class_names), class_names, place)
    score = scores.read(properties.get("score"), place)
    pieces = [
        [_flat(ring, place) for ring in rings] for rings in _polygons(feature["geometry"], place)
    ]
    crop = joined([_without_holes(rings, image_size, place) for rings in pieces])
    box = extent([rings[0] for rings in pieces], image_size)
    return ReadObject(label, score, box, crop)


def _class(properties, class_names):
    """The class a feature states, as we write it or as QuPath does; the only one there is."""
    stated = properties.get("class", properties.get("classification"))
    name = stated.get("name") if isinstance(stated, dict) else stated
    return class_names[0] if name is None and len(class_names) == 1 else name


def _polygons(geometry, place) -> list:
    """The pieces of a geometry, each a list of rings."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(
            f"{place} has a geometry of type {kind!r:.40}. Only Polygon and MultiPolygon can be "
            "read as masks: remove it."
        )
    pieces = [coordinates] if kind == "Polygon" else coordinates
    if not pieces or not all(isinstance(rings, list) and rings for rings in pieces):
        raise ValueError(f"{place} has a {kind} without coordinates. Correct or remove it.")
    return pieces


def _flat(ring, place) -> list:
    """[x, y, x, y, ...] of a ring, without its last point, which repeats the first, nor heights."""
    try:
        points = [(point[0], point[1]) for point in ring]
    except (TypeError, IndexError, KeyError):
        raise ValueError(
            f"{place} has a ring that is not a list of points [x, y]: {ring!r:.60}."
        ) from None
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return [value for point in points for value in point]


def _without_holes(rings, image_size, place):
    """The pixels of a polygon, `(crop, x, y)`: its first ring less the others."""
    crops = [filled([ring], image_size, place) for ring in rings]
    return combine(crops, np.bitwise_xor)
