import numpy as np
import pytest

from keras_maskrcnn.mask_crops import combine, paste, scaled, tight


def test_paste_by_hand():
    # Grid rows (0.2, 0.8), twice, in the box x 1..5 of a row of 6 pixels: cells are 2 pixels wide,
    # their centres at x = 2 and 4, pixel centres at 1.5, 2.5, 3.5, 4.5: positions -0.25, 0.25,
    # 0.75, 1.25, so 0.75 * 0.2 = 0.15; 0.2 + 0.25 * 0.6 = 0.35; 0.65; 0.75 * 0.8 = 0.6. In y the
    # centre of the pixel is that of the box, between the two equal rows.
    crop, x, y = paste(np.float32([[0.2, 0.8], [0.2, 0.8]]), (1, -0.5, 5, 1.5), (1, 6))
    assert (x, y) == (1, 0)
    assert crop.tolist() == [[0, 0, 1, 1]]


def test_paste_keeps_a_pixel_of_exactly_one_half():
    # The box ends at the centres of the first and last pixel: half of the zero beyond, half of 1.
    crop, x, _ = paste(np.ones((1, 1), np.float32), (0.5, 0, 2.5, 1), (1, 4))
    assert (crop.tolist(), x) == ([[1, 1, 1]], 0)


def test_pasting_visits_its_own_box_only():
    crop, x, y = paste(np.ones((28, 28), np.float32), (9000, 8000, 9010, 8020), (10000, 10000))
    assert (crop.shape, x, y) == ((20, 10), 9000, 8000)


def test_tight_by_hand():
    mask = np.array([[0, 0, 0, 0], [0, 0, 7, 0], [0, 9, 0, 0]])
    crop, x, y = tight(mask, 10, 20)
    assert (crop.tolist(), crop.dtype, x, y) == ([[0, 1], [1, 0]], np.uint8, 11, 21)
    assert crop.base is None  # or it would keep the whole mask alive
    crop, x, y = tight(np.zeros((3, 0), bool), 4, 5)
    assert (crop.shape, x, y) == ((0, 0), 0, 0)


@pytest.mark.parametrize("operation", [np.bitwise_or, np.bitwise_xor])
def test_combine_equals_the_whole_image(operation):
    rng = np.random.default_rng(0)
    whole, crops = np.zeros((20, 30), np.uint8), []
    for _ in range(6):
        y, x = rng.integers(0, 15, 2)
        crop = rng.integers(0, 2, rng.integers(0, 6, 2)).astype(np.uint8)
        crops.append((crop, x, y))
        part = whole[y : y + crop.shape[0], x : x + crop.shape[1]]
        part[:] = operation(part, crop)
    crop, x, y = combine(crops, operation)
    pasted = np.zeros_like(whole)
    pasted[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    np.testing.assert_array_equal(pasted, whole)
    assert combine([], operation)[0].shape == (0, 0)


def test_scaled_cuts_at_the_border():
    crop, x, y = scaled((np.uint8([[1, 0], [1, 1]]), 3, 2), 2, 2, (8, 8))
    assert (crop.tolist(), x, y) == ([[1, 1], [1, 1], [1, 1], [1, 1]], 6, 4)
    assert scaled((np.ones((2, 2), np.uint8), 4, 2), 2, 2, (8, 8))[0].size == 0
    assert scaled((np.zeros((0, 0), np.uint8), 0, 0), 2, 2, (8, 8))[0].size == 0
