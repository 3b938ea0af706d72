import numpy as np
import pytest

from keras_maskrcnn.data import (
    ImageResizer,
    LargeScaleJitter,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomScale,
    RandomShear,
    RandomShift,
)
from keras_maskrcnn.data.augmentation.affine import compose, scaling, warp_image
from keras_maskrcnn.data.moving_boxes import move_boxes

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

    def test_what_the_image_does_not_reach_is_black(self):
        bright = np.full((4, 6, 3), 200, np.uint8)
        moved = warp_image(bright, [[1, 0, 2], [0, 1, -1]], (4, 6))
        assert (moved[:3, 2:] == 200).all()
        assert (moved[3] == 0).all() and (moved[:, :2] == 0).all()

    def test_four_channels_and_one(self):
        for channels in (1, 4):
            image = np.arange(6 * channels, dtype=np.uint8).reshape(2, 3, channels)
            flipped = warp_image(image, [[-1, 0, 3], [0, 1, 0]], (2, 3))
            np.testing.assert_array_equal(flipped, image[:, ::-1])

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


class TestRotation:
    def test_by_hand(self):
        # about (8.5, 5.5) by 30 degrees: 2 to the right becomes sqrt(3) to the right and 1 down
        rng = Scripted(30.0)
        matrix, size = RandomRotation(30).move(rng, (11, 17), (8, 8), NO_BOXES)
        assert size == (11, 17)
        moved = matrix @ [10.5, 5.5, 1]
        np.testing.assert_allclose(moved, [8.5 + 3**0.5, 6.5])

    def test_angles(self):
        angles = [np.rad2deg(np.arctan2(m[1, 0], m[0, 0])) for m, _ in moves(RandomRotation(20))]
        assert -20 <= min(angles) < -15 and 15 < max(angles) <= 20

    def test_errors(self):
        with pytest.raises(ValueError, match="`degrees` must be at least 0. Received: degrees=-3"):
            RandomRotation(-3)


class TestShear:
    def test_by_hand(self):
        # tan(45 / 2) of the height above the centre is added to x, nothing to y
        matrix, size = RandomShear(30).move(Scripted([22.5, 0.0]), (10, 20), (8, 8), NO_BOXES)
        assert size == (10, 20)
        np.testing.assert_allclose(matrix @ [10, 5, 1], [10, 5])
        np.testing.assert_allclose(matrix @ [10, 7, 1], [10 + 2 * (2**0.5 - 1), 7])

    def test_errors(self):
        with pytest.raises(ValueError, match="`degrees` must be at least 0 and below 45"):
            RandomShear(45)


class TestShift:
    def test_by_hand(self):
        # -0.1 of 20 rows and 0.05 of 40 columns
        matrix, size = RandomShift(0.1).move(Scripted([-0.1, 0.05]), (20, 40), (8, 8), NO_BOXES)
        assert size == (20, 40)
        assert matrix.tolist() == [[1, 0, 2], [0, 1, -2]]

    def test_errors(self):
        with pytest.raises(ValueError, match="`fraction` must be at least 0"):
            RandomShift(-0.1)


class TestLargeScaleJitter:
    def test_scales_and_windows(self):
        found = moves(LargeScaleJitter(), size=(100, 100), canvas=(100, 100), count=300)
        scales = np.array([matrix[0, 0] for matrix, _ in found])
        assert scales.min() < 0.15 and scales.max() > 1.95
        assert np.mean(scales) == pytest.approx(1.05, abs=0.1)  # uniform
        for matrix, size in found:
            side = round(100 * matrix[0, 0])
            assert size == (min(side, 100),) * 2
            assert 100 - side <= matrix[0, 2] <= 0 or side <= 100

    def test_errors(self):
        with pytest.raises(ValueError, match="`low` must be above 0 and at most `high`"):
            LargeScaleJitter(0, 1)


class Scripted:
    """A generator whose next draw is known."""

    def __init__(self, draw):
        self.draw = draw

    def uniform(self, low, high, size=None):
        assert (np.array(low) <= self.draw).all() and (np.array(self.draw) <= high).all()
        return np.array(self.draw)
