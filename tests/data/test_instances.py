import numpy as np
import pytest
from pycocotools import mask as coco_mask

from keras_maskrcnn.data import Instances


def random_masks(rng, count=6, size=(23, 31)):
    masks = np.zeros((count, *size), bool)
    for mask in masks:
        y, x = rng.integers(0, size[0] - 6), rng.integers(0, size[1] - 6)
        height, width = rng.integers(2, 7, 2)
        mask[y : y + height, x : x + width] = rng.random((height, width)) < 0.7
        mask[y + 1, x + 1] = True
    return masks


def test_boxes_by_hand():
    masks = np.zeros((2, 5, 8))
    masks[0, 1:4, 2:7] = 1
    masks[1, 4, 7] = 255
    instances = Instances.from_dense(masks, [3, 1], iscrowd=[False, True])
    assert instances.boxes.tolist() == [[2, 1, 7, 4], [7, 4, 8, 5]]
    assert instances.boxes.dtype == np.float32
    assert instances.labels.tolist() == [3, 1]
    assert instances.labels.dtype == np.int32
    assert instances.iscrowd.tolist() == [False, True]
    assert instances.areas.tolist() == [15, 1]
    assert instances.image_size == (5, 8)


def test_dense_and_rle_come_back():
    masks = random_masks(np.random.default_rng(1))
    instances = Instances.from_dense(masks, np.arange(1, 7))
    np.testing.assert_array_equal(instances.to_dense(), masks)
    rles = instances.to_rle()
    expected = coco_mask.encode(np.asfortranarray(masks.transpose(1, 2, 0).astype(np.uint8)))
    assert [rle["counts"].encode() for rle in rles] == [rle["counts"] for rle in expected]
    again = Instances.from_rle(rles, instances.labels, image_size=(23, 31))
    np.testing.assert_array_equal(again.to_dense(), masks)
    np.testing.assert_array_equal(again.boxes, instances.boxes)


def test_a_mask_without_pixels_is_dropped():
    masks = np.zeros((3, 4, 4))
    masks[1] = 1
    instances = Instances.from_dense(masks, [1, 2, 3])
    assert instances.labels.tolist() == [2]


def test_no_objects():
    instances = Instances.from_dense(np.zeros((0, 6, 7)), [])
    assert len(instances) == 0
    assert instances.boxes.shape == (0, 4)
    assert instances.to_dense().shape == (0, 6, 7)
    assert instances.to_rle() == []
    assert instances.crop_masks(28).shape == (0, 28, 28)
    assert len(instances.warp([[2, 0, 0], [0, 2, 0]], (12, 14))) == 0
    assert len(instances.select(np.zeros(0, bool))) == 0


def test_select():
    instances = Instances.from_dense(random_masks(np.random.default_rng(2)), np.arange(1, 7))
    assert instances.select([4, 0]).labels.tolist() == [5, 1]
    assert instances.select(instances.labels > 4).labels.tolist() == [5, 6]
    assert instances.select(slice(1, 3)).labels.tolist() == [2, 3]
    np.testing.assert_array_equal(instances.select([4]).masks[0], instances.masks[4])


def test_memory_follows_the_objects():
    masks = np.zeros((20, 300, 300), bool)
    masks[:, 10:14, 20:25] = True
    instances = Instances.from_dense(masks, np.ones(20, int))
    assert sum(mask.nbytes for mask in instances.masks) == 20 * 4 * 5
    assert all(mask.base is None for mask in instances.masks)


