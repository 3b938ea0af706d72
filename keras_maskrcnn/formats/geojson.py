"""GeoJSON (RFC 7946) in pixel coordinates."""

import dataclasses

import numpy as np

from keras_maskrcnn.formats.keypoint_groups import skeleton_of
from keras_maskrcnn.formats.outlines import rings
from keras_maskrcnn.formats.polygons import is_coordinate
from keras_maskrcnn.formats.records import AnnotatedObject
from keras_maskrcnn.formats.segmentations import box_around, check_segmentation, cut
from keras_maskrcnn.mask_crops import combine, tight
from keras_maskrcnn.scores import read_score, rounded
from keras_maskrcnn.wording import closest, listed, shown

_NO_MASK = ("Point", "MultiPoint", "LineString", "MultiLineString")  # without an inside


def write(objects, image_size, keypoint_names=()) -> dict:
    """Return a FeatureCollection: one Feature with `class` and `score` for each object.

    Rings run exactly along the outer edges of the pixels and keep the holes. An object without a
    mask becomes a rectangle; of an empty mask there is no Feature. An object that has keypoints has
    the property `keypoints`, x, y and score of each by its name.

    Args:
        objects: list of `AnnotatedObject` with `score`.
        image_size: (height, width).
        keypoint_names: the J names.
    """
    features = [
        {
            "type": "Feature",
            "geometry": _geometry(pieces),
            "properties": {
                "class": one.class_name,
                "score": rounded(one.score),
                **_keypoints(one, keypoint_names),
            },
        }
        for one in objects
        if (pieces := _pieces(one, image_size))
    ]
    return {"type": "FeatureCollection", "features": features}


def read(content, class_names, image_size, skeleton=None) -> tuple:
    """Read a FeatureCollection, a Feature, or a list of them as QuPath writes it.

    Args:
        content: parsed JSON.
        class_names: if it holds one name only, that is the class of features without one.
        image_size: (height, width).
        skeleton: `Skeleton` of the keypoints. Default: of the names that are found.

    Returns:
        list of `AnnotatedObject`, and the `Skeleton` or None.

    Raises:
        ValueError: a feature is broken; the message says which, counted from 1.
    """
    taken = []
    for number, feature in enumerate(_features(content), start=1):
        place = f"Feature {number}"
        _check(feature, place)
        if feature["geometry"] and feature["geometry"].get("type") not in _NO_MASK:
            taken.append((feature, _named_points(feature, place), place))
    if skeleton is None:
        skeleton = skeleton_of((), [name for _, points, _ in taken for name in points])
    return [
        dataclasses.replace(
            _object(feature, class_names, image_size, place),
            fields=_read_keypoints(points, skeleton, place),
        )
        for feature, points, place in taken
    ], skeleton


def _keypoints(one, names) -> dict:
    """Return the property of an object with keypoints, to a hundredth of a pixel; else nothing."""
    points = (one.fields or {}).get("keypoints", ())
    if not any(points):  # a class without keypoints
        return {}
    triples = zip(names, points[::3], points[1::3], points[2::3], strict=True)
    return {
        "keypoints": {name: [round(x, 2), round(y, 2), round(v, 4)] for name, x, y, v in triples}
    }


def _pieces(one, image_size) -> list:
    """Return the pieces of an object, each a list of rings of [x, y]."""
    if one.segmentation is None:
        x, y, width, height = one.bbox
        return [[[[x, y], [x + width, y], [x + width, y + height], [x, y + height]]]]
    pieces = rings(*cut(one.segmentation, image_size))
    return [[ring.astype(int).tolist() for ring in piece] for piece in pieces]


def _geometry(pieces) -> dict:
    """Return a Polygon of one piece, a MultiPolygon of several. Rings end as they start."""
    closed = [[ring + ring[:1] for ring in rings] for rings in pieces]
    if len(closed) > 1:
        return {"type": "MultiPolygon", "coordinates": closed}
    return {"type": "Polygon", "coordinates": closed[0]}


