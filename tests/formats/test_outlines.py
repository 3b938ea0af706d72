import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_masks

from keras_maskrcnn.formats.outlines import outlines, rings


def test_outline_of_a_cross_by_hand():
    cross = np.uint8([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    points = outlines(cross, 10, 20)[0]
    corners = {(11, 20), (12, 20), (12, 21), (13, 21), (13, 22), (12, 22)}
    corners |= {(12, 23), (11, 23), (11, 22), (10, 22), (10, 21), (11, 21)}
    assert len(points) == 12 and {tuple(p) for p in points.tolist()} == corners
    assert cv2.contourArea(points) == 5


@pytest.mark.parametrize("seed", range(6))
def test_outlines_enclose_the_pixels(seed):
    rng = np.random.default_rng(seed)
    mask = (cv2.GaussianBlur(rng.uniform(size=(60, 50)), (0, 0), 2) > 0.5).astype(np.uint8)
    filled = mask.copy()
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    pieces = outlines(mask, 3, 4)
    areas = [cv2.contourArea(piece) for piece in pieces]
    assert len(pieces) > 1 and areas == sorted(areas, reverse=True)
    assert sum(areas) == filled.sum()
    flat = [(piece - (3, 4)).ravel().astype(float).tolist() for piece in pieces]
    again = coco_masks.decode(coco_masks.merge(coco_masks.frPyObjects(flat, 60, 50)))
    np.testing.assert_array_equal(again, filled)


def test_simplified_outlines_stay_near_and_keep_small_pieces():
    disc = cv2.circle(np.zeros((101, 101), np.uint8), (50, 50), 40, 1, cv2.FILLED)
    disc[0, 0] = 1
    exact, simple = outlines(disc, 0, 0), outlines(disc, 0, 0, tolerance=1)
    assert len(simple[0]) < len(exact[0]) / 4
    assert cv2.contourArea(simple[0]) == pytest.approx(cv2.contourArea(exact[0]), rel=0.02)
    assert cv2.contourArea(simple[1]) == 1
    for x, y in simple[0].tolist():
        assert abs(cv2.pointPolygonTest(exact[0], (x, y), True)) <= 1


def signed_area(ring):
    x, y = np.asarray(ring, float).T
    return np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2


@pytest.mark.parametrize("seed", range(6))
def test_rings_never_meet_themselves_and_enclose_the_pixels(seed):
    rng = np.random.default_rng(seed)
    for density in (0.3, 0.5, 0.6, 0.8, 1):
        mask = (rng.uniform(size=(11, 13)) < density).astype(np.uint8)
        pieces = rings(mask, 3, 4)
        assert len(pieces) == cv2.connectedComponents(mask, connectivity=4)[0] - 1
        areas = [[signed_area(ring) for ring in piece] for piece in pieces]
        assert sum(map(sum, areas)) == mask.sum()
        assert [a[0] for a in areas] == sorted((a[0] for a in areas), reverse=True)
        assert all(outline > 0 and max(holes, default=-1) < 0 for outline, *holes in areas)
        for ring in (ring for piece in pieces for ring in piece):
            assert len({tuple(point) for point in ring.tolist()}) == len(ring)


def test_pixels_that_touch_at_a_corner_are_two_pieces():
    pieces = rings(np.uint8([[1, 0], [0, 1]]), 0, 0)
    corners = [sorted(piece[0].tolist()) for piece in pieces]
    assert sorted(corners) == [
        [[0, 0], [0, 1], [1, 0], [1, 1]],
        [[1, 1], [1, 2], [2, 1], [2, 2]],
    ]


def test_nothing_has_no_outline():
    for crop in (np.zeros((0, 3), np.uint8), np.zeros((2, 3), np.uint8)):
        assert outlines(crop, 0, 0) == [] and rings(crop, 0, 0) == []
