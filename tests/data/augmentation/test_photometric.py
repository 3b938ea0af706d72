import numpy as np
import pytest

from keras_maskrcnn.data import (
    AverageBlur,
    GaussianBlur,
    GaussianNoise,
    ImpulseNoise,
    RandomBrightness,
    RandomColor,
    RandomContrast,
    RandomGamma,
    RandomGray,
    RandomInvert,
)

IMAGE = np.random.default_rng(0).integers(0, 256, (11, 17, 3), np.uint8)
GREY = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)


class Scripted:
    """A generator whose draws from a range are known; all else is random."""

    def __init__(self, *draws):
        self.draws = list(draws)
        self.rng = np.random.default_rng(0)

    def uniform(self, low, high):
        draw = self.draws.pop(0)
        assert low <= draw <= high
        return draw

    def __getattr__(self, name):
        return getattr(self.rng, name)


def test_brightness():
    # 0.1 of 255 is 25.5: 100 becomes 125.5, rounded to even, and 240 is clipped
    changed = RandomBrightness(0.1).change(Scripted(0.1), np.uint8([[[100, 240, 0]]]))
    assert changed.tolist() == [[[126, 255, 26]]]


def test_contrast():
    # the mean is 100; half as much again: 60 is 40 below and goes to 60 below
    changed = RandomContrast(0.5).change(Scripted(0.5), np.uint8([[[60, 140, 100]]]))
    assert changed.tolist() == [[[40, 160, 100]]]


def test_gamma():
    # gamma 2: 255 * (51 / 255) ** 2 = 10.2
    changed = RandomGamma(0.5, 2).change(Scripted(np.log(2.0)), np.uint8([[[0, 51, 255]]]))
    assert changed.tolist() == [[[0, 10, 255]]]


class TestColor:
    def test_no_saturation_is_gray(self):
        changed = RandomColor(0, 1).change(Scripted(0.0, -1.0), IMAGE)
        expected = (IMAGE @ [0.299, 0.587, 0.114])[..., None].repeat(3, axis=2)
        np.testing.assert_allclose(changed, expected, atol=1)

    def test_half_a_circle_gives_the_complement_and_keeps_luminance(self):
        # orange turns to blue: each channel goes as far beyond the luminance as it was short of it
        orange = np.uint8([[[150, 110, 90]]])
        luminance = float((orange @ [0.299, 0.587, 0.114])[0, 0])
        changed = RandomColor(0.5, 0).change(Scripted(0.5, 0.0), orange)
        np.testing.assert_allclose(changed[0, 0], 2 * luminance - orange[0, 0], atol=1)

    def test_grey_stays(self):
        for seed in range(5):
            changed = RandomColor().change(np.random.default_rng(seed), GREY)
            np.testing.assert_allclose(changed, GREY, atol=1)

    def test_other_channels_are_left(self):
        image = np.zeros((4, 4, 5), np.uint8)
        assert RandomColor().change(np.random.default_rng(0), image) is image


def test_invert():
    changed = RandomInvert().change(np.random.default_rng(2), IMAGE)
    np.testing.assert_array_equal(changed, 255 - IMAGE)


def test_gray():
    gray = RandomGray().change(np.random.default_rng(2), IMAGE)
    expected = IMAGE @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(gray, expected[:, :, None].repeat(3, axis=2), atol=1)


def test_gaussian_noise_has_its_deviation():
    flat = np.full((100, 100, 3), 100, np.uint8)
    changed = GaussianNoise(8).change(Scripted(8.0), flat).astype(float)
    assert changed.mean() == pytest.approx(100, abs=0.2)
    assert changed.std() == pytest.approx(8, abs=0.15)


def test_impulse_noise_hits_whole_pixels():
    flat = np.full((100, 100, 3), 100, np.uint8)
    changed = ImpulseNoise(0.05).change(Scripted(0.05), flat)
    hit = (changed != 100).all(axis=2)
    assert 450 < hit.sum() <= 500  # some of 500 draws fall on the same pixel
    assert set(np.unique(changed[hit])) == {0, 255}
    assert (changed[~hit] == 100).all()
    assert 0.4 < (changed[hit, 0] == 0).mean() < 0.6


def test_blurs_keep_the_mean_and_spread_a_point():
    point = np.zeros((21, 21, 3), np.uint8)
    point[10, 10] = 250
    mean = AverageBlur(5).change(Scripted(), point)
    side = int(np.sqrt((mean[..., 0] > 0).sum()))
    assert side in (3, 5) and mean.max() == round(250 / side**2)
    normal = GaussianBlur(2).change(Scripted(2.0), point)
    assert normal[10, 10, 0] == pytest.approx(250 / (2 * np.pi * 4), abs=1)


def test_average_blur_draws_every_side():
    point = np.zeros((21, 21, 3), np.uint8)
    point[10, 10] = 255
    rng = np.random.default_rng(1)
    sides = {int((AverageBlur(7).change(rng, point)[10, :, 0] > 0).sum()) for _ in range(40)}
    assert sides == {3, 5, 7}


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize(
    "augmentation",
    [
        RandomBrightness(),
        RandomContrast(),
        RandomGamma(),
        RandomInvert(),
        GaussianNoise(),
        ImpulseNoise(),
        GaussianBlur(),
        AverageBlur(),
        RandomGray(),
        RandomColor(),
    ],
    ids=lambda item: type(item).__name__,
)
def test_any_number_of_channels(augmentation, channels):
    image = np.random.default_rng(3).integers(0, 256, (9, 12, channels), np.uint8)
    changed = augmentation.change(np.random.default_rng(4), image)
    assert changed.shape == image.shape and changed.dtype == np.uint8


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: RandomBrightness(-1), "`limit` must be at least 0. Received: limit=-1"),
        (lambda: RandomGamma(2, 1), "`low` must be above 0 and at most `high`"),
        (lambda: RandomColor(hue=-0.1), "`hue` must be at least 0"),
        (lambda: GaussianNoise(-1), "`high` must be at least 0"),
        (lambda: AverageBlur(2), "`high` must be .*at least 3"),
        (lambda: RandomInvert(1.5), r"`probability` must lie in 0..1. Received: probability=1.5"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
