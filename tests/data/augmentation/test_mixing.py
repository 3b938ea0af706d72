import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import Augmenter, CopyPaste, Instances, Mosaic, Sample


def flat(grey, size=(40, 60), box=(10, 10, 30, 25), label=1):
    """An image of one grey with one object that is brighter by 100."""
    image = np.full((*size, 3), grey, np.uint8)
    x1, y1, x2, y2 = box
    masks = np.zeros((1, *size), bool)
    masks[0, y1:y2, x1:x2] = True
    image[masks[0]] = grey + 100
    return Sample(image, Instances.from_dense(masks, [label]), 1, "flat.png")


def as_it_is(height, width):
    return height, width


class TestCopyPaste:
    def mixed(self, seed, **arguments):
        rng = np.random.default_rng(seed)
        return CopyPaste(**arguments).mix(
            rng, flat(10), (40, 60), as_it_is, lambda: flat(120, label=2)
        )

    def test_the_pasted_object_hides_the_other(self):
        hidden = 0
        for seed in range(20):
            image, instances = self.mixed(seed)
            assert image.shape == (40, 60, 3)
            assert instances.labels.tolist() in ([1, 2], [2])
            dense = instances.to_dense()
            np.testing.assert_array_equal(dense[-1], image[..., 0] > 150)
            if len(dense) == 2:
                np.testing.assert_array_equal(dense[0], image[..., 0] == 110)
                hidden += instances.areas[0] < 300
        assert hidden > 2

    def test_at_its_scale(self):
        # half of 20 x 15 pixels: columns and rows of which at least half is covered
        image, instances = self.mixed(3, low=0.5, high=0.5)
        assert 50 <= instances.areas[-1] <= 80

    def test_nothing_to_paste(self):
        empty = flat(120)
        empty = Sample(empty.image, empty.instances.select([]), 2, "empty.png")
        image, instances = CopyPaste().mix(
            np.random.default_rng(0), flat(10), (40, 60), as_it_is, lambda: empty
        )
        assert instances.labels.tolist() == [1]
        np.testing.assert_array_equal(image, flat(10).image)


class TestMosaic:
    def test_four_pieces_and_masks_in_step(self):
        four = 0
        for seed in range(30):
            greys = iter([40, 80, 120])
            image, instances = Mosaic().mix(
                np.random.default_rng(seed),
                flat(0),
                (64, 64),
                as_it_is,
                lambda greys=greys: flat(next(greys)),
            )
            assert image.shape == (64, 64, 3)
            for mask in instances.to_dense().astype(np.uint8):
                inside = cv2.erode(mask, np.ones((3, 3)), borderValue=0)
                assert set(np.unique(image[inside > 0])) <= {100, 140, 180, 220}
            around = cv2.dilate(instances.union().astype(np.uint8), np.ones((3, 3)))
            grounds = np.unique(image[around == 0], return_counts=True)
            grounds = {int(grey) for grey, count in zip(*grounds, strict=True) if count > 100}
            assert grounds <= {0, 40, 80, 120}  # else it is a sliver of an object that was dropped
            four += len(grounds) == 4
        assert four > 25

    def test_objects_are_scaled_as_the_resizer_does(self):
        # factor 5 and no jitter: 20 x 15 pixels become 100 x 75, where they are not cut
        largest = 0
        for seed in range(80):
            _, instances = Mosaic(low=1.0).mix(
                np.random.default_rng(seed),
                flat(0),
                (200, 200),
                lambda height, width: (5 * height, 5 * width),
                lambda: flat(40),
            )
            largest = max([largest, *instances.areas])
        assert largest == pytest.approx(100 * 75, rel=0.03)


def test_both_need_other_samples():
    with pytest.raises(ValueError, match="`draw` must give another sample for CopyPaste"):
        Augmenter([CopyPaste(probability=1.0)])(flat(0), 0)


def test_errors():
    with pytest.raises(ValueError, match="Received: low=2, high=1"):
        CopyPaste(2, 1)
    with pytest.raises(ValueError, match="Received: low=2, high=1.0"):
        Mosaic(2)
