import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_masks

from keras_maskrcnn.mask_crops import combine, outlines, paste, polygons, tight


def test_paste_by_hand():
    # Grid rows (0.2, 0.8), twice, in the box x 1..5 of a row of 6 pixels: cells are 2 pixels wide,
    # their centres at x = 2 and 4, pixel centres at 1.5, 2.5, 3.5, 4.5: positions -0.25, 0.25,
    # 0.75, 1.25, so 0.75 * 0.2 = 0.15; 0.2 + 0.25 * 0.6 = 0.35; 0.65; 0.75 * 0.8 = 0.6. In y the
    # centre of the pixel is that of the box, between the two equal rows.
    crop, x, y = paste(np.float32([[0.2, 0.8], [0.2, 0.8]]), (1, -0.5, 5, 1.5), (1, 6))
    assert (x, y) == (1, 0)
    assert crop.tolist() == [[0, 0, 1, 1]]


def test_paste_keeps_a_pixel_of_exactly_one_half():
    # The box ends at the centres of the first and last pixel: half of the zero beyond, half of 1.
    crop, x, _ = paste(np.ones((1, 1), np.float32), (0.5, 0, 2.5, 1), (1, 4))
    assert (crop.tolist(), x) == ([[1, 1, 1]], 0)


def test_pasting_visits_its_own_box_only():
    crop, x, y = paste(np.ones((28, 28), np.float32), (9000, 8000, 9010, 8020), (10000, 10000))
    assert (crop.shape, x, y) == ((20, 10), 9000, 8000)


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
        pieces = polygons(mask, 3, 4)
        assert len(pieces) == cv2.connectedComponents(mask, connectivity=4)[0] - 1
        areas = [[signed_area(ring) for ring in rings] for rings in pieces]
        assert sum(map(sum, areas)) == mask.sum()
        assert [a[0] for a in areas] == sorted((a[0] for a in areas), reverse=True)
        assert all(outline > 0 and max(holes, default=-1) < 0 for outline, *holes in areas)
        for ring in (ring for rings in pieces for ring in rings):
            assert len({tuple(point) for point in ring.tolist()}) == len(ring)


def test_pixels_that_touch_at_a_corner_are_two_pieces():
    pieces = polygons(np.uint8([[1, 0], [0, 1]]), 0, 0)
    corners = [sorted(rings[0].tolist()) for rings in pieces]
    assert sorted(corners) == [
        [[0, 0], [0, 1], [1, 0], [1, 1]],
        [[1, 1], [1, 2], [2, 1], [2, 2]],
    ]


def test_nothing_has_no_outline():
    for crop in (np.zeros((0, 3), np.uint8), np.zeros((2, 3), np.uint8)):
        assert outlines(crop, 0, 0) == [] and polygons(crop, 0, 0) == []


def test_tight_by_hand():
    mask = np.array([[0, 0, 0, 0], [0, 0, 7, 0], [0, 9, 0, 0]])
    crop, x, y = tight(mask, 10, 20)
    assert (crop.tolist(), crop.dtype, x, y) == ([[0, 1], [1, 0]], np.uint8, 11, 21)
    crop, x, y = tight(np.zeros((3, 0), bool), 4, 5)
    assert (crop.shape, x, y) == ((0, 0), 0, 0)


@pytest.mark.parametrize("operation", [np.bitwise_or, np.bitwise_xor])
def test_combine_equals_the_whole_image(operation):
    rng = np.random.default_rng(0)
    whole, crops = np.zeros((20, 30), np.uint8), []
    for _ in range(6):
        y, x = rng.integers(0, 15, 2)
        crop = rng.integers(0, 2, rng.integers(0, 6, 2)).astype(np.uint8)
        crops.append((crop, x, y))
        part = whole[y : y + crop.shape[0], x : x + crop.shape[1]]
        part[:] = operation(part, crop)
    crop, x, y = combine(crops, operation)
    pasted = np.zeros_like(whole)
    pasted[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    np.testing.assert_array_equal(pasted, whole)
    assert combine([], operation)[0].shape == (0, 0)
