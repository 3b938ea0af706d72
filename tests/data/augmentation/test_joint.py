import pickle

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import (
    BackgroundReplacement,
    Cutout,
    ElasticDeformation,
    External,
    Instances,
    RandomErasing,
)


def scene(height=60, width=80):
    """A bright square and a dark one on grey, and a border of grey around."""
    image = np.full((height, width, 3), 128, np.uint8)
    masks = np.zeros((2, height, width), bool)
    masks[0, 10:30, 12:34] = masks[1, 35:50, 40:70] = True
    image[masks[0]], image[masks[1]] = 250, 10
    return image, Instances.from_dense(masks, [1, 2])


class TestElastic:
    def test_masks_move_with_their_pixels(self):
        image, instances = scene()
        bent, moved = ElasticDeformation(0.15, 16).change_both(
            np.random.default_rng(3), image, instances
        )
        assert moved.labels.tolist() == [1, 2]
        assert not np.array_equal(bent, image)
        bright, dark = moved.to_dense()
        assert (bright == (bent[..., 0] > 189)).mean() > 0.999
        assert (dark == (bent[..., 0] < 69)).mean() > 0.999

    def test_no_strength_changes_nothing(self):
        image, instances = scene()
        bent, moved = ElasticDeformation(0.0).change_both(
            np.random.default_rng(3), image, instances
        )
        np.testing.assert_array_equal(bent, image)
        np.testing.assert_array_equal(moved.to_dense(), instances.to_dense())

    def test_displacements_have_their_deviation(self):
        # a ramp of one grey per pixel shows how far each pixel came from
        ramp = np.arange(200, dtype=np.uint8)[None, :, None].repeat(200, 0).repeat(3, 2)
        nothing = Instances([], [], [], image_size=(200, 200))
        rng = np.random.default_rng(0)
        moves = [
            ElasticDeformation(0.2, 20).change_both(rng, ramp, nothing)[0][40:160, 40:160, 0]
            - np.arange(40.0, 160.0)
            for _ in range(10)
        ]
        # 0.2 * 20 at the grid's points, less in between
        assert 2.2 < np.std(moves) < 4


class TestCutout:
    def test_masks_lose_what_is_hidden(self):
        image, instances = scene()
        for seed in range(20):
            cut, left = Cutout(3, 0.4).change_both(np.random.default_rng(seed), image, instances)
            hidden = (cut == 0).all(axis=2)
            assert 0 < hidden.sum() <= 3 * 24**2
            expected = instances.to_dense() & ~hidden
            visible = expected.sum(axis=(1, 2)) / instances.areas >= 0.1
            assert left.labels.tolist() == instances.labels[visible].tolist()
            np.testing.assert_array_equal(left.to_dense(), expected[visible])

    def test_the_image_is_not_changed(self):
        image, instances = scene()
        before = image.copy()
        Cutout().change_both(np.random.default_rng(0), image, instances)
        np.testing.assert_array_equal(image, before)


class TestErasing:
    def test_one_rectangle_of_its_area(self):
        image = np.full((100, 100, 3), 128, np.uint8)
        full = Instances.from_dense(np.ones((1, 100, 100)), [1])
        for seed in range(20):
            erased, left = RandomErasing(0.1, 0.3).change_both(
                np.random.default_rng(seed), image, full
            )
            hole = ~left.to_dense()[0]
            x, y, width, height = cv2.boundingRect(hole.astype(np.uint8))
            assert width * height == hole.sum()
            assert 0.08 < hole.mean() < 0.32
            assert 1 / 3.6 < height / width < 3.6
            changed = (erased != 128).any(axis=2)
            assert not (changed & ~hole).any()
            assert changed.sum() > 0.95 * hole.sum()  # noise


