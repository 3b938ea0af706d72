import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_maskrcnn.data import ImageReadError, read_image
from keras_maskrcnn.formats.images import read_image_size

# 2 rows of 3 pixels, RGB
PIXELS = np.array(
    [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[10, 20, 30], [40, 50, 60], [70, 80, 90]]], np.uint8
)


def save(path, rgb):
    cv2.imwrite(str(path), rgb[..., [2, 1, 0, 3][: rgb.shape[2]]] if rgb.ndim == 3 else rgb)
    return path


def smooth(height=40, width=60):
    y, x = np.mgrid[:height, :width]
    return np.stack([4 * x, 5 * y, 2 * (x + y)], axis=2).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".ppm"])
def test_colours_are_rgb(tmp_path, suffix):
    image = read_image(save(tmp_path / f"a{suffix}", PIXELS))
    np.testing.assert_array_equal(image, PIXELS)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous


def test_jpeg(tmp_path):
    image = read_image(str(save(tmp_path / "a.jpg", smooth())))
    np.testing.assert_allclose(image.astype(int), smooth(), atol=12)


def test_one_channel_is_repeated(tmp_path):
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    image = read_image(save(tmp_path / "a.png", grey))
    np.testing.assert_array_equal(image, np.repeat(grey[:, :, None], 3, axis=2))


def test_alpha_is_dropped(tmp_path):
    alpha = np.array([[0, 128, 255], [255, 0, 1]], np.uint8)
    image = read_image(save(tmp_path / "a.png", np.dstack([PIXELS, alpha])))
    np.testing.assert_array_equal(image, PIXELS)


@pytest.mark.parametrize(
    ("brightest", "full"), [(65535, 65535), (40000, 65535), (4095, 4095), (900, 1023), (200, 255)]
)
def test_16_bit_is_scaled_by_the_bits_in_use(tmp_path, brightest, full):
    pixels = np.array([[0, brightest // 2, brightest]], np.uint16)
    image = read_image(save(tmp_path / "a.png", pixels))
    expected = np.round(pixels * (255 / full)).astype(int)
    np.testing.assert_allclose(image[:, :, 0].astype(int), expected, atol=1)
    assert image.dtype == np.uint8
    assert image.shape == (1, 3, 3)


def test_16_bit_colour(tmp_path):
    image = read_image(save(tmp_path / "a.png", PIXELS.astype(np.uint16) * 257))
    np.testing.assert_array_equal(image, PIXELS)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".avif", ".gif"])
def test_colours_under_transparency_are_those_of_the_file(tmp_path, suffix):
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, 30:] = np.arange(30) * 8
    picture = Image.fromarray(np.dstack([smooth(), alpha]))
    exact = {".webp": {"lossless": True, "exact": True}, ".avif": {"quality": 100}}.get(suffix, {})
    if suffix == ".gif":
        picture, exact = Image.fromarray(smooth()).quantize(8), {"transparency": 3}
    picture.save(tmp_path / f"a{suffix}", **exact)
    expected = np.asarray(picture.convert("RGB"), int)
    np.testing.assert_allclose(read_image(tmp_path / f"a{suffix}"), expected, atol=6)


@pytest.mark.parametrize("mode", ["LA", "P", "1", "CMYK"])
def test_other_kinds_of_pixels(tmp_path, mode):
    picture = Image.fromarray(smooth()).convert(mode)
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    picture.save(path, quality=95)
    np.testing.assert_allclose(read_image(path), np.asarray(picture.convert("RGB"), int), atol=12)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif", ".tif"])
def test_the_first_of_several_images(tmp_path, suffix):
    first, second = (Image.new("RGB", (6, 4), color) for color in ("red", "blue"))
    path = tmp_path / f"a{suffix}"
    first.save(path, save_all=True, append_images=[second])
    assert read_image(path)[2, 3].tolist() == pytest.approx([255, 0, 0], abs=2)


def test_16_bit_black(tmp_path):
    assert read_image(save(tmp_path / "a.png", np.zeros((2, 2), np.uint16))).max() == 0


def test_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no image file '.*gone.png'"):
        read_image(tmp_path / "gone.png")


def test_folder(tmp_path):
    with pytest.raises(ImageReadError, match="is a folder, not an image file"):
        read_image(tmp_path)


def test_empty(tmp_path):
    path = tmp_path / "a.png"
    path.touch()
    with pytest.raises(ImageReadError, match="a.png' is empty"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.3, 0.8, 0.99])
def test_truncated(tmp_path, suffix, share):
    path = save(tmp_path / f"a{suffix}", np.random.default_rng(0).integers(0, 255, (64, 64, 3)))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageReadError, match=f"a{suffix}' is truncated"):
        read_image(path)


@pytest.mark.parametrize(
    ("suffix", "end", "options"),
    [(".jpg", 2, {}), (".jpg", 1, {}), (".jpg", 2, {"progressive": True}), (".png", 12, {}),
     (".png", 3, {}), (".gif", 1, {})],
)  # fmt: skip
def test_without_its_end_marker_only(tmp_path, capfd, suffix, end, options):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(smooth()).save(path, **options)
    whole, data = read_image(path), path.read_bytes()
    path.write_bytes(data[:-end])
    np.testing.assert_array_equal(read_image(path), whole)
    marker = {".jpg": 2, ".png": 12, ".gif": 1}[suffix]
    path.write_bytes(data[: -marker - 2])
    with pytest.raises(ImageReadError, match="is truncated"):
        read_image(path)
    assert capfd.readouterr().err == ""  # libjpeg would say what it makes of it


def test_truncated_jpeg_whose_thumbnail_is_whole(tmp_path):
    path = save(tmp_path / "a.jpg", smooth())
    data = path.read_bytes()
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data
    path.write_bytes(data[:2] + thumbnail + data[2:])
    assert read_image(path).shape == (40, 60, 3)
    path.write_bytes(data[:2] + thumbnail + data[2:-40])
    with pytest.raises(ImageReadError, match="is truncated"):
        read_image(path)


@pytest.mark.parametrize("data", [b"this is text", b"\x00" * 500, b"GIF89a", b"\xff\xd8\xff"])
def test_not_an_image(tmp_path, data):
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(ImageReadError, match=r"a.png' (is not an image|is truncated)"):
        read_image(path)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3)])
def test_float_pixels(tmp_path, shape):
    path = tmp_path / "a.tiff"
    cv2.imwrite(str(path), np.ones(shape, np.float32))
    with pytest.raises(ImageReadError, match="a.tiff' (holds float32|.* floating-point) pixels"):
        read_image(path)


def test_16_bit_grey_tiff(tmp_path):
    image = read_image(save(tmp_path / "a.tiff", np.array([[0, 4095]], np.uint16)))
    assert image.tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_the_size_of_what_is_no_image(tmp_path):
    (tmp_path / "a.png").write_bytes(b"text")
    with pytest.raises(ImageReadError, match="a.png' is not an image that can be read"):
        read_image_size(tmp_path / "a.png")
    with pytest.raises(FileNotFoundError, match="no image file '.*gone.png'"):
        read_image_size(tmp_path / "gone.png")


def test_names_of_the_first_version():
    from keras_maskrcnn.data import images as old
    from keras_maskrcnn.data import source
    from keras_maskrcnn.formats import files, images

    assert old.read_image_size is images.read_image_size
    assert old.ImageReadError is images.ImageReadError
    assert source.DatasetError is files.DatasetError
