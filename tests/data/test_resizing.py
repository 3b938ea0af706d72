import math

import numpy as np
import pytest

from keras_maskrcnn.data import ImageResizer


def bilinear(image, size):
    """Slow oracle: half-pixel centres, clamped, sampling ratio n_in / n_out."""
    image = image.astype(np.float64)
    for axis, new in enumerate(size):
        old = image.shape[axis]
        at = ((np.arange(new) + 0.5) * old / new - 0.5).clip(0, old - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, old - 1)
        weight = (at - low).reshape([-1 if i == axis else 1 for i in range(image.ndim)])
        image = np.take(image, low, axis) * (1 - weight) + np.take(image, high, axis) * weight
    return image


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (480, 640, (800, 1066)),  # 800 / 480 = 1.667; 640 * 1.667 = 1066.7, floored
        (640, 480, (1066, 800)),
        (426, 640, (800, 1201)),
        (300, 1200, (333, 1333)),  # the longer side limits: 1333 / 1200 = 1.111
        (2000, 1500, (1066, 800)),
        (1, 5000, (1, 1333)),  # never 0
    ],
)
def test_size_by_hand(height, width, size):
    assert ImageResizer().size_of(height, width) == size


def test_fixed_scale():
    resizer = ImageResizer(max_size=1000, scale=2.0)
    assert resizer.scale_of(256, 320) == 2.0
    assert resizer.size_of(256, 320) == (512, 640)
    assert resizer.size_of(400, 800) == (500, 1000)
    assert ImageResizer(scale=0.5).size_of(101, 200) == (50, 100)


@pytest.mark.parametrize("size", [(30, 41), (64, 64), (17, 90)])
@pytest.mark.parametrize("shape", [(37, 53, 3), (80, 80, 3), (20, 41, 1), (20, 41)])
def test_pixels_equal_the_oracle(shape, size):
    image = np.random.default_rng(0).integers(0, 256, shape)
    resizer = ImageResizer(min(size), max(size))
    expected_size = resizer.size_of(*shape[:2])
    expected = bilinear(image, expected_size)
    resized = resizer(image.astype(np.uint8))
    assert resized.dtype == np.uint8
    assert resized.shape[:2] == expected_size
    np.testing.assert_allclose(resized.reshape(expected.shape), expected, atol=1.01)
    floats = resizer(image.astype(np.float32))
    assert floats.dtype == np.float32
    np.testing.assert_allclose(floats.reshape(expected.shape), expected, atol=1e-2)


def test_size_is_floored_in_double_precision():
    for height in range(300, 400):
        scale = min(800 / height, 1333 / 640)
        expected = math.floor(height * scale), math.floor(640 * scale)
        assert ImageResizer().size_of(height, 640) == expected


def test_an_image_of_the_right_size_is_left_alone():
    image = np.zeros((64, 64, 3), np.uint8)
    assert ImageResizer(64, 64)(image) is image


def test_config_comes_back():
    resizer = ImageResizer(512, 1024, scale=1.5)
    again = ImageResizer.from_config(resizer.get_config())
    assert again == resizer
    assert again != ImageResizer(512, 1024)
    assert repr(again).startswith("ImageResizer(min_size=512, max_size=1024, scale=1.5, min_scale")


def test_padding_goes_to_the_bottom_and_right():
    image = np.full((30, 64, 3), 9, np.uint8)
    padded = ImageResizer().pad(image)
    assert padded.shape == (32, 64, 3) == (*ImageResizer().padded_size(30, 64), 3)
    np.testing.assert_array_equal(padded[:30], image)
    assert padded[30:].max() == 0
