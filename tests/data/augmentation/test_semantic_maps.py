"""A semantic map goes wherever the image's pixels go, in every augmentation."""

import dataclasses

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import External, ImageResizer, Instances, Sample
from keras_maskrcnn.data.augmentation import AUGMENTATION_NAMES, Augmenter
from keras_maskrcnn.semantics import IGNORED
from tests.data.augmentation.test_fields_ride_along import COVERS, RECOLOURS, always, turn

SIZE = (90, 120)


def scene(number):
    """Patches of five grey levels, which are the classes; two objects; what is dark is unknown."""
    rng = np.random.default_rng(number)
    coarse = rng.integers(1, 6, (9, 12))
    semantic = cv2.resize(coarse.astype(np.uint8), SIZE[::-1], interpolation=cv2.INTER_NEAREST)
    image = np.repeat(semantic[..., None] * np.uint8(40), 3, axis=2)
    semantic[image[..., 0] == 40] = IGNORED
    masks = np.zeros((2, *SIZE), bool)
    masks[0, 10:50, 10:50], masks[1, 40:80, 60:110] = True, True
    instances = Instances.from_dense(masks, [1, 2]).with_semantic(semantic)
    return Sample(image, instances, number, "a")


@pytest.mark.parametrize("name", [*AUGMENTATION_NAMES, "another library's", "resizing"])
def test_the_class_of_a_pixel_is_that_of_its_colour(name):
    change, resizer = Augmenter([]), ImageResizer(scale=1.7)
    if name != "resizing":
        change = Augmenter([External(turn) if name == "another library's" else always(name)])
        resizer = None
    known = 0
    for seed in range(4):
        found = change(
            scene(seed), seed, resizer=resizer, draw=lambda rng: scene(100 + int(rng.integers(9)))
        )
        semantic, image = found.instances.semantic, found.image
        assert semantic.shape == image.shape[:2] and semantic.dtype == np.uint8
        assert set(np.unique(semantic)) <= {2, 3, 4, 5, IGNORED}
        if name in RECOLOURS:
            assert (semantic == scene(seed).instances.semantic).all()
            continue
        grey = image[..., 0].astype(int)
        flat = np.ptp([np.roll(grey, shift, axis) for axis in (0, 1) for shift in (-1, 1)], 0) == 0
        inner = flat & (semantic != IGNORED)
        known += inner.sum()
        assert (grey[inner] == 40 * semantic[inner].astype(int)).all()
        if name not in COVERS | {
            "elastic"
        }:  # what a map does not know shows nothing, or the unknown class
            assert np.isin(grey[flat & (semantic == IGNORED)], (0, 40)).all()
    assert known > 1000 or name in RECOLOURS


def test_an_image_without_a_map_stays_without():
    sample = scene(0)
    bare = dataclasses.replace(sample, instances=sample.instances.with_semantic(None))
    assert Augmenter([always("flip"), always("cutout")])(bare, 0).instances.semantic is None


def test_pasted_objects_bring_their_classes_and_nothing_else():
    ground, other = np.full((4, 4), 1), np.full((4, 4), 2)
    mask = np.zeros((1, 4, 4), bool)
    mask[0, 1:3, 1:3] = True
    pasted = Instances.from_dense(mask, [1]).with_semantic(other).on_other_ground()
    below = Instances.from_dense(np.zeros((0, 4, 4)), []).with_semantic(ground).without(mask[0])
    joined = Instances.joined([below, pasted])
    assert joined.semantic.tolist() == [[1, 1, 1, 1], [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((3, 4)), r"whole numbers, the classes from 0 and 255 .* Received: float64"),
        (np.full((3, 4), 300), "from 300 to 300"),
        (np.zeros((4, 3), np.uint8), r"size of the image, \(3, 4\). Received: .*\(4, 3\)"),
    ],
)
def test_what_is_no_map_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Instances([], np.zeros((0, 4)), image_size=(3, 4), semantic=values)
