"""How images are turned, and that their size is known without their pixels."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from keras_maskrcnn.data import read_image
from keras_maskrcnn.formats.image_headers import ImageHeader, read_header
from keras_maskrcnn.formats.images import read_image_size

ORIENTATION = 0x0112
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-'
    b'ns#"><r:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></r:RDF>'
    b"</x:xmpmeta>"
)
# What EXIF's numbers say of the rows and columns that are stored.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


def corner(height=24, width=40):
    """A white corner at the top left, a grey one at the bottom left, the rest black."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:8, :16], image[-8:, :16] = 255, 128
    return image


def turned(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif.tobytes()


def exif_of(entries, order="<"):
    """EXIF of (tag, kind, count, four bytes)."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    rows = b"".join(struct.pack(f"{order}HHI", *entry[:3]) + entry[3] for entry in entries)
    return b"Exif\0\0" + mark + struct.pack(f"{order}IH", 8, len(entries)) + rows + bytes(4)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif"])
def test_orientations(tmp_path, suffix):
    for orientation, upright in UPRIGHT.items():
        path = tmp_path / f"{orientation}{suffix}"
        Image.fromarray(corner()).save(path, exif=turned(orientation), quality=95)
        image = read_image(path)
        assert image.shape == upright(corner()).shape and image.flags.c_contiguous
        np.testing.assert_allclose(image.astype(int), upright(corner()), atol=12)
        assert read_image_size(path) == image.shape[:2]


@pytest.mark.parametrize(
    ("mode", "options"), [("RGBA", {}), ("L", {}), ("RGB", {"big_tiff": True}), ("I;16", {}),
                          ("RGBA", {"compression": "tiff_lzw"})]
)  # fmt: skip
def test_tiffs_of_all_kinds(tmp_path, mode, options):
    grey = Image.fromarray(corner()[..., 0])
    picture = grey.convert(mode) if mode != "I;16" else Image.fromarray(np.uint16(grey) * 257)
    picture.save(tmp_path / "a.tif", exif=turned(6), **options)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), UPRIGHT[6](corner()))
    assert read_image_size(tmp_path / "a.tif") == (40, 24)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif"])
def test_an_orientation_in_xmp_alone_does_not_count(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".png":  # a chunk of text
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        Image.fromarray(corner()).save(path, pnginfo=info)
    else:
        Image.fromarray(corner()).save(path, xmp=XMP)
    assert read_image(path).shape[:2] == read_image_size(path) == (24, 40)


@pytest.mark.parametrize(
    ("exif", "orientation"),
    [
        (exif_of([(ORIENTATION, 3, 1, b"\x06\0\0\0")]), 6),
        (exif_of([(ORIENTATION, 3, 1, b"\0\x08\0\0")], ">"), 8),
        (exif_of([(256, 3, 1, bytes(4)), (ORIENTATION, 4, 1, b"\x06\0\0\0")]), 6),
        (exif_of([(ORIENTATION, 3, 1, b"\x09\0\0\0")]), 1),  # no such orientation
        (exif_of([(ORIENTATION, 3, 1, b"\0\0\0\0")]), 1),
        (exif_of([(ORIENTATION, 2, 1, b"\x06\0\0\0")]), 1),  # text
        (exif_of([(ORIENTATION, 3, 1, b"\x06\0\0\0")])[:-10], 1),  # cut off
        (b"Exif\0\0II*\0\xff\xff\xff\xff", 1),  # its directory is not there
        (b"Exif\0\0nothing", 1),
        (b"", 1),
    ],
)
def test_broken_exif(tmp_path, exif, orientation):
    buffer = io.BytesIO()
    Image.fromarray(corner()).save(buffer, "JPEG")
    data = buffer.getvalue()
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:2] + segment + data[2:])
    assert read_header(path.read_bytes()) == ImageHeader("JPEG", (24, 40), orientation)
    assert (
        read_image(path).shape[:2]
        == read_image_size(path)
        == UPRIGHT[orientation](corner()).shape[:2]
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WebP"), ("a.avif", "AVIF"), ("a.tif", "TIFF"),
     ("a.gif", "GIF"), ("a.bmp", "BMP"), ("a.jp2", "JPEG 2000"), ("a.ppm", "")],
)  # fmt: skip
def test_sizes_of_all_formats(tmp_path, name, kind):
    path = tmp_path / name
    Image.fromarray(corner()).save(path)
    assert read_header(path.read_bytes()) == ImageHeader(kind, (24, 40) if kind else None)
    assert read_image(path).shape[:2] == read_image_size(path) == (24, 40)
    for length in range(0, 60, 7):  # of any bytes there is an answer
        read_header(path.read_bytes()[:length])


@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_with_alpha_and_without(tmp_path, lossless):
    for mode in ("RGB", "RGBA"):
        path = tmp_path / "a.webp"
        Image.fromarray(corner()).convert(mode).save(path, lossless=lossless)
        assert read_image(path).shape[:2] == read_image_size(path) == (24, 40)
