"""Pictures of stages made up by hand: the pixels that must be there."""

import dataclasses
import warnings

import numpy as np
import pytest

from keras_maskrcnn.detections import Detections
from keras_maskrcnn.drawing.keypoints import MIDDLE
from keras_maskrcnn.explain import Boxes, RoI, Stages, describe, draw_stages
from keras_maskrcnn.explain.panels import View, diverging, heat
from keras_maskrcnn.skeletons import Skeleton

RED, CYAN, GREEN, WHITE = (255, 56, 56), (0, 194, 255), (61, 219, 80), (255, 255, 255)


def has(picture, color):
    """How many pixels have exactly this colour."""
    return int((picture == np.uint8(color)).all(axis=-1).sum())


@pytest.fixture
def made():
    """A grey image of 64 x 64 on P2 (16 x 16 cells) and P3 (8 x 8), with one anchor a cell."""
    image = np.full((64, 64, 3), 100, np.uint8)
    pyramid = {"P2": np.zeros((16, 16, 2), "float32"), "P3": np.zeros((8, 8, 2), "float32")}
    pyramid["P2"][4, 4, 1] = 1.0  # the channel with something in it
    logits = {"P2": np.full((16, 16, 1), -20.0), "P3": np.full((8, 8, 1), -20.0)}
    logits["P3"][1, 6] = 0.0  # one cell at probability 0.5
    candidates = Boxes(
        np.array([[8.0, 8, 24, 24], [9.0, 9, 25, 25], [30.0, 30, 60, 60]]),
        np.array([0.9, 0.8, 0.7]),
        np.array(["P2", "P3", "P2"]),
    )
    kept = np.array([0, 2])
    box = np.array([[8.0, 8, 24, 24]], "float32")
    masks = np.zeros((1, 2, 2), "float32")
    masks[0, 0] = 0.9
    return Stages(
        image=image,
        network_image=image,
        window=np.array([0.0, 0, 64, 64]),
        strides={"P2": 4, "P3": 8},
        pyramid=pyramid,
        anchors={"P2": anchors_of(16, 4, 12), "P3": anchors_of(8, 8, 24)},
        objectness_logits=logits,
        candidates=candidates,
        proposals=Boxes(*(x[kept] for x in candidates)),
        proposal_candidates=kept,
        class_logits=np.zeros((2, 2), "float32"),
        detections=Detections(box, [1], [0.75], masks, ["cell"], (64, 64)),
        detection_boxes=box,
        score_threshold=0.5,
        roi=roi_of(box[0]),
    )


def anchors_of(cells, stride, side):
    y, x = np.mgrid[:cells, :cells] * stride
    return np.stack([x, y, x + side, y + side], axis=-1)[:, :, None] - side / 2


def roi_of(box):
    """The box of 4 x 4 cells in 2 x 2 bins, read at 2 x 2 points a bin."""
    points = np.stack(np.meshgrid([2.0, 3, 4, 5], [2.0, 3, 4, 5]), axis=-1).reshape(-1, 2)
    crop = np.zeros((2, 2, 2))
    crop[1, 1, 1] = 0.25
    return RoI(
        detection=0,
        label=1,
        name="cell",
        score=0.75,
        box=box,
        image_box=box,
        level="P2",
        points=points,
        image_points=(points + 0.5) * 4,
        x_edges=np.array([1.5, 3.5, 5.5]),
        y_edges=np.array([1.5, 3.5, 5.5]),
        crop=crop,
        mask_logits=np.array([[2.0, 2.0], [-4.0, 0.0]]),
        mask_probabilities=np.array([[0.88, 0.88], [0.02, 0.5]]),
        mask=(np.ones((8, 16), np.uint8), 8, 8),
    )


def test_an_objectness_far_below_zero_is_drawn_without_a_warning(made):
    made.objectness_logits["P2"][:] = -1000.0  # of a black image
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_stages(made)
    assert "best 0.00" in describe(made)["objectness"]


