"""Objects that have only a box: moved by geometry, beside objects with masks."""

import numpy as np
import pytest

from keras_maskrcnn.data import Instances


def boxes(*rows, size=(10, 20)):
    return Instances(np.arange(1, len(rows) + 1), rows, image_size=size)


def mixed():
    """An object with a mask of 3 x 4 pixels, and one with a box alone."""
    mask = np.ones((3, 4), np.uint8)
    return Instances([1, 2], [[2, 1, 6, 4], [8.5, 2.25, 12, 6]], [mask, None], image_size=(10, 20))


def test_what_it_holds():
    instances = mixed()
    assert instances.has_masks.tolist() == [True, False]
    assert instances.areas.tolist() == [12, 3.5 * 3.75]
    assert instances.to_rle()[0]["size"] == [10, 20] and instances.to_rle()[1] is None
    # the box touches columns 8..11 and rows 2..5
    cover = np.zeros((10, 20), bool)
    cover[1:4, 2:6] = cover[2:6, 8:12] = True
    np.testing.assert_array_equal(instances.union(), cover)
    assert instances.select([1]).has_masks.tolist() == [False]
    assert Instances.joined([instances, boxes([0, 0, 1, 1])]).masks[1:] == [None, None]
    for method in (instances.to_dense, lambda: instances.crop_masks(7)):
        with pytest.raises(ValueError, match="needs a mask .* 1 of 2 objects have only a box"):
            method()


def test_a_box_alone_must_have_an_area():
    with pytest.raises(ValueError, match=r"Received: boxes\[1\]=\[3.0, 2.0, 3.0, 5.0\]"):
        boxes([0, 0, 1, 1], [3, 2, 3, 5])
    with pytest.raises(ValueError, match="must be x1, y1, x2, y2 with x1 < x2"):
        boxes([0, 0, np.nan, 1])


def test_warp_by_hand():
    one = boxes([2.5, 1, 6, 4])
    for matrix, size, expected in (
        ([[1, 0, 0], [0, 1, 0]], (10, 20), [2.5, 1, 6, 4]),
        ([[-1, 0, 20], [0, 1, 0]], (10, 20), [14, 1, 17.5, 4]),
        ([[0.5, 0, 0], [0, 0.5, 0]], (5, 10), [1.25, 0.5, 3, 2]),
        ([[0, 1, 0], [1, 0, 0]], (20, 10), [1, 2.5, 4, 6]),
        ([[1, 0, -4], [0, 1, -2]], (5, 5), [0, 0, 2, 2]),  # cut at the border
    ):
        assert one.warp(matrix, size).boxes.tolist() == [expected]
    half = np.sqrt(0.5)  # a square of side 4 about (10, 5), turned by 45 degrees: its diagonal
    turn = [[half, -half, 10 - 5 * half], [half, half, 5 - 15 * half]]
    turned = boxes([8, 3, 12, 7]).warp(turn, (10, 20)).boxes[0]
    reach = 2 * np.sqrt(2)
    np.testing.assert_allclose(turned, [10 - reach, 5 - reach, 10 + reach, 5 + reach], rtol=1e-6)


def test_warp_drops_what_little_is_left():
    # of the first 2 of 4 columns stay, of the second all, of the third nothing
    three, shift = boxes([2, 2, 6, 6], [5, 4, 8, 6], [0, 0, 2, 2]), [[1, 0, -4], [0, 1, 0]]
    assert three.warp(shift, (10, 16)).labels.tolist() == [1, 2]
    assert three.warp(shift, (10, 16), min_visible=0.6).labels.tolist() == [2]
    assert three.warp(shift, (10, 16), min_visible=0.5).labels.tolist() == [1, 2]
    assert three.warp(shift, (10, 16), min_area=7).labels.tolist() == [1]


def test_masks_beside_boxes_move_as_they_do_alone():
    matrix = [[0.9, 0.2, 1], [-0.1, 1.2, 0.5]]
    warped, alone = (one.warp(matrix, (12, 22)) for one in (mixed(), mixed().select([0])))
    assert warped.labels.tolist() == [1, 2]
    np.testing.assert_array_equal(warped.masks[0], alone.masks[0])
    np.testing.assert_array_equal(warped.boxes[0], alone.boxes[0])
    assert warped.masks[1] is None


def test_without_shows_what_is_seen():
    two = boxes([2.5, 1, 6.5, 5], [10, 2, 14, 6])
    assert two.without(np.zeros((10, 20), bool)).boxes.tolist() == two.boxes.tolist()
    cover = np.zeros((10, 20), bool)
    cover[:, 5:] = True  # of the first columns 2.5..5 stay, of the second nothing
    assert two.without(cover).boxes.tolist() == [[2.5, 1, 5, 5]]
    # 2.5 of 4 columns
    assert len(two.without(cover, min_visible=0.62)) == 1
    assert len(two.without(cover, min_visible=0.63)) == 0
    hole = np.zeros((10, 20), bool)
    hole[3:5, 11:13] = True  # 4 of the second's 16 pixels
    assert two.without(hole).boxes.tolist() == two.boxes.tolist()
    assert two.without(hole, min_visible=0.76).labels.tolist() == [1]


def test_remap():
    # every pixel comes from one to the right and half a pixel below
    y, x = np.mgrid[:10, :20].astype(np.float32)
    three = boxes([2.5, 1, 6, 4], [0, 2, 3, 5], [0, 0, 1, 9])
    moved = three.remap(x + 1, y + 0.5)
    # the last is pushed out of the image
    assert moved.boxes.tolist() == [[1.5, 0.5, 5, 3.5], [0, 1.5, 2, 4.5]]
    assert moved.labels.tolist() == [1, 2]
    # a mirror image, which must be looked up
    assert three.remap(19 - x, y).boxes[0].tolist() == [14, 1, 17.5, 4]
