"""Boxes of an image that are no objects: they move as boxes do, and stay when objects go."""

import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.data import DatasetError, Instances, Proposals, Sample, WithProposals
from keras_maskrcnn.data.augmentation import Augmenter, CopyPaste, Cutout, Mosaic

SIZE = (10, 12)


def scene(boxes=((1, 1, 5, 4), (6, 2, 12, 10))):
    return Instances([1], [[1, 1, 5, 5]], fields={"proposals": Proposals(boxes)}, image_size=SIZE)


def boxes_of(instances):
    return instances.fields["proposals"].boxes.tolist()


def test_they_are_no_rows_of_the_objects():
    assert boxes_of(scene().select([])) == [[1, 1, 5, 4], [6, 2, 12, 10]]
    assert len(boxes_of(Instances.joined([scene(), scene()]))) == 4


def test_they_move_as_boxes():
    # mirrored in a width of 12, then the first 7 columns: the first is gone, the second cut
    assert boxes_of(scene().warp([[-1, 0, 12], [0, 1, 0]], (10, 7))) == [[0, 2, 6, 10]]
    grown = scene().warp([[2, 0, 0], [0, 2, 0]], (20, 24))
    assert boxes_of(grown) == [[2, 2, 10, 8], [12, 4, 24, 20]]
    mirrored = scene().remap(*np.meshgrid(np.arange(12.0)[::-1], np.arange(10.0)))
    np.testing.assert_allclose(boxes_of(mirrored), [[7, 1, 11, 4], [0, 2, 6, 10]], atol=1e-4)


def test_what_is_hidden_of_them_goes():
    cover = np.zeros(SIZE, bool)
    cover[:, 4:8] = True  # one side of each
    assert boxes_of(scene().without(cover)) == [[1, 1, 4, 4], [8, 2, 12, 10]]
    assert boxes_of(scene([[4, 0, 8, 10]]).without(cover)) == []


@pytest.mark.parametrize(
    "change", ["flip", "rotate", "shear", "crop", "elastic", Mosaic(1.0, 1.0), Cutout(1, 0.3, 1.0)]
)
def test_proposals_that_are_the_objects_boxes_stay_them(change):
    source = WithProposals(Boxes(), lambda sample: sample.instances.boxes)
    changed = Augmenter([change])(source[0], 5, canvas=(64, 64), draw=lambda rng: source[1])
    boxes = changed.instances.boxes
    near = np.abs(boxes[:, None] - changed.instances.fields["proposals"].boxes).max(axis=-1)
    assert len(boxes) and near.min(axis=1).max() < 0.01


def test_pasted_objects_bring_their_proposals():
    source = WithProposals(km.data.ShapesSource(2, (64, 64), seed=1), lambda s: s.instances.boxes)
    sample, rng = source[0], np.random.default_rng(0)
    paste = CopyPaste(1.0, 1.0)
    _, mixed = paste.mix(rng, sample, (64, 64), lambda *size: size, lambda: source[1])
    pasted = mixed.boxes[-1]  # in front of all others
    assert np.abs(mixed.fields["proposals"].boxes - pasted).max(axis=-1).min() <= 1


class Boxes(km.data.Source):
    """Two images with two boxes each, one of them at a place of its own."""

    class_names = ("box",)

    def __len__(self):
        return 2

    def __getitem__(self, index):
        boxes = [[4, 6, 24 + 8 * index, 30], [36, 20, 60, 60]]
        instances = Instances([1, 1], boxes, image_size=(64, 64))
        return Sample(np.zeros((64, 64, 3), np.uint8), instances, index, f"{index}.png")


def test_loader_sends_them_when_asked_and_says_who_has_none():
    keys = ("gt_boxes", "gt_labels", "proposals")
    given = [[[0, 0, 8, 8]], [[1, 2, 3, 4], [5, 6, 9, 9], [0, 0, 64, 64]]]
    options = {"batch_size": 2, "image_size": 64, "shuffle": False, "max_proposals": 2}
    loader = km.data.Loader(WithProposals(Boxes(), given), ground_truth=keys, **options)
    (batch,) = loader[0]
    assert batch["proposals"].tolist() == [
        [[0, 0, 8, 8], [0, 0, 0, 0]],
        [[1, 2, 3, 4], [5, 6, 9, 9]],
    ]
    assert "proposals" not in km.data.Loader(WithProposals(Boxes(), given), **options)[0][0]
    with pytest.raises(DatasetError, match="Image '0.png' has no proposals, .*WithProposals"):
        km.data.Loader(Boxes(), ground_truth=keys, **options)[0]


def test_errors():
    with pytest.raises(ValueError, match=r"with an area. Received: boxes\[1\]=\[3.0, 3.0, 3.0"):
        Proposals([[0, 0, 1, 1], [3, 3, 3, 5]])
    with pytest.raises(ValueError, match="each image of the source. Received: 1 for 2 images"):
        WithProposals(Boxes(), [[[0, 0, 1, 1]]])
