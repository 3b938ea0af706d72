"""Polygons of the shapes that annotation tools know, in COCO's form [x, y, x, y, ...]."""

import math
import numbers

BEYOND = 1e9  # pixels, outside of every image
_DEVIATION = 0.05  # pixels between an ellipse and its polygon, far below what a mask can show
_LEAST_POINTS = 16


def is_number(value) -> bool:
    """Return whether it is a finite number.

    >>> is_number(10**400), is_number(float("nan")), is_number(True), is_number("1")
    (True, False, False, False)
    """
    known = type(value) in (int, float)  # quicker than what NumPy's numbers need
    real = known or (isinstance(value, numbers.Real) and not isinstance(value, bool))
    return real and abs(value) < math.inf


def is_coordinate(value) -> bool:
    """Return whether it is a number that may lie in or near an image.

    >>> is_coordinate(-2.5), is_coordinate(1e9)
    (True, False)
    """
    return is_number(value) and abs(value) < BEYOND


def rectangle(x1, y1, x2, y2) -> list[float]:
    """Return the polygon of a rectangle from two opposite corners.

    >>> rectangle(5, 1, 2, 3)
    [2, 1, 5, 1, 5, 3, 2, 3]
    """
    (left, right), (top, bottom) = sorted((x1, x2)), sorted((y1, y2))
    return [left, top, right, top, right, bottom, left, bottom]


def corners(polygon) -> tuple | None:
    """Return the corners (x1, y1, x2, y2) of a polygon that `rectangle` may have made, or None.

    >>> corners([2, 1, 5, 1, 5, 3, 2, 3]), corners([2, 1, 5, 1, 5, 3])
    ((2, 1, 5, 3), None)
    """
    if len(polygon) != 8:
        return None
    x1, y1, x2, y2 = polygon[0], polygon[1], polygon[4], polygon[5]
    return (x1, y1, x2, y2) if list(polygon) == rectangle(x1, y1, x2, y2) else None


def ellipse(cx, cy, rx, ry, theta=0.0) -> list[float]:
    """Return a polygon of the area of an ellipse, so fine that no pixel shows the difference.

    Args:
        cx, cy: centre, pixels.
        rx, ry: half axes, pixels, above 0.
        theta: angle in radians by which they are turned, clockwise on the screen.

    Returns:
        list [x, y, x, y, ...].

    Example:

    >>> polygon = ellipse(8, 4, 3, 2)
    >>> area = sum(x1 * y2 - x2 * y1 for x1, y1, x2, y2 in zip(
    ...     polygon[::2], polygon[1::2], polygon[2::2] + polygon[:1], polygon[3::2] + polygon[1:2]
    ... )) / 2
    >>> round(area, 6) == round(math.pi * 3 * 2, 6)
    True
    """
    sagitta = min(1.0, _DEVIATION / max(rx, ry))
    count = max(_LEAST_POINTS, math.ceil(math.pi / math.acos(1 - sagitta)))
    step = 2 * math.pi / count
    growth = math.sqrt(step / math.sin(step))  # a polygon on the ellipse would be too small
    cosine, sine = math.cos(theta), math.sin(theta)
    polygon = []
    for number in range(count):
        along = growth * rx * math.cos(number * step)
        across = growth * ry * math.sin(number * step)
        polygon += [cx + along * cosine - across * sine, cy + along * sine + across * cosine]
    return polygon