class TestCropMasks:
    def test_by_hand(self):
        mask = np.array([[[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]])
        crops = Instances.from_dense(mask, [1]).crop_masks(2)
        # each cell covers 2 x 2 pixels
        assert crops.tolist() == [[[1.0, 0.0], [0.25, 0.25]]]
        assert crops.dtype == np.float32

    def test_the_same_size_is_the_mask_itself(self):
        instances = Instances.from_dense(random_masks(np.random.default_rng(3), 1, (9, 9)), [1])
        square = Instances([1], [[0, 0, 5, 5]], [np.eye(5, dtype=np.uint8)], image_size=(5, 5))
        np.testing.assert_array_equal(square.crop_masks(5)[0], np.eye(5))
        assert instances.crop_masks(3).max() <= 1

    def test_enlarging_is_linear(self):
        mask = Instances([1], [[0, 0, 2, 1]], [np.array([[1, 0]], np.uint8)], image_size=(1, 2))
        # centres of 4 cells over 2 pixels lie at -0.25, 0.25, 0.75, 1.25 in pixel indices
        np.testing.assert_allclose(mask.crop_masks(4)[0], [[1, 0.75, 0.25, 0]] * 4)

    def test_long_one_way_short_the_other(self):
        full = Instances([1], [[0, 0, 90, 3]], [np.ones((3, 90), np.uint8)], image_size=(3, 90))
        np.testing.assert_allclose(full.crop_masks(28), 1, rtol=1e-6)
        assert full.crop_masks(28).max() <= 1


class TestWarp:
    rng = np.random.default_rng(4)
    masks = random_masks(rng)
    instances = Instances.from_dense(masks, np.arange(1, 7))

    def same(self, warped, masks):
        np.testing.assert_array_equal(warped.to_dense(), masks)
        np.testing.assert_array_equal(warped.labels, self.instances.labels)
        expected = Instances.from_dense(masks, warped.labels)
        np.testing.assert_array_equal(warped.boxes, expected.boxes)

    def test_identity(self):
        self.same(self.instances.warp([[1, 0, 0], [0, 1, 0]], (23, 31)), self.masks)

    def test_flips(self):
        warped = self.instances.warp([[-1, 0, 31], [0, 1, 0]], (23, 31))
        self.same(warped, self.masks[:, :, ::-1])
        warped = self.instances.warp([[1, 0, 0], [0, -1, 23]], (23, 31))
        self.same(warped, self.masks[:, ::-1])

    def test_transpose(self):
        warped = self.instances.warp([[0, 1, 0], [1, 0, 0]], (31, 23))
        self.same(warped, self.masks.transpose(0, 2, 1))

    def test_doubling_repeats_each_pixel(self):
        warped = self.instances.warp([[2, 0, 0], [0, 2, 0]], (46, 62))
        area = self.masks.repeat(2, axis=1).repeat(2, axis=2)
        np.testing.assert_allclose(warped.areas, area.sum(axis=(1, 2)), rtol=0.1)
        np.testing.assert_array_equal(warped.boxes, 2 * self.instances.boxes)

    def test_crop_by_hand(self):
        masks = np.zeros((3, 10, 10))
        masks[0, 2:6, 2:6] = 1  # half in the window
        masks[1, 4:6, 5:8] = 1  # wholly in it
        masks[2, 0:2, 0:2] = 1  # outside
        instances = Instances.from_dense(masks, [1, 2, 3])
        warped = instances.warp([[1, 0, -4], [0, 1, -2]], (5, 5))
        assert warped.labels.tolist() == [1, 2]
        assert warped.boxes.tolist() == [[0, 0, 2, 4], [1, 2, 4, 4]]
        assert warped.image_size == (5, 5)

    def test_what_little_is_left_is_dropped(self):
        masks = np.zeros((2, 10, 10))
        masks[0, 2:6, 2:6] = 1  # 8 of 16 pixels in the window
        masks[1, 4:6, 5:8] = 1  # all 6
        instances = Instances.from_dense(masks, [1, 2])
        shift = [[1, 0, -4], [0, 1, -2]]
        assert instances.warp(shift, (5, 5), min_visible=0.6).labels.tolist() == [2]
        assert instances.warp(shift, (5, 5), min_visible=0.5).labels.tolist() == [1, 2]
        assert instances.warp(shift, (5, 5), min_area=7).labels.tolist() == [1]

    def test_min_visible_counts_from_the_scaled_area(self):
        instances = Instances.from_dense(np.ones((1, 8, 8)), [1])
        assert len(instances.warp([[0.5, 0, 0], [0, 0.5, 0]], (4, 4), min_visible=0.95)) == 1
        assert len(instances.warp([[2, 0, 0], [0, 2, 0]], (16, 8), min_visible=0.6)) == 0

    def test_rotation_moves_the_centre(self):
        masks = np.zeros((1, 40, 40))
        masks[0, 10:20, 5:25] = 1  # centre (15, 15)
        turn = np.array([[0.0, -1.0, 40.0], [1.0, 0.0, 0.0]])  # (x, y) -> (40 - y, x)
        warped = Instances.from_dense(masks, [1]).warp(turn, (40, 40))
        np.testing.assert_array_equal(warped.to_dense()[0], np.rot90(masks[0], -1))
        assert warped.boxes.tolist() == [[20, 5, 30, 25]]

    def test_iscrowd_stays(self):
        instances = Instances.from_dense(np.ones((2, 4, 4)), [1, 2], [True, False])
        assert instances.warp([[1, 0, 0], [0, 1, 0]], (4, 4)).iscrowd.tolist() == [True, False]


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="same length. Received: 2 labels, 1 boxes, 1 masks"):
        Instances([1, 2], [[0, 0, 1, 1]], [np.ones((1, 1), np.uint8)], image_size=(2, 2))