def test_a_view_by_hand():
    # The window from (2, 1) on, 4 pixels wide and 2 high, twice as large.
    image = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    view = View(image, (2, 1, 6, 3), side=8, smooth=False)
    expected = image[1:3, 2:6].repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(view.picture, expected)
    assert view.at([[2, 1], [3.5, 2]]).tolist() == [[0, 0], [3, 2]]
    view.box([3, 1, 5, 3], RED, 1)  # the pixels 2 to 5 across and 0 to 3 down
    drawn = (view.picture == np.uint8(RED)).all(axis=-1)
    assert np.argwhere(drawn).min(axis=0).tolist() == [0, 2]
    assert np.argwhere(drawn).max(axis=0).tolist() == [3, 5] and drawn.sum() == 12


def test_a_view_beyond_the_image_is_grey():
    view = View(np.full((2, 2, 3), 200, np.uint8), (-1, -1, 3, 3), side=4)
    assert view.picture[..., 0].tolist() == [
        [32, 32, 32, 32],
        [32, 200, 200, 32],
        [32, 200, 200, 32],
        [32, 32, 32, 32],
    ]


def test_colors_by_hand():
    ends = diverging(np.array([-3.0, 0.0, 3.0]), -3, 3)
    assert ends.tolist() == [[33, 102, 172], [247, 247, 247], [178, 24, 43]]
    dark, bright = heat(np.array([0.0, 1.0]), 0, 1)
    assert dark.sum() < 10 and bright.min() > 150


def test_names_and_sizes(made):
    pictures = draw_stages(made)
    names = ["anchors", "objectness", "proposals", "roi_align", "masks", "detections"]
    assert list(pictures) == list(describe(made)) == names
    for picture in pictures.values():
        assert picture.dtype == np.uint8 and picture.shape[2] == 3
        assert max(picture.shape) < 1700


def test_anchors_of_both_levels_are_drawn(made):
    picture = draw_stages(made)["anchors"]
    # A square of 12 pixels, 836 / 64 times enlarged, has an outline of over 4 * 150 pixels.
    assert has(picture, RED) > 600 and has(picture, CYAN) > 1200
    assert describe(made)["anchors"].startswith("1 anchors a cell, 320 in all: P2, stride 4, 16 x")


def test_the_cell_of_high_objectness(made):
    picture = draw_stages(made)["objectness"]
    # The cell covers 1 / 8 of a panel of 400 pixels: 50 x 50 pixels of heat 0.5 over grey 60.
    weight = 0.35 + 0.6 * 0.5
    expected = (1 - weight) * 60 + weight * heat(np.array(0.5), 0, 1)
    assert has(picture, np.rint(expected)) == 50 * 50
    text = describe(made)["objectness"]
    assert text.endswith("P3, stride 8, 8 x 8 cells, best 0.50") and "best 0.00; P3" in text


