import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import ShapesSource


def test_the_same_scene_again():
    first, second = ShapesSource(50, seed=3)[17], ShapesSource(20, seed=3)[17]
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.instances.to_dense(), second.instances.to_dense())
    np.testing.assert_array_equal(first.instances.labels, second.instances.labels)


def test_other_seeds_and_indices_give_other_scenes():
    source = ShapesSource(5, seed=3)
    assert not np.array_equal(source[0].image, source[1].image)
    assert not np.array_equal(source[0].image, ShapesSource(5, seed=4)[0].image)


def test_scenes():
    source = ShapesSource(60, image_size=(96, 128))
    counts, labels = [], []
    for index in range(len(source)):
        sample = source[index]
        instances = sample.instances
        assert sample.image.shape == (96, 128, 3)
        assert sample.image.dtype == np.uint8
        assert instances.image_size == (96, 128)
        sides = instances.boxes[:, 2:] - instances.boxes[:, :2]
        assert sides.max() <= 60
        assert instances.to_dense().sum(axis=0).max() == 1  # a pixel shows one shape
        counts.append(len(instances))
        labels += instances.labels.tolist()
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert set(labels) == {1, 2, 3}
    assert source.max_objects == 6
    assert source.image_sizes().shape == (60, 2)


def test_labels_name_the_shape():
    """A triangle fills half of its smallest turned rectangle, a circle pi / 4, a square all."""
    seen = set()
    source = ShapesSource(80, image_size=128, seed=5)
    for index in range(len(source)):
        instances = source[index].instances
        if len(instances) > 1 or instances.areas[0] < 400:
            continue
        contours, _ = cv2.findContours(instances.masks[0], cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        width, height = np.array(cv2.minAreaRect(contours[0])[1]) + 1
        share = instances.areas[0] / (width * height)
        label = 3 if share < 0.64 else 1 if share < 0.84 else 2
        assert instances.labels[0] == label
        seen.add(label)
    assert seen == {1, 2, 3}


def test_shapes_stand_out():
    for index in range(20):
        sample = ShapesSource(20, seed=8)[index]
        for mask in sample.instances.to_dense():
            ring = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7))).astype(bool) & ~mask
            inside, outside = sample.image[mask].mean(axis=0), sample.image[ring].mean(axis=0)
            assert np.abs(inside - outside).max() > 8


def test_end():
    source = ShapesSource(3)
    assert len(list(source)) == 3
    assert source[-1].image_id == 2
    with pytest.raises(IndexError):
        source[3]


@pytest.mark.parametrize("arguments", [{"num_images": 0}, {"image_size": 16}, {"seed": -1}])
def test_errors(arguments):
    with pytest.raises(ValueError, match="`num_images` must be at least 1"):
        ShapesSource(**({"num_images": 3} | arguments))
