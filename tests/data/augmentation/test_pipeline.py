import numpy as np
import pytest

from keras_maskrcnn.data import (
    Augmentation,
    Augmenter,
    ImageResizer,
    Instances,
    Photometric,
    RandomCrop,
    RandomFlip,
    RandomInvert,
    RandomScale,
    Sample,
)
from keras_maskrcnn.data.augmentation import AUGMENTATION_NAMES, External, make_augmentations

#: These change colours, or hide objects, so that a pixel no longer tells its object.
RECOLOURS = {
    "brightness", "contrast", "gamma", "color", "gray", "invert", "noise", "impulse", "blur",
    "average-blur", "background",
}  # fmt: skip


def scene(seed=0, size=(90, 120)):
    """Six overlapping discs, each of its label's grey, on black; the last drawn in front."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    owner = np.zeros(size, np.uint8)
    for label in range(1, 7):
        centre = rng.uniform(10, size)
        owner[np.hypot(y - centre[0], x - centre[1]) < rng.uniform(8, 20)] = label
    masks = owner == np.arange(1, 7)[:, None, None]
    image = (owner * np.uint8(40))[..., None].repeat(3, axis=2)
    image[..., 2] //= 2  # some colour
    labels = np.arange(1, 7)[masks.any(axis=(1, 2))]
    return Sample(image, Instances.from_dense(masks[labels - 1], labels), seed, f"{seed}.png")


def always(name):
    """The augmentation of a name, on every sample."""
    (item,) = make_augmentations(name)
    item.probability = 1.0
    return item


def changed(name, seed):
    return Augmenter([always(name)])(
        scene(), seed, canvas=(80, 100), draw=lambda rng: scene(int(rng.integers(1, 50)))
    )


def tight_box(mask):
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


@pytest.mark.parametrize("name", AUGMENTATION_NAMES)
class TestEach:
    def test_boxes_masks_and_labels_stay_in_step(self, name):
        found = 0
        for seed in range(8):
            sample = changed(name, seed)
            instances = sample.instances
            assert sample.image.dtype == np.uint8 and sample.image.shape[2] == 3
            assert instances.image_size == sample.image.shape[:2]
            assert sample.image.shape[0] <= 80 and sample.image.shape[1] <= 100
            assert (instances.areas > 0).all()
            for label, box, mask in zip(
                instances.labels, instances.boxes, instances.to_dense(), strict=True
            ):
                assert box.tolist() == tight_box(mask)
                found += 1
                if name not in RECOLOURS and mask.sum() > 150:
                    own = np.abs(sample.image[mask][:, 0].astype(int) - 40 * label) < 20
                    assert own.mean() > 0.75
        assert found >= 8

    def test_the_same_seed_gives_the_same(self, name):
        results = [changed(name, seed) for seed in (5, 5, 6, 7, 8)]
        pixels = {sample.image.tobytes() for sample in results}
        assert results[0].image.tobytes() == results[1].image.tobytes()
        np.testing.assert_array_equal(results[0].instances.boxes, results[1].instances.boxes)
        assert len(pixels) > 1 or name in ("invert", "gray")

    def test_the_sample_itself_is_left_alone(self, name):
        sample, before = scene(), scene()
        Augmenter([always(name)])(sample, 1, canvas=(80, 100), draw=lambda rng: scene(9))
        np.testing.assert_array_equal(sample.image, before.image)
        np.testing.assert_array_equal(sample.instances.to_dense(), before.instances.to_dense())


def test_all_at_once():
    sample = Augmenter(list(AUGMENTATION_NAMES))(
        scene(), 11, canvas=(64, 64), resizer=ImageResizer(64, 64), draw=lambda rng: scene(3)
    )
    assert max(sample.image.shape[:2]) <= 64
    assert sample.instances.image_size == sample.image.shape[:2]


def test_no_augmentation_only_resizes():
    sample = Augmenter([])(scene(), 0, resizer=ImageResizer(scale=2.0))
    assert sample.image.shape == (180, 240, 3)
    np.testing.assert_allclose(sample.instances.boxes, 2 * scene().instances.boxes, atol=1)


def test_crowds_are_dropped():
    masks = np.zeros((2, 8, 8))
    masks[0, :4], masks[1, 5:] = 1, 1
    image = np.zeros((8, 8, 3), np.uint8)
    sample = Sample(image, Instances.from_dense(masks, [1, 1], [False, True]), 0, "a")
    assert Augmenter([])(sample, 0).instances.boxes.tolist() == [[0, 0, 8, 4]]


def test_probability():
    class Counting(Photometric):
        calls = 0

        def change(self, rng, image):
            self.calls += 1
            return image

    item = Counting(0.25)
    change = Augmenter([item])
    for seed in range(400):
        change(scene(), seed, canvas=(90, 120))
    assert 70 < item.calls < 130


class TestNames:
    def test_names_objects_and_functions(self):
        scale = RandomScale(1, 2)
        made = make_augmentations(["crop", scale, "invert", "orient"])
        assert made[0] is scale
        assert isinstance(made[1], RandomInvert)
        assert made[2].rot90
        assert isinstance(made[-1], RandomCrop)

    def test_one_or_none(self):
        assert isinstance(make_augmentations("flip")[0], RandomFlip)
        assert make_augmentations(None) == make_augmentations(()) == []
        assert isinstance(make_augmentations(lambda **_: None)[0], External)

    def test_each_name_makes_a_new_object(self):
        for name in AUGMENTATION_NAMES:
            first, second = make_augmentations([name, name])
            assert isinstance(first, Augmentation) and first is not second

    def test_unknown(self):
        with pytest.raises(ValueError, match="Received: 'flipp'. Did you mean 'flip'"):
            make_augmentations(["flipp"])
        with pytest.raises(ValueError, match="names among 'flip', 'flip-vertical'"):
            make_augmentations([3])
