import cv2
import numpy as np
import pytest

from keras_maskrcnn.drawing import Judged, count_outcomes, describe, draw_comparison
from keras_maskrcnn.drawing.marks import (
    CLASS_CONFUSION,
    FALSE_POSITIVE,
    MISSED,
    NOT_COUNTED,
    TRUE_POSITIVE,
    draw_mark,
)
from keras_maskrcnn.drawing.outcomes import styles_of

STYLES = (TRUE_POSITIVE, MISSED, FALSE_POSITIVE, CLASS_CONFUSION, NOT_COUNTED)
NOTHING = Judged(np.zeros((0, 4)), [], [])


def has(picture, color):
    """Where the picture has a colour."""
    return (picture == np.uint8(color)).all(axis=2)


def squares(*rows, **more):
    """Rows (label, partner, x1, y1, x2, y2)."""
    return Judged([row[2:] for row in rows], [row[0] for row in rows], [row[1] for row in rows])


def test_outcomes_by_hand():
    box = (0, 0, 9, 9)
    truth = squares((1, 1, *box), (1, 0, *box), (2, 1, *box), (1, -1, *box))
    found = squares((1, 1, *box), (1, 2, *box), (2, 0, *box), (1, 0, *box), (1, -1, *box))
    assert styles_of(truth, MISSED) == [TRUE_POSITIVE, MISSED, CLASS_CONFUSION, NOT_COUNTED]
    assert styles_of(found, FALSE_POSITIVE)[1:4] == [
        CLASS_CONFUSION,
        FALSE_POSITIVE,
        FALSE_POSITIVE,
    ]
    counts = count_outcomes(truth, found)
    assert counts == {"found": 1, "missed": 1, "false_alarms": 2, "wrong_class": 1}
    assert describe(counts) == "1 true positive, 1 missed, 2 false positives, 1 class confusion"
    assert describe(count_outcomes(NOTHING, NOTHING)) == "nothing"


def test_each_side_shows_its_own_marks_in_their_places():
    # Panels of 300: the image of 100 enlarged by 3, the right one 304 further to the right.
    truth = squares((1, 1, 5, 5, 35, 35), (1, 0, 60, 60, 90, 90))
    found = squares((1, 1, 5, 5, 35, 35), (1, 0, 60, 5, 90, 35))
    picture = draw_comparison(np.zeros((100, 100, 3), np.uint8), truth, found, ["a"], side=300)
    assert picture.shape[1] == 604
    top = picture.shape[0] - 300 - 24  # titles above; the line of counts below is 24 high
    left, right = picture[top : top + 300, :300], picture[top : top + 300, 304:]
    assert has(left, MISSED.color)[175:275, 175:275].any()
    assert has(right, FALSE_POSITIVE.color)[10:110, 175:275].any()
    assert not has(left, FALSE_POSITIVE.color).any() and not has(right, MISSED.color).any()
    for panel in (left, right):
        assert has(panel, TRUE_POSITIVE.color)[15:105, 15:105].any()
        assert not has(panel, TRUE_POSITIVE.color)[150:].any()


def test_marks_differ_without_colour():
    # All drawn in one grey: any two still differ in many of the pixels.
    pictures = []
    for style in STYLES[:4]:
        picture = np.full((80, 80, 3), 90, np.uint8)
        grey = type(style)(style.words, (200,) * 3, 0, style.pattern, style.is_dashed)
        draw_mark(picture, np.ones((60, 60), np.uint8), 10, 10, grey, 2)
        pictures.append(picture)
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert (one != other).any(axis=2).sum() > 300


def test_small_errors_get_a_ring_and_small_finds_do_not():
    speck = np.ones((3, 3), np.uint8)
    reach = {}
    for style in (TRUE_POSITIVE, MISSED, FALSE_POSITIVE):
        picture = np.zeros((60, 60, 3), np.uint8)
        draw_mark(picture, speck, 30, 30, style, 1)
        rows, columns = np.nonzero(has(picture, style.color))
        reach[style] = max(rows.max() - rows.min(), columns.max() - columns.min()) + 1
    assert reach[TRUE_POSITIVE] == 3
    # The ring's radius is half the diagonal of 3 x 3 pixels and 3 lines: 5.1, plus its width.
    assert 10 <= reach[MISSED] <= 14 and 10 <= reach[FALSE_POSITIVE] <= 14


def test_masks_are_drawn_not_boxes():
    image = np.full((60, 60, 3), 100, np.uint8)
    corner = np.zeros((30, 30), np.uint8)
    corner[:10, :10] = 1
    truth = squares((1, 1, 10, 10, 40, 40))._replace(masks=[(corner, 10, 10)])
    panel = draw_comparison(image, truth, NOTHING, side=60)[-84:-24, 218:278]
    changed = (panel != 100).any(axis=2)
    assert changed[10:20, 10:20].all()
    assert not changed[25:40].any()  # the rest of the box; its label stands below


@pytest.mark.parametrize("size", [(16, 16), (2000, 1500), (40, 400), (400, 20)])
def test_any_size_of_image_gives_the_same_letters(size):
    height, width = size
    truth = squares((1, 0, 1, 1, width - 1, height - 1))
    picture = draw_comparison(np.zeros((*size, 3), np.uint8), truth, NOTHING, ["a"], side=300)
    assert picture.shape[1] >= 560
    shown = round(300 * height / max(size))
    assert picture.shape[0] - shown == 17 + 24  # the titles, the line of counts


def test_the_names_of_both_classes_are_written():
    truth = squares((1, 2, 20, 40, 80, 90))
    image = np.zeros((100, 100, 3), np.uint8)
    wide = [
        has(draw_comparison(image, truth, NOTHING, names), CLASS_CONFUSION.color).sum()
        for names in (["a", "b"], ["a", "a much longer name"])
    ]
    assert wide[1] > wide[0] + 500  # the plate under the text


def test_thin_masks_survive_shrinking():
    line = np.ones((1, 900), np.uint8)
    truth = squares((1, 0, 50, 500, 950, 501))._replace(masks=[(line, 50, 500)])
    picture = draw_comparison(np.zeros((1000, 1000, 3), np.uint8), truth, NOTHING, side=100)
    assert has(picture, MISSED.color).any()


@pytest.mark.parametrize(
    ("truth", "side", "message"),
    [
        (NOTHING, 8, "`side` must be at least 32 pixels. Received: side=8"),
        (Judged(np.zeros((1, 4)), [1], []), 300, r"`truth`.*Received: \[1, 1, 0\] rows"),
    ],
)
def test_bad_arguments(truth, side, message):
    with pytest.raises(ValueError, match=message):
        draw_comparison(np.zeros((9, 9, 3), np.uint8), truth, NOTHING, side=side)


def test_colours_can_be_told_apart_by_the_colour_blind():
    # Machado et al. 2009, severity 1: what protanopes and deuteranopes see of linear RGB.
    protan = [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
    deutan = [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ]
    colors = np.array([style.color for style in STYLES], np.float32) / 255
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    for matrix in (np.eye(3), protan, deutan):
        seen = np.clip(linear @ np.transpose(matrix), 0, 1)
        encoded = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
        lab = cv2.cvtColor(encoded[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]
        distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
        assert distance[~np.eye(len(lab), dtype=bool)].min() > 15
