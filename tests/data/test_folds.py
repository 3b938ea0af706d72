import numpy as np
import pytest

from keras_maskrcnn.data import COCOSource, DatasetError, Source, Subset, folds


class Counted(Source):
    """A source of which only the objects per image and class are known."""

    def __init__(self, counts):
        self.counts = np.array(counts)
        self.class_names = tuple(f"class {k}" for k in range(self.counts.shape[1]))

    def __len__(self):
        return len(self.counts)

    def __getitem__(self, index):
        raise AssertionError("no image has to be read")

    def object_counts(self):
        return self.counts


def per_fold(source, splits):
    return np.array([source.counts[val].sum(axis=0) for _, val in splits])


def check_split(splits, images):
    """Every image is validated on once, and never by a model that was trained on it."""
    np.testing.assert_array_equal(
        np.sort(np.concatenate([val for _, val in splits])), np.arange(images)
    )
    for train, val in splits:
        assert len(val) and train.dtype == val.dtype == np.int64
        np.testing.assert_array_equal(np.sort(np.append(train, val)), np.arange(images))
        assert (np.diff(train) > 0).all() and (np.diff(val) > 0).all()


def test_one_class_by_hand():
    # 13 objects in two folds: 6 or 7 each, three images each.
    source = Counted([[5], [1], [3], [1], [2], [1]])
    for seed in range(5):
        splits = folds(source, 2, seed=seed)
        check_split(splits, 6)
        assert sorted(per_fold(source, splits).ravel()) == [6, 7]
        assert [len(val) for _, val in splits] == [3, 3]


def test_the_rare_class_comes_first():
    # Three images hold the rare class beside many of the common one: one for each fold.
    source = Counted([[9, 1], [9, 1], [9, 1], [3, 0], [3, 0], [3, 0], [0, 0], [0, 0], [0, 0]])
    splits = folds(source, 3)
    assert per_fold(source, splits).tolist() == [[12, 1]] * 3
    assert [len(val) for _, val in splits] == [3, 3, 3]


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_one_object_an_image_is_spread_to_within_one(count):
    rng = np.random.default_rng(count)
    labels = rng.choice(6, 101, p=[0.5, 0.25, 0.1, 0.08, 0.05, 0.02])
    source = Counted(np.eye(6, dtype=int)[labels])
    splits = folds(source, count)
    check_split(splits, 101)
    totals = per_fold(source, splits)
    assert (totals.max(axis=0) - totals.min(axis=0)).max() <= 1
    sizes = [len(val) for _, val in splits]
    assert max(sizes) - min(sizes) <= 6  # no more than a class each


def test_several_classes_an_image_are_spread_better_than_by_chance():
    rng = np.random.default_rng(0)
    source = Counted(rng.poisson(rng.gamma(0.5, 2, (150, 8))))
    splits = folds(source, 5)
    check_split(splits, 150)
    wanted = source.counts.sum(axis=0) / 5
    off = np.abs(per_fold(source, splits) - wanted).max(axis=0) / wanted
    chance = [(None, np.arange(start, 150, 5)) for start in range(5)]
    off_by_chance = np.abs(per_fold(source, chance) - wanted).max(axis=0) / wanted
    assert off.max() < 0.05 and off_by_chance.min() > 0.05
    assert max(abs(len(val) - 30) for _, val in splits) <= 3


def test_images_without_objects_are_spread_too():
    source = Counted([[1]] * 4 + [[0]] * 8)
    splits = folds(source, 4)
    assert [np.sum(val >= 4) for _, val in splits] == [2, 2, 2, 2]
    splits = folds(Counted(np.zeros((7, 2), int)), 3)
    assert sorted(len(val) for _, val in splits) == [2, 2, 3]


def test_groups_stay_together():
    rng = np.random.default_rng(3)
    source = Counted(rng.poisson(3, (90, 3)))
    groups = [f"field {k}" for k in rng.integers(0, 25, 90)]
    splits = folds(source, 4, groups=groups)
    check_split(splits, 90)
    for train, val in splits:
        assert not {groups[i] for i in train} & {groups[i] for i in val}
    totals = per_fold(source, splits)
    wanted = source.counts.sum(axis=0) / 4
    assert (np.abs(totals - wanted) / wanted).max() < 0.15
    assert max(abs(len(val) - 22.5) for _, val in splits) <= 5


def test_the_seed_decides():
    source = Counted(np.random.default_rng(1).poisson(2, (40, 2)))
    first, again, other = (folds(source, 4, seed=seed) for seed in (0, 0, 1))
    for (_, val), (_, same) in zip(first, again, strict=True):
        np.testing.assert_array_equal(val, same)
    assert any(not np.array_equal(a, b) for (_, a), (_, b) in zip(first, other, strict=True))


def test_as_many_folds_as_images():
    splits = folds(Counted([[50], [1], [0], [7]]), 4)
    check_split(splits, 4)
    assert [len(val) for _, val in splits] == [1, 1, 1, 1]


def test_subsets_and_groups_of_a_coco_file(content, write):
    for entry, field in zip(content["images"], ("north", "south"), strict=True):
        entry["field"] = field
    source = COCOSource(*write(content))
    assert source.image_values("field") == ["north", "south"]
    train, val = folds(source, 2, groups=source.image_values("field"))[0]
    assert len(Subset(source, train)) == len(Subset(source, val)) == 1
    del content["images"][1]["field"]
    with pytest.raises(DatasetError, match=r"Image 'b.png' of '.*' has no 'field': it has \['file"):
        COCOSource(*write(content)).image_values("field")


@pytest.mark.parametrize(
    ("count", "groups", "message"),
    [
        (1, None, "`count` must be at least 2 folds. Received: count=1"),
        (4, None, "`count` must not exceed the 3 images of the source. Received: count=4. Ask for"),
        (3, "aab", "must not exceed the 2 groups of images .* count=3. .* or give finer groups"),
        (2, "ab", "`groups` must have one key for each of the 3 images. Received: 2 keys"),
    ],
)
def test_bad_arguments(count, groups, message):
    with pytest.raises(ValueError, match=message):
        folds(Counted([[1], [2], [3]]), count, groups=groups)
