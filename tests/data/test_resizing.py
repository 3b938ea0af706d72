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


def test_rounding_of_sizes():
    # 100 x 150 to a shorter side of 101: 151.5; to 103: 154.5
    sizes = {
        name: [ImageResizer(side, 999, rounding=name).size_of(100, 150)[1] for side in (101, 103)]
        for name in ("floor", "half_up", "half_even")
    }
    assert sizes == {"floor": [151, 154], "half_up": [152, 155], "half_even": [152, 154]}


def test_least_scale():
    resizer = ImageResizer(min_size=80, max_size=500, min_scale=1.0)
    assert resizer.size_of(100, 200) == (100, 200)  # not shrunk to 80
    assert resizer.size_of(40, 50) == (80, 100)
    assert resizer.size_of(100, 1000) == (50, 500)  # the longer side still limits


def test_bilinear_float_keeps_fractions():
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3)).astype("uint8")
    found = ImageResizer(11, 99, resampling="bilinear_float")(image)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, bilinear(image, (11, 14)), atol=1e-3)


def test_antialias_is_pillows():
    from PIL import Image

    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype("uint8")
    found = ImageResizer(16, 99, resampling="antialias")(image)
    whole = Image.fromarray(image).resize((20, 16), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found, np.asarray(whole))
    grey = ImageResizer(16, 99, resampling="antialias")(image[..., 0])
    np.testing.assert_array_equal(grey, found[..., 0])


def test_fading_border():
    # Twofold: new centres lie a quarter pixel outside (3/4 of the value), inside (whole) ...
    image = np.full((2, 2), 100, np.uint8)
    image[0, 0] = 0  # so that nothing is lifted to the least value of the image
    found = ImageResizer(4, 4, resampling="fade")(image)
    assert found[3].tolist() == [56, 75, 75, 56]  # 100 * 3/4 * 3/4 at the corners, truncated


def test_square_puts_the_image_in_the_middle():
    resizer = ImageResizer(4, 8, square=True)
    image = np.full((4, 6, 3), 7, np.uint8)
    padded = resizer.pad(image)
    assert padded.shape == (8, 8, 3) and (padded[2:6, 1:7] == 7).all()
    assert padded.sum() == 7 * image.size
    # pixel 1 to pixel 6 and 2 to 5, of 0..7, times 8
    np.testing.assert_allclose(resizer.window(4, 6), np.array([1, 2, 6, 5]) / 7 * 8, rtol=1e-6)


def test_boxes_come_back_from_the_square():
    resizer = ImageResizer(4, 8, square=True)
    # The window is the whole image; half of it between pixel centres is half of the image's.
    window = resizer.window(4, 6)
    half = np.array([window[0], window[1], (window[0] + window[2]) / 2, window[3]])
    found = resizer.boxes_to_image(np.stack([window, half]), (4, 6), (9, 13))
    np.testing.assert_allclose(found, [[0, 0, 13, 9], [0, 0, 7, 9]], atol=1e-5)


def test_boxes_come_back_from_the_corner():
    found = ImageResizer().boxes_to_image(np.float32([[8, 4, 16, 12]]), (40, 80), (20, 20))
    assert found.dtype == np.float32 and found.tolist() == [[2, 2, 4, 6]]


def test_unknown_choices():
    with pytest.raises(ValueError, match="`rounding` must be one of .*'floor'.*'ceil'"):
        ImageResizer(rounding="ceil")
    with pytest.raises(ValueError, match="`resampling` must be one of .*'fade'.*'cubic'"):
        ImageResizer(resampling="cubic")


@pytest.mark.parametrize("square", [False, True])
def test_boxes_go_to_the_network_and_back(square):
    resizer = ImageResizer(64, 64, square=square)
    boxes = np.float32([[40, 5, 69.5, 44], [0, 0, 70, 50]])
    moved = resizer.boxes_to_network(boxes, (45, 64), (50, 70))
    np.testing.assert_allclose(resizer.boxes_to_image(moved, (45, 64), (50, 70)), boxes, atol=1e-4)
    if not square:  # 64 / 70 across, 45 / 50 down
        np.testing.assert_allclose(moved[1], [0, 0, 64, 45])
