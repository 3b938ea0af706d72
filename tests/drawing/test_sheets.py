import numpy as np
import pytest

from keras_maskrcnn.drawing import contact_sheet


def plain(height, width, value):
    return np.full((height, width, 3), value, np.uint8)


def test_by_hand():
    # Cells of 12: 2 pixels of frame on each side, so pictures of 8 on the longer side, centred.
    sheet = contact_sheet([plain(8, 8, 100), plain(4, 8, 150), plain(2, 1, 200)], 2, cell_size=12)
    expected = plain(24, 24, 32)
    expected[2:10, 2:10] = 100
    expected[4:8, 14:22] = 150
    expected[14:22, 4:8] = 200
    np.testing.assert_array_equal(sheet, expected)


def test_small_images_keep_their_pixels_and_large_ones_are_averaged():
    checks = np.uint8([[0, 255], [255, 0]])[..., None].repeat(3, axis=-1)
    enlarged = contact_sheet([checks], cell_size=12)[2:10, 2:10]
    np.testing.assert_array_equal(enlarged, checks.repeat(4, 0).repeat(4, 1))
    shrunk = contact_sheet([np.tile(checks, (16, 16, 1))], cell_size=12)[2:10, 2:10]
    assert np.abs(shrunk.astype(int) - 127).max() <= 1


def test_captions_and_oblong_cells():
    images = [plain(20, 60, 100), plain(60, 20, 150)]
    sheet = contact_sheet(images, 2, cell_size=(24, 64), captions=["one.png: 1", "two"])
    assert sheet.shape == (24 + 19, 128, 3)
    np.testing.assert_array_equal(sheet[2:22, 2:62], images[0])
    assert (sheet[2:22, 64 + 28 : 64 + 35] == 150).all()  # 20 high, so 7 wide, centred
    plain_sheet = contact_sheet(images, 2, cell_size=(24, 64))
    np.testing.assert_array_equal(sheet[:22], plain_sheet[:22])
    assert (sheet[24:] > 150).any(axis=(0, 2))[:64].any()
    with pytest.raises(ValueError, match="one text for each of the 2 images. Received: 1 texts"):
        contact_sheet(images, captions=["one"])


def test_about_square_by_default():
    assert contact_sheet([plain(5, 5, 1)] * 7, cell_size=10).shape == (30, 30, 3)
    assert contact_sheet([plain(5, 5, 1)], cell_size=10).shape == (10, 10, 3)


def test_bad_arguments():
    with pytest.raises(ValueError, match="at least one image"):
        contact_sheet([])
    with pytest.raises(ValueError, match="Received: columns=0, cell_size=320"):
        contact_sheet([plain(2, 2, 0)], 0)
    with pytest.raises(ValueError, match="columns=1, cell_size=4"):
        contact_sheet([plain(2, 2, 0)], 1, cell_size=4)