def _features(content) -> list:
    """Return the features of a collection, of a list as QuPath writes it, or one by itself."""
    if isinstance(content, dict) and content.get("type") == "Feature":
        return [content]
    found = content.get("features") if isinstance(content, dict) else content
    if not isinstance(found, list):
        raise ValueError(
            "`content` must be a GeoJSON FeatureCollection, a Feature or a list of them. "
            f"Received: {shown(content)}. Type: json.load(open('a.geojson'))."
        )
    return found


def _check(feature, place) -> None:
    """Raise ValueError unless it is a feature with the two members that every one has."""
    known = feature if isinstance(feature, dict) else {}
    members = [known.get("geometry", ()), known.get("properties")]
    if known.get("type") != "Feature" or not all(isinstance(m, dict | None) for m in members):
        raise ValueError(
            f"{place} must be a dict of type 'Feature' with a geometry. Received: {shown(feature)}."
        )


def _object(feature, class_names, image_size, place) -> AnnotatedObject:
    """Return the object of one feature."""
    properties = feature.get("properties") or {}
    score = read_score(properties.get("score"), place)
    pieces = [
        [_flat(ring, place) for ring in rings] for rings in _polygons(feature["geometry"], place)
    ]
    cuts = [_without_holes(rings, image_size, place) for rings in pieces]
    x1, y1, x2, y2 = box_around([rings[0] for rings in pieces], image_size)
    return AnnotatedObject(
        _class(properties, class_names),
        tight(*combine(cuts, np.bitwise_or)),
        [x1, y1, x2 - x1, y2 - y1],
        score=score,
        place=place,
    )


def _class(properties, class_names):
    """Return the class a feature states, as we or QuPath write it; else the only one there is."""
    stated = properties.get("class", properties.get("classification"))
    name = stated.get("name") if isinstance(stated, dict) else stated
    return class_names[0] if name is None and len(class_names) == 1 else name


def _polygons(geometry, place) -> list:
    """Return the pieces of a geometry, each a list of rings."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(
            f"{place} has a geometry of type {shown(kind, 40)}. Only Polygon and MultiPolygon can "
            "be read as masks: remove it."
        )
    pieces = [coordinates] if kind == "Polygon" else coordinates
    pieces = pieces if isinstance(pieces, list) else []
    if not pieces or not all(isinstance(rings, list) and rings for rings in pieces):
        raise ValueError(f"{place} has a {kind} without coordinates. Correct or remove it.")
    return pieces


def _named_points(feature, place) -> dict:
    """Return the property `keypoints`, a dict of [x, y, score] by name; empty without."""
    points = (feature.get("properties") or {}).get("keypoints", {})
    rows = points.values() if isinstance(points, dict) else [None]
    triples = all(isinstance(row, list) and len(row) == 3 for row in rows)
    if not triples or not all(is_coordinate(value) for row in rows for value in row):
        raise ValueError(
            f"{place} must have as its keypoints a dict of [x, y, score] by name. "
            f"Received: {shown(points)}."
        )
    return points


def _read_keypoints(points, skeleton, place) -> dict | None:
    """Return the fields of an object with keypoints; those that are not there are 0, 0, 0."""
    if not points:
        return None
    if unknown := [name for name in points if name not in skeleton.names]:
        raise ValueError(
            f"{place} has the keypoint {shown(unknown[0])}, but the skeleton has "
            f"{listed(skeleton.names)}.{closest(unknown[0], skeleton.names)}"
        )
    rows = [points.get(name, [0, 0, 0]) for name in skeleton.names]
    return {"keypoints": [value for row in rows for value in row]}


def _flat(ring, place) -> list:
    """[x, y, x, y, ...] of a ring, without its last point, which repeats the first, nor heights."""
    try:
        points = [(point[0], point[1]) for point in ring]
    except (TypeError, IndexError, KeyError):
        raise ValueError(
            f"{place} has a ring that is not a list of points [x, y]: {shown(ring)}."
        ) from None
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return [value for point in points for value in point]


def _without_holes(rings, image_size, place):
    """Return the cut mask of a polygon: its first ring less the others."""
    for ring in rings:
        check_segmentation([ring], image_size, place)
    return combine([cut([ring], image_size) for ring in rings], np.bitwise_xor)