def test_masks_must_fit_their_boxes():
    with pytest.raises(ValueError, match=r"masks\[0\] of shape \(1, 1\) for the box"):
        Instances([1], [[0, 0, 2, 1]], [np.ones((1, 1), np.uint8)], image_size=(2, 2))


def test_dense_masks_must_have_three_axes():
    with pytest.raises(ValueError, match=r"shape \(n, height, width\) with one label each"):
        Instances.from_dense(np.ones((4, 4)), [1])


def test_rle_must_have_the_images_size():
    with pytest.raises(ValueError, match=r"rles\[0\] of size \[2, 2\], image_size=\(2, 3\)"):
        Instances.from_rle([{"size": [2, 2], "counts": [4]}], [1], image_size=(2, 3))


class TestHiding:
    def objects(self):
        masks = np.zeros((2, 6, 8), bool)
        masks[0, 1:5, 1:5] = masks[1, 2:6, 4:8] = True
        return Instances.from_dense(masks, [1, 2])

    def test_without(self):
        # columns 4 and on are hidden: of the first 12 of 16 pixels are left, of the second none
        cover = np.zeros((6, 8), bool)
        cover[:, 4:] = True
        left = self.objects().without(cover)
        assert left.labels.tolist() == [1]
        assert left.boxes.tolist() == [[1, 1, 4, 5]]
        assert left.areas.tolist() == [12]
        assert len(self.objects().without(cover, min_visible=0.75)) == 1
        assert len(self.objects().without(cover, min_visible=0.76)) == 0

    def test_union(self):
        assert self.objects().union().sum() == 16 + 16 - 3
        assert not self.objects().select([]).union().any()

    def test_joined(self):
        first, second = self.objects(), self.objects().select([1])
        joined = Instances.joined([first, second])
        assert joined.labels.tolist() == [1, 2, 2]
        np.testing.assert_array_equal(joined.to_dense()[2], first.to_dense()[1])
        with pytest.raises(ValueError, match="`parts` must have one image size"):
            Instances.joined([first, Instances([], [], [], image_size=(3, 3))])

    def test_remap(self):
        # every pixel comes from one to the right and two below
        y, x = np.mgrid[:6, :8].astype(np.float32)
        moved = self.objects().remap(x + 1, y + 2)
        assert moved.boxes.tolist() == [[0, 0, 4, 3], [3, 0, 7, 4]]
        np.testing.assert_array_equal(
            moved.to_dense()[:, :4, :7], self.objects().to_dense()[:, 2:, 1:]
        )
