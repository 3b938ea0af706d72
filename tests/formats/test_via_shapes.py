"""The shapes of VIA against masks counted by hand."""

import math

import numpy as np
import pytest

from keras_maskrcnn.data import COCOSource, Instances
from keras_maskrcnn.formats.polygons import ellipse
from keras_maskrcnn.formats.segmentations import to_rle
from keras_maskrcnn.formats.via.shapes import shape_polygon

SIZE = (40, 50)


def mask_of(shape):
    rle = to_rle([shape_polygon(shape)], SIZE)
    return Instances.from_rle([rle], [1], image_size=SIZE).to_dense()[0]


def area_of(polygon):
    x, y = np.array(polygon).reshape(-1, 2).T
    return abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2


def points(name, xs, ys):
    return {"name": name, "all_points_x": xs, "all_points_y": ys}


def test_rect():
    mask = mask_of({"name": "rect", "x": 2, "y": 1, "width": 5, "height": 3})
    assert np.argwhere(mask).min(axis=0).tolist() == [1, 2]
    assert np.argwhere(mask).max(axis=0).tolist() == [3, 6]
    assert mask.sum() == 15


def test_circle():
    # Pixel centres within 3 of (5, 5) have offsets of 0.5, 1.5 and 2.5; only (2.5, 2.5), at a
    # distance of 3.5, is out: 36 - 4 pixels.
    mask = mask_of({"name": "circle", "cx": 5, "cy": 5, "r": 3})
    expected = np.ones((6, 6), bool)
    expected[[0, 0, 5, 5], [0, 5, 0, 5]] = False
    np.testing.assert_array_equal(mask[2:8, 2:8], expected)
    assert mask.sum() == 32


def test_an_ellipse_along_the_axes():
    mask = mask_of({"name": "ellipse", "cx": 25, "cy": 20, "rx": 12, "ry": 4})
    rows, columns = np.argwhere(mask).T
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16, 23, 13, 36)
    assert abs(mask.sum() - 48 * math.pi) < 4


@pytest.mark.parametrize("theta", [0.4, -1.1, math.pi / 4])
def test_theta_turns_clockwise_on_the_screen(theta):
    shape = {"name": "ellipse", "cx": 25, "cy": 20, "rx": 12, "ry": 4, "theta": theta}
    mask = mask_of(shape)
    assert abs(mask.sum() - 48 * math.pi) < 6
    tip = np.array([math.sin(theta), math.cos(theta)]) * 11  # y grows downwards
    inside, outside = np.array([20, 25]) + tip, np.array([20, 25]) + tip * [-1, 1]
    assert mask[tuple(inside.astype(int))]
    assert not mask[tuple(outside.astype(int))]
    # the same by the equation of the ellipse at every pixel's centre, but for its border
    y, x = np.mgrid[:40, :50] + 0.5 - np.array([20, 25])[:, None, None]
    along = x * math.cos(theta) + y * math.sin(theta)
    across = y * math.cos(theta) - x * math.sin(theta)
    distance = (along / 12) ** 2 + (across / 4) ** 2
    assert mask[distance < 0.85].all() and not mask[distance > 1.15].any()


@pytest.mark.parametrize("radii", [(3, 2), (0.4, 7), (500, 20)])
def test_the_polygon_of_an_ellipse_has_its_area(radii):
    polygon = ellipse(600, 700, *radii, theta=0.3)
    assert area_of(polygon) == pytest.approx(math.pi * radii[0] * radii[1])
    x, y = (np.array(polygon).reshape(-1, 2) - [600, 700]).T
    along = x * math.cos(0.3) + y * math.sin(0.3)
    across = y * math.cos(0.3) - x * math.sin(0.3)
    growth = np.hypot(along / radii[0], across / radii[1]).max()
    assert (growth - 1) * max(radii) < 0.06  # pixels


@pytest.mark.parametrize("name", ["polygon", "polyline"])
def test_a_polygon_and_a_polyline_enclose_the_same(name):
    # A triangle of legs 8: row r holds the centres left of 8 - r - 0.5, 7 - r pixels.
    mask = mask_of(points(name, [0, 8, 0], [0, 0, 8]))
    assert mask.sum(axis=1)[:8].tolist() == [7, 6, 5, 4, 3, 2, 1, 0]


def test_a_first_point_repeated_at_the_end_goes():
    closed = shape_polygon(points("polygon", [0, 8, 0, 0], [0, 0, 8, 0]))
    assert closed == [0, 0, 8, 0, 0, 8]


def test_a_polygon_is_the_mask_that_coco_has_of_it(content, write):
    xs, ys = [1.5, 8.2, 6, 2], [0.4, 2, 7.3, 5]
    content["annotations"][0]["segmentation"] = [np.stack([xs, ys], 1).ravel().tolist()]
    coco = COCOSource(*write(content)).instances(0).to_rle()
    rle = to_rle([shape_polygon(points("polygon", xs, ys))], (8, 10))
    assert Instances.from_rle([rle], [1], image_size=(8, 10)).to_rle() == coco


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"name": "star"}, "has an unknown shape: its name is 'star'"),
        ({}, "has an unknown shape: its name is None"),
        ({"name": "rect", "x": 1, "y": 2, "width": 3}, "has a rect whose height is not a usable"),
        (
            {"name": "rect", "x": 1, "y": 2, "width": 0, "height": 1},
            "rect without area: width is 0",
        ),
        (
            {"name": "rect", "x": "1", "y": 2, "width": 3, "height": 1},
            "x is not a usable number: '1'",
        ),
        ({"name": "circle", "cx": 1, "cy": 2, "r": -1}, "has a circle without area: r is -1"),
        ({"name": "circle", "cx": 1, "cy": float("nan"), "r": 1}, "cy is not a usable number: nan"),
        ({"name": "ellipse", "cx": 1, "cy": 2, "rx": 1, "ry": 0}, "without area: ry is 0"),
        (
            {"name": "ellipse", "cx": 1, "cy": 2, "rx": 1, "ry": 1, "theta": None},
            "has an ellipse whose theta is not a usable number: None",
        ),
        (points("polygon", [1, 2, 3], [1, 2]), "without all_points_x and all_points_y of one len"),
        (points("polygon", None, None), "without all_points_x and all_points_y of one length"),
        (points("polygon", [1, 2, "3"], [1, 2, 3]), "polygon that is not made of numbers"),
        (points("polygon", [1, 2, 1], [1, 2, 1]), "has a polygon with 2 points .at least 3 make"),
        (points("polyline", [1], [1]), "has a polyline with 1 points"),
    ],
)
def test_a_mistake(shape, message):
    with pytest.raises(ValueError, match=message):
        shape_polygon(shape)