class TestBackground:
    def test_colours(self):
        image, instances = scene()
        seen = set()
        for seed in range(4):
            changed, same = BackgroundReplacement(softness=0).change_both(
                np.random.default_rng(seed), image, instances
            )
            np.testing.assert_array_equal(same.to_dense(), instances.to_dense())
            cover = instances.union()
            np.testing.assert_array_equal(changed[cover], image[cover])
            (colour,) = {tuple(pixel) for pixel in changed[~cover].tolist()}
            seen.add(colour)
        assert len(seen) == 4

    def test_pictures_cover_everything(self, tmp_path):
        image, instances = scene()
        cv2.imwrite(str(tmp_path / "a.png"), np.full((20, 90, 3), 77, np.uint8))
        for backgrounds in (tmp_path, [np.full((20, 90, 3), 77, np.uint8)]):
            changed, _ = BackgroundReplacement(backgrounds, softness=0).change_both(
                np.random.default_rng(1), image, instances
            )
            cover = instances.union()
            assert (changed[~cover] == 77).all()
            np.testing.assert_array_equal(changed[cover], image[cover])

    def test_files_that_are_no_pictures_are_counted(self, tmp_path):
        cv2.imwrite(str(tmp_path / "a.png"), np.zeros((9, 9, 3), np.uint8))
        (tmp_path / "b.heic").touch()
        with pytest.warns(RuntimeWarning, match="left out 1 file by suffix: 1 .heic"):
            BackgroundReplacement(tmp_path)

    def test_soft_edges(self):
        image, instances = scene()
        changed, _ = BackgroundReplacement([np.zeros((9, 9, 3), np.uint8)], 1.0).change_both(
            np.random.default_rng(1), image, instances
        )
        # far inside nothing changes; at the edge half of 250 and half of grey 128 over black
        assert changed[20, 20, 0] == 250 and changed[0, 0, 0] == 0
        assert 100 < changed[20, 12, 0] < 200

    def test_no_pictures(self):
        with pytest.raises(ValueError, match="`backgrounds` must hold at least one picture"):
            BackgroundReplacement([])


class TestExternal:
    def test_a_function(self):
        image, instances = scene()

        def crop(image, masks):
            return {"image": image[5:30, :40], "masks": [mask[5:30, :40] for mask in masks]}

        changed, left = External(crop).change_both(np.random.default_rng(0), image, instances)
        assert changed.shape == (25, 40, 3)
        assert left.labels.tolist() == [1]
        assert left.boxes.tolist() == [[12, 5, 34, 25]]

    def test_seeds(self):
        class Seeded:
            def set_random_seed(self, seed):
                self.rng = np.random.default_rng(seed)

            def __call__(self, image, masks):
                return {
                    "image": image ^ self.rng.integers(256, size=3, dtype=np.uint8),
                    "masks": masks,
                }

        image, instances = scene()
        first, again, other = (
            External(Seeded()).change_both(np.random.default_rng(seed), image, instances)[0]
            for seed in (1, 1, 5)
        )
        assert (first == again).all() and (first != other).any()

    def test_wrong_answers(self):
        image, instances = scene()
        for answer in (
            {"image": image, "masks": []},
            {"image": image[:9], "masks": [np.zeros((60, 80))] * 2},
            {"image": image / 255, "masks": [np.zeros((60, 80))] * 2},
        ):
            with pytest.raises(ValueError, match="`function` must return a uint8 image and one"):
                External(lambda answer=answer, **_: answer).change_both(
                    np.random.default_rng(0), image, instances
                )

    def test_pickles(self):
        copy = pickle.loads(pickle.dumps(External(cv2.flip, 0.25)))
        assert copy.function is cv2.flip and copy.probability == 0.25


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: ElasticDeformation(-1), "`strength` must be at least 0"),
        (lambda: ElasticDeformation(cell=1), "`cell` must be .*at least 2"),
        (lambda: Cutout(0), "`count` must be .*at least 1"),
        (lambda: RandomErasing(0.5, 0.1), "Received: low=0.5, high=0.1"),
        (lambda: BackgroundReplacement(softness=-1), "`softness` must be at least 0"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