def test_a_suppressed_box_is_drawn_on_the_left_only(made):
    picture = draw_stages(made)["proposals"][100:]  # below the legend
    left, right = picture[:, : picture.shape[1] // 2], picture[:, picture.shape[1] // 2 :]
    assert has(left, CYAN) > 300 and has(right, CYAN) == 0
    assert has(left, RED) > 500 and has(right, RED) > 500
    expected = "3 boxes before suppression (P2 2, P3 1), 2 proposals after it (P2 2, P3 0)"
    assert describe(made)["proposals"] == expected


def test_the_points_of_roi_align(made):
    picture = draw_stages(made)["roi_align"]
    # 16 points, on the image and on the map: a dot has a middle pixel and those around it.
    assert 2 * 16 * 5 <= has(picture, CYAN) <= 2 * 16 * 21
    centre = np.argwhere((picture == np.uint8(CYAN)).all(axis=-1))
    cells = (centre[centre[:, 0] > 650] - centre[centre[:, 0] > 650].min(axis=0)) / 70
    # The window of 8 x 8 cells is 560 pixels wide: from one point to the next it is 70.
    assert {tuple(cell) for cell in np.rint(cells).astype(int).tolist()} == {
        (y, x) for y in range(4) for x in range(4)
    }
    assert "16 x 16 px" in describe(made)["roi_align"]


def test_a_roi_without_bins(made):
    roi = dataclasses.replace(made.roi, x_edges=None, y_edges=None)
    with_bins, without = (
        draw_stages(dataclasses.replace(made, roi=each))["roi_align"] for each in (made.roi, roi)
    )
    assert with_bins.shape == without.shape and (with_bins != without).any()


def test_mask_logits_and_the_pasted_mask(made):
    picture = draw_stages(made)["masks"]
    # Of 520 x 520 pixels a quarter is each logit, but for the outline; -4 is the lowest colour.
    assert has(picture, diverging(np.array(-4.0), -4, 4)) > 0.9 * 260 * 260
    assert has(picture, np.rint(0.6 * np.full(3, 100) + 0.4 * np.array(CYAN))) > 20000
    expected = (
        "cell 0.75, detection 0: 2 x 2 logits from -4.0 to 2.0, 3 of 4 at probability 0.5 or more; "
        "pasted, 128 pixels of the image"
    )
    assert describe(made)["masks"] == expected


def test_heatmaps_and_their_peaks(made):
    ends = Skeleton(("tip", "tail"), limbs=[("tip", "tail")])
    logits = np.full((2, 2, 2), -100.0, "float32")
    logits[0, 0, 0] = logits[1, 1, 1] = 3.0  # all of each heatmap is in one cell
    points = np.float32([[12, 12, 0.9], [20, 20, 0.25]])
    roi = dataclasses.replace(
        made.roi,
        keypoint_logits=logits,
        keypoints=points,
        skeleton=ends,
        mask_logits=None,
        mask=None,
    )
    fields = {"keypoints": points[None]}
    arrays = made.detection_boxes, [1], [0.75], None, ["cell"], (64, 64), fields, ends
    pointed = dataclasses.replace(made, roi=roi, detections=Detections(*arrays))
    pictures = draw_stages(pointed)
    assert list(pictures)[4:] == ["keypoints", "detections"]
    red, green, blue = np.moveaxis(pictures["keypoints"].astype(int), -1, 0)
    assert (green > np.maximum(red, blue) + 40).sum() > 2 * 8  # a ring around each peak
    # The outer quarter of the best cell's sides is wholly of its colour, over grey 60.
    best = 0.05 * 60 + 0.95 * heat(np.array(1.0), 0, 1)
    assert 2 * 1200 < has(pictures["keypoints"], np.rint(best)) < 2 * 2500
    assert has(pictures["detections"], MIDDLE) > 200 > has(draw_stages(made)["detections"], MIDDLE)
    expected = (
        "cell 0.75, detection 0: a heatmap of 2 x 2 cells over the box for each of 2 keypoints; "
        "the surest is tip 0.90, the least sure tail 0.25"
    )
    assert describe(pointed)["keypoints"] == expected


def test_nothing_found_and_nothing_proposed(made):
    none = np.zeros(0, int)
    empty = dataclasses.replace(
        made,
        proposals=Boxes(*(x[none] for x in made.candidates)),
        proposal_candidates=none,
        detections=made.detections[none],
        detection_boxes=made.detection_boxes[none],
        roi=None,
    )
    assert list(draw_stages(empty)) == ["anchors", "objectness", "proposals", "detections"]
    assert describe(empty)["detections"] == "no object scores 0.5 or more"


@pytest.mark.parametrize("channels", [1, 4])
def test_images_of_other_channels(made, channels):
    image = np.full((64, 64, channels), 100.4, "float32")
    other = dataclasses.replace(made, image=image, network_image=image)
    for name, picture in draw_stages(made).items():
        np.testing.assert_array_equal(draw_stages(other)[name], picture)
