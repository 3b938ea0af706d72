import numpy as np
import pytest

from keras_maskrcnn.data import (
    ImageResizer,
    RandomBrightnessContrast,
    RandomCrop,
    RandomFlip,
    RandomGray,
    RandomInvert,
    RandomScale,
)
from keras_maskrcnn.data.augmentation import (
    compose,
    make_augmentations,
    move_boxes,
    scaling,
    warp_image,
)

NO_BOXES = np.zeros((0, 4))
IMAGE = np.random.default_rng(0).integers(0, 256, (11, 17, 3), np.uint8)


def moves(augmentation, size=(11, 17), canvas=(8, 8), boxes=NO_BOXES, count=60):
    rng = np.random.default_rng(1)
    return [augmentation.move(rng, size, canvas, boxes) for _ in range(count)]


class TestWarpImage:
    def test_identity_and_flips_are_exact(self):
        np.testing.assert_array_equal(warp_image(IMAGE, [[1, 0, 0], [0, 1, 0]], (11, 17)), IMAGE)
        np.testing.assert_array_equal(
            warp_image(IMAGE, [[-1, 0, 17], [0, 1, 0]], (11, 17)), IMAGE[:, ::-1]
        )
        np.testing.assert_array_equal(
            warp_image(IMAGE, [[0, 1, 0], [1, 0, 0]], (17, 11)), IMAGE.transpose(1, 0, 2)
        )

    @pytest.mark.parametrize("resizer", [ImageResizer(scale=2.0), ImageResizer(7, 40)])
    def test_scaling_is_what_inference_does(self, resizer):
        matrix, size = scaling((11, 17), resizer.size_of(11, 17))
        warped = warp_image(IMAGE, matrix, size).astype(int)
        # OpenCV's warp works in 1 / 32 pixels
        np.testing.assert_allclose(warped, resizer(IMAGE).astype(int), atol=9)
        assert np.abs(warped - resizer(IMAGE).astype(int)).mean() < 1.5


def test_compose_does_the_first_first():
    first = np.array([[2.0, 0, 1], [0, 3, 2]])
    second = np.array([[0.0, 1, 5], [-1, 0, 7]])
    point = np.array([4.0, 6.0])
    moved = first[:, :2] @ point + first[:, 2]
    moved = second[:, :2] @ moved + second[:, 2]
    both = compose(second, first)
    np.testing.assert_allclose(both[:, :2] @ point + both[:, 2], moved)


def test_move_boxes():
    boxes = np.array([[1.0, 2, 4, 3]], np.float32)
    assert move_boxes(np.array([[-1.0, 0, 10], [0, 1, 0]]), boxes).tolist() == [[6, 2, 9, 3]]
    assert move_boxes(np.array([[0.0, 2, 0], [1, 0, 0]]), boxes).tolist() == [[4, 1, 6, 4]]
    assert move_boxes(np.eye(2, 3), NO_BOXES).shape == (0, 4)


class TestFlip:
    def orientations(self, augmentation):
        found = set()
        for matrix, size in moves(augmentation):
            warped = warp_image(IMAGE, matrix, size)
            assert warped.shape[:2] == size
            found.add(warped.tobytes())
        return found

    def test_horizontal(self):
        assert self.orientations(RandomFlip()) == {IMAGE.tobytes(), IMAGE[:, ::-1].tobytes()}

    def test_all_eight(self):
        found = self.orientations(RandomFlip(vertical=True, rot90=True))
        turns = [np.rot90(IMAGE, k) for k in range(4)]
        expected = {turn.tobytes() for turn in turns} | {turn[:, ::-1].tobytes() for turn in turns}
        assert found == expected

    def test_none(self):
        assert self.orientations(RandomFlip(horizontal=False)) == {IMAGE.tobytes()}


