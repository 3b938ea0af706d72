"""Images of Pillow are converted as their files are read."""

import numpy as np
import pytest
from PIL import Image

from keras_maskrcnn.data import ImageReadError, read_image
from keras_maskrcnn.formats.given_pixels import as_pixels
from tests.formats.test_image_headers import XMP, corner, turned


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"exif": turned(6)}),
        ("a.png", {"exif": turned(7)}),
        ("a.webp", {"exif": turned(8)}),
        ("a.avif", {"exif": turned(5)}),
        ("a.tif", {"exif": turned(6)}),
        ("xmp.jpg", {"xmp": XMP}),
    ],
)
def test_orientations(tmp_path, name, options):
    Image.fromarray(corner()).save(tmp_path / name, **options)
    np.testing.assert_array_equal(
        as_pixels(Image.open(tmp_path / name)), read_image(tmp_path / name)
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "RGBa", "CMYK", "YCbCr", "I;16"])
def test_modes(tmp_path, mode):
    grey = Image.fromarray(corner()[..., 0])
    picture = Image.fromarray(np.uint16(grey) * 257) if mode == "I;16" else None
    if mode == "1":
        grey = grey.point(lambda level: 255 * (level > 200))
    if mode == "RGBa":
        grey = grey.convert("RGBA")
    picture = picture or grey.convert(mode)
    expected = np.repeat(np.asarray(grey.convert("L"))[..., None], 3, axis=2)
    np.testing.assert_allclose(as_pixels(picture), expected, atol=2)


def test_16_bit_png(tmp_path):
    Image.fromarray(np.array([[0, 4095]], np.uint16)).save(tmp_path / "a.png")
    assert as_pixels(Image.open(tmp_path / "a.png"))[0, :, 0].tolist() == [0, 255]


def test_transparency_leaves_the_colours(recwarn):
    picture = Image.fromarray(np.uint8([[0, 1]]), "P")
    picture.putpalette([200, 100, 50, 1, 2, 3])
    picture.info["transparency"] = b"\0\x80"
    assert as_pixels(picture).tolist() == [[[200, 100, 50], [1, 2, 3]]]
    assert not recwarn.list


def test_a_file_that_ends_early(tmp_path):
    Image.fromarray(corner(200, 200)).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(ImageReadError, match="The PIL image .* cannot be read: .*truncated"):
        as_pixels(Image.open(tmp_path / "a.jpg"))


def test_paths_and_arrays(tmp_path):
    Image.fromarray(corner()).save(tmp_path / "a.png")
    np.testing.assert_array_equal(as_pixels(tmp_path / "a.png"), corner())
    image = corner()
    assert as_pixels(image) is image
    assert as_pixels(Image.new("F", (3, 2))).dtype == np.float32
