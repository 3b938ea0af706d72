"""Scenes of articulated figures: what their masks and keypoints say holds in the pixels."""

import numpy as np
import pytest

from keras_maskrcnn.data import FiguresSource
from keras_maskrcnn.data.keypoints import HIDDEN, UNKNOWN, VISIBLE

SOURCE = FiguresSource(40, image_size=(96, 128), seed=3)


@pytest.fixture(scope="module")
def samples():
    return list(SOURCE)


def named(sample, name):
    """The keypoint of that name of each figure, (n, 3)."""
    index = SOURCE.skeleton.names.index(name)
    return sample.instances.fields["keypoints"].points[:, index]


def test_the_same_scene_again(samples):
    again = FiguresSource(20, image_size=(96, 128), seed=3)[17]
    np.testing.assert_array_equal(again.image, samples[17].image)
    points = again.instances.fields["keypoints"].points
    np.testing.assert_array_equal(points, samples[17].instances.fields["keypoints"].points)
    other = FiguresSource(20, image_size=(96, 128), seed=4)[17]
    assert not np.array_equal(other.image, samples[17].image)


def test_scenes(samples):
    assert {len(sample.instances) for sample in samples} == {1, 2, 3}
    for sample in samples:
        assert sample.image.shape == (96, 128, 3)
        assert sample.instances.labels.tolist() == [1] * len(sample.instances)
        assert sample.instances.to_dense().sum(axis=0).max() == 1  # a pixel shows one figure
    assert len(SOURCE.skeleton) == 13


def test_a_visible_keypoint_is_a_pixel_of_its_figure(samples):
    """A hidden one is a pixel of another figure, and one beyond the border is unknown."""
    seen = {UNKNOWN: 0, HIDDEN: 0, VISIBLE: 0}
    for sample in samples:
        masks = sample.instances.to_dense()
        for mask, points in zip(masks, sample.instances.fields["keypoints"].points, strict=True):
            others = masks.any(axis=0) & ~mask
            for x, y, known in points:
                seen[int(known)] += 1
                if known == UNKNOWN:
                    assert (x, y) == (0, 0)
                    continue
                row, column = min(int(y), 95), min(int(x), 127)
                assert (mask if known == VISIBLE else others)[row, column]
    assert min(seen.values()) > 20


def test_a_figure_faces_the_viewer(samples):
    """Its left is on the right of the image, as long as it leans less than a quarter turn."""
    for sample in samples:
        left, right = named(sample, "left_hip"), named(sample, "right_hip")
        both = (left[:, 2] > 0) & (right[:, 2] > 0)
        assert (left[both, 0] > right[both, 0]).all()


def test_lengths_are_those_of_one_body(samples):
    """Thigh to shin as 0.23 to 0.22 in each figure, whatever its size and place."""
    for sample in samples:
        hip, knee, foot = (named(sample, f"left_{part}") for part in ("hip", "knee", "foot"))
        known = (hip[:, 2] > 0) & (knee[:, 2] > 0) & (foot[:, 2] > 0)
        thigh = np.linalg.norm((hip - knee)[known, :2], axis=-1)
        shin = np.linalg.norm((knee - foot)[known, :2], axis=-1)
        np.testing.assert_allclose(thigh / shin, 0.23 / 0.22, rtol=1e-4)


def test_each_side_has_its_mirror():
    skeleton = SOURCE.skeleton
    assert len(skeleton.mirrored) == 6
    assert (
        skeleton.names[skeleton.order_mirrored[skeleton.names.index("left_foot")]] == "right_foot"
    )