class TestScale:
    def test_factors(self):
        sizes = [size for _, size in moves(RandomScale(0.5, 2), size=(100, 50), count=300)]
        heights = np.array(sizes)[:, 0]
        assert 50 <= heights.min() < 60
        assert 185 < heights.max() <= 200
        assert np.median(heights) == pytest.approx(100, abs=12)  # log-uniform
        np.testing.assert_allclose(np.array(sizes)[:, 1], heights / 2, atol=1)

    def test_errors(self):
        with pytest.raises(ValueError, match="`low` must be above 0 and at most `high`"):
            RandomScale(2, 1)


class TestCrop:
    def corners(self, **arguments):
        found = []
        for matrix, size in moves(**arguments):
            np.testing.assert_array_equal(matrix[:, :2], np.eye(2))
            found.append((-matrix[1, 2], -matrix[0, 2], *size))
        return np.array(found)

    def test_windows_cover_the_image_and_stay_in_it(self):
        found = self.corners(augmentation=RandomCrop(), size=(20, 12), canvas=(8, 8), count=400)
        assert set(found[:, 0]) == set(range(13))
        assert set(found[:, 1]) == set(range(5))
        assert (found[:, 2:] == 8).all()

    def test_a_small_image_is_not_cut(self):
        found = self.corners(augmentation=RandomCrop(), size=(5, 12), canvas=(8, 8))
        assert (found[:, 0] == 0).all()
        assert (found[:, 2] == 5).all()
        assert (found[:, 3] == 8).all()

    def test_windows_hold_an_object(self):
        boxes = np.array([[90.0, 10, 94, 14]])  # centre at x 92, y 12
        crop = RandomCrop(on_object=1.0)
        found = self.corners(
            augmentation=crop, size=(100, 100), canvas=(16, 16), boxes=boxes, count=300
        )
        assert (found[:, 0] <= 12).all() and (found[:, 0] + 16 >= 12).all()
        assert (found[:, 1] <= 92).all() and (found[:, 1] + 16 >= 92).all()
        assert len(set(found[:, 0])) > 8


class TestPhotometric:
    def test_brightness_and_contrast(self):
        rng = np.random.default_rng(2)
        ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
        for _ in range(20):
            changed = RandomBrightnessContrast(0.1, 0.3).change(rng, ramp).astype(int)
            inner = np.diff(changed[6:10].mean(axis=2).ravel())
            assert 0.6 < inner.mean() < 1.4
            assert abs(changed[0, 0, 0]) <= 26
        np.testing.assert_array_equal(RandomBrightnessContrast(0, 0).change(rng, ramp), ramp)

    def test_invert(self):
        rng = np.random.default_rng(2)
        np.testing.assert_array_equal(RandomInvert(1.0).change(rng, IMAGE), 255 - IMAGE)
        np.testing.assert_array_equal(RandomInvert(0.0).change(rng, IMAGE), IMAGE)

    def test_gray(self):
        rng = np.random.default_rng(2)
        gray = RandomGray(1.0).change(rng, IMAGE)
        expected = IMAGE @ [0.299, 0.587, 0.114]
        np.testing.assert_allclose(gray, expected[:, :, None].repeat(3, axis=2), atol=1)
        np.testing.assert_array_equal(RandomGray(0.0).change(rng, IMAGE), IMAGE)


class TestNames:
    def test_names_and_objects(self):
        scale = RandomScale(1, 2)
        made = make_augmentations(["crop", scale, "invert", "rotate"])
        assert made[0] is scale
        assert isinstance(made[1], RandomInvert)
        assert made[2].rot90
        assert isinstance(made[3], RandomCrop)

    def test_one_or_none(self):
        assert isinstance(make_augmentations("flip")[0], RandomFlip)
        assert make_augmentations(None) == make_augmentations(()) == []

    def test_unknown(self):
        with pytest.raises(ValueError, match="Received: 'flipp'. Did you mean 'flip'"):
            make_augmentations(["flipp"])
        with pytest.raises(ValueError, match="names among 'flip', 'rotate'"):
            make_augmentations([3])
