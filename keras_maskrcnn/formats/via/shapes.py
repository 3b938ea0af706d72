"""The shapes of the VGG Image Annotator as polygons."""

from keras_maskrcnn.formats.polygons import ellipse, is_coordinate, rectangle
from keras_maskrcnn.wording import shown

NO_MASK = ("point",)  # shapes without an inside


def shape_polygon(shape) -> list[float]:
    """Turn the `shape_attributes` of a region into a polygon.

    Args:
        shape: dict with `name`, "polygon", "polyline" (closed into a region), "rect", "circle" or
            "ellipse" (`theta` in radians, clockwise on the screen), and the numbers of that shape.

    Returns:
        list [x, y, x, y, ...], pixels.

    Raises:
        ValueError: the shape is unknown, lacks a number, or has no area. The message is to follow
            the region's name.

    Example:

    >>> shape_polygon({"name": "rect", "x": 2, "y": 1, "width": 3, "height": 2})
    [2, 1, 5, 1, 5, 3, 2, 3]
    >>> shape_polygon({"name": "circle", "cx": 2, "cy": 1, "r": 0})
    Traceback (most recent call last):
    ...
    ValueError: has a circle without area: r is 0
    """
    kind = shape.get("name")
    if kind in ("polygon", "polyline"):
        return _outline(shape, kind)
    if kind == "rect":
        x, y = _numbers(shape, kind, "x", "y")
        width, height = _lengths(shape, kind, "width", "height")
        return rectangle(x, y, x + width, y + height)
    if kind == "circle":
        (radius,) = _lengths(shape, kind, "r")
        return ellipse(*_numbers(shape, kind, "cx", "cy"), radius, radius)
    if kind == "ellipse":
        centre = _numbers(shape, kind, "cx", "cy")
        (theta,) = _numbers({"theta": 0, **shape}, kind, "theta")  # VIA 1.x has none
        return ellipse(*centre, *_lengths(shape, kind, "rx", "ry"), theta)
    raise ValueError(f"has an unknown shape: its name is {shown(kind, 40)}")


def _outline(shape, kind):
    """Return the points of a polygon or polyline; a first point repeated at the end goes."""
    xs, ys = shape.get("all_points_x"), shape.get("all_points_y")
    if not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys):
        raise ValueError(f"has {_a(kind)} without all_points_x and all_points_y of one length")
    if not all(is_coordinate(value) for value in xs + ys):
        raise ValueError(f"has {_a(kind)} that is not made of numbers")
    points = list(zip(xs, ys, strict=True))
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) < 3:
        raise ValueError(f"has {_a(kind)} with {len(points)} points (at least 3 make an area)")
    return [value for point in points for value in point]


def _numbers(shape, kind, *keys):
    """Return the values of `keys`, checked to be numbers."""
    for key in keys:
        if not is_coordinate(shape.get(key)):
            raise ValueError(
                f"has {_a(kind)} whose {key} is not a usable number: {shown(shape.get(key), 40)}"
            )
    return [shape[key] for key in keys]


def _lengths(shape, kind, *keys):
    """Return the values of `keys`, checked to be numbers above 0."""
    for key, value in zip(keys, _numbers(shape, kind, *keys), strict=True):
        if value <= 0:
            raise ValueError(f"has {_a(kind)} without area: {key} is {value}")
    return [shape[key] for key in keys]


def _a(kind):
    """Return the kind of a shape with its article."""
    return f"an {kind}" if kind == "ellipse" else f"a {kind}"
