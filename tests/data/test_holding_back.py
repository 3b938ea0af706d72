import numpy as np
import pytest

from keras_maskrcnn.data import hold_back
from tests.data.test_folds import Counted


def test_one_class_by_hand():
    # 12 objects in 6 images. A third is 2 images and 4 objects: 3 and 1, or 2 and 2.
    source = Counted([[3], [1], [2], [1], [2], [3]])
    for seed in range(5):
        train, val = hold_back(source, 1 / 3, seed=seed)
        assert len(val) == 2 and source.counts[val].sum() == 4
        np.testing.assert_array_equal(np.sort([*train, *val]), np.arange(6))
        assert train.dtype == val.dtype == np.int64
        assert (np.diff(train) > 0).all() and (np.diff(val) > 0).all()


@pytest.mark.parametrize("images", [2, 3, 13, 60])
@pytest.mark.parametrize("share", [0.01, 0.2, 0.3, 0.4, 0.54, 0.9, 0.99])
def test_the_share_is_that_of_the_images(share, images):
    counts = np.random.default_rng(images).poisson(2, (images, 3))
    train, val = hold_back(Counted(counts), share)
    assert len(val) == min(max(round(share * images), 1), images - 1)
    assert len(train) == images - len(val)


def test_classes_are_held_back_alike():
    counts = np.random.default_rng(0).poisson([8, 2, 0.2], (200, 3))
    _, val = hold_back(Counted(counts), 0.3)
    np.testing.assert_allclose(counts[val].sum(axis=0), 0.3 * counts.sum(axis=0), atol=0.6)


def test_groups_stay_together():
    # Groups of 3, 2, 3 and 2 images: 4 of 10 are the two small groups.
    groups = np.array(list("aaabbcccdd"))
    source = Counted(np.ones((10, 1), int))
    assert hold_back(source, 0.4, groups=groups)[1].tolist() == [3, 4, 8, 9]
    for share in (0.1, 0.3, 0.6, 0.95):
        train, val = hold_back(source, share, groups=groups)
        assert len(val) and len(train) and not set(groups[train]) & set(groups[val])


def test_a_group_larger_than_the_share_may_be_the_only_way():
    source = Counted(np.ones((10, 1), int))
    assert hold_back(source, 0.1, groups=[0] * 5 + [1] * 5)[1].size == 5


def test_images_without_objects():
    train, val = hold_back(Counted(np.zeros((10, 2), int)), 0.3)
    assert (len(train), len(val)) == (7, 3)


@pytest.mark.parametrize("share", [0, 1, -0.2, 20])
def test_a_share_out_of_range(share):
    with pytest.raises(ValueError, match="`share` must be above 0 and below 1. Received: share="):
        hold_back(Counted([[1], [1]]), share)


def test_too_few_images_or_groups():
    with pytest.raises(ValueError, match="at least 2 images, .* Received: 1 image."):
        hold_back(Counted([[1]]), 0.5)
    with pytest.raises(ValueError, match="at least 2 groups, .* Received: 1 group."):
        hold_back(Counted([[1], [1]]), 0.5, groups=[7, 7])
