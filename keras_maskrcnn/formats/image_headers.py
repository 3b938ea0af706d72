"""What a file says of its image before it is decoded: the stored size, and how to turn it upright.

One answer for every decoder and version of it, from the bytes alone. Broken bytes give no error but
no answer: which file can be read, the decoder says.
"""

import dataclasses
from collections.abc import Generator

from keras_maskrcnn.formats import media_boxes
from keras_maskrcnn.formats.tiff_tags import read_tags

WIDTH, HEIGHT, ORIENTATION, EXTRA_SAMPLES = 0x0100, 0x0101, 0x0112, 0x0152  # tags of TIFF
_EXIF = b"Exif\0\0"
_NO_LENGTH = (0x01, *range(0xD0, 0xD8))  # markers of JPEG without a payload
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of JPEG that state the size
START_OF_SCAN = 0xDA


@dataclasses.dataclass(frozen=True, slots=True)
class ImageHeader:
    """What is known of an image that is not decoded.

    Args:
        kind: str, the format: "JPEG", "PNG", "WebP", "AVIF", "TIFF", "GIF", "BMP", "JPEG 2000", or
            "" for another one.
        size: (height, width) as stored, or None if that is not known.
        orientation: int, 1 to 8, as EXIF counts them: how the stored image is turned or mirrored.
    """

    kind: str = ""
    size: tuple[int, int] | None = None
    orientation: int = 1

    @property
    def upright_size(self) -> tuple[int, int] | None:
        """The (height, width) of the upright image, or None."""
        return self.size[::-1] if self.size and self.orientation > 4 else self.size


def read_header(data) -> ImageHeader:
    """Read what a file says of its image.

    The orientation is that of EXIF in JPEG, PNG and WebP, the tag of TIFF, and `irot` and `imir` of
    AVIF, whose EXIF does not count. One that is in XMP alone does not count either, as in web
    browsers, which most annotation tools run in.

    Args:
        data: bytes or a memory map of the file.

    Returns:
        `ImageHeader`, whatever the data are.
    """
    start = data[:32]
    for kind, (place, mark), read in _KINDS:
        if start[place : place + len(mark)] == mark:
            size, orientation = read(data)
            known = size if size and min(size) > 0 else None
            return ImageHeader(kind, known, orientation if 1 <= orientation <= 8 else 1)
    return ImageHeader()


def jpeg_segments(data) -> Generator[tuple[int, int, int]]:
    """Generate (marker, start, end) of the payload of each segment before the first scan's data."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF or marker in _NO_LENGTH:  # a fill byte before a marker
            place += 1 if marker == 0xFF else 2
            continue
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        yield marker, place + 4, end
        if marker == START_OF_SCAN:
            return
        place = max(end, place + 4)


def png_chunks(data) -> Generator[tuple[bytes, int, int]]:
    """Generate (name, start, end) of the content of each chunk; the last may end after the data."""
    place = 8
    while place + 8 <= len(data):
        name, end = data[place + 4 : place + 8], place + 8 + int.from_bytes(data[place : place + 4])
        yield name, place + 8, end
        if name == b"IEND":
            return
        place = end + 4  # a checksum


def exif_orientation(exif) -> int:
    """Return the orientation, 1 to 8, that EXIF states, with or without its mark; 1 if none."""
    tag = read_tags(exif.removeprefix(_EXIF)).get(ORIENTATION)
    return tag.value if tag and 1 <= tag.value <= 8 else 1


def _jpeg(data):
    size, exif = None, b""
    for marker, start, end in jpeg_segments(data):
        if marker in _FRAMES and size is None:
            size = _pair(data[start + 1 : start + 5], "big")
        elif marker == 0xE1 and not exif and data[start : start + 6] == _EXIF:
            exif = data[start:end]
    return size, exif_orientation(exif)


def _png(data):
    exif = next((data[a:b] for name, a, b in png_chunks(data) if name == b"eXIf"), b"")
    return _pair(data[16:24], "big")[::-1], exif_orientation(exif)


def _webp(data):
    size, exif, place = None, b"", 12
    while place + 8 <= len(data):
        name, start = data[place : place + 4], place + 8
        end = start + int.from_bytes(data[place + 4 : start], "little")
        if size is None and name in _WEBP_SIZES:
            size = _WEBP_SIZES[name](data[start : start + 10])
        elif name == b"EXIF" and not exif:
            exif = data[start:end]
        place = end + end % 2
    return size, exif_orientation(exif)


def _webp_canvas(content):
    return tuple(1 + int.from_bytes(content[at : at + 3], "little") for at in (7, 4))


def _webp_lossless(content):
    bits = int.from_bytes(content[1:5], "little")
    return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)


def _webp_lossy(content):
    width, height = _pair(content[6:10], "little")
    return height & 0x3FFF, width & 0x3FFF


_WEBP_SIZES = {b"VP8X": _webp_canvas, b"VP8L": _webp_lossless, b"VP8 ": _webp_lossy}


def _tiff(data):
    tags = read_tags(data)
    size = tuple(tags[name].value for name in (HEIGHT, WIDTH) if name in tags)
    orientation = tags[ORIENTATION].value if ORIENTATION in tags else 1
    return size if len(size) == 2 else None, orientation


def _gif(data):
    return _pair(data[6:10], "little")[::-1], 1


def _bmp(data):
    if int.from_bytes(data[14:18], "little") == 12:  # the first version
        return _pair(data[18:22], "little")[::-1], 1
    sides = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (22, 18))
    return tuple(map(abs, sides)), 1


def _jpeg_2000(data):
    header = media_boxes.find(data, (b"jp2h", b"ihdr"))
    return (_pair(data[header[0] : header[0] + 8], "big") if header else None), 1


def _moving_avif(data):
    return None, media_boxes.primary_image(data)[1]  # its frames have a size of their own


def _pair(content, order):
    half = len(content) // 2
    return int.from_bytes(content[:half], order), int.from_bytes(content[half:], order)


# Format, its mark and the byte where that stands, and the reader of (size, orientation).
_KINDS = (
    ("JPEG", (0, b"\xff\xd8\xff"), _jpeg),
    ("PNG", (0, b"\x89PNG\r\n\x1a\n"), _png),
    ("WebP", (8, b"WEBP"), _webp),
    ("AVIF", (4, b"ftypavif"), media_boxes.primary_image),
    ("AVIF", (4, b"ftypavis"), _moving_avif),
    ("TIFF", (0, b"II*\0"), _tiff),
    ("TIFF", (0, b"MM\0*"), _tiff),
    ("TIFF", (0, b"II+\0"), _tiff),
    ("TIFF", (0, b"MM\0+"), _tiff),
    ("GIF", (0, b"GIF8"), _gif),
    ("BMP", (0, b"BM"), _bmp),
    ("JPEG 2000", (4, b"jP  \r\n\x87\n"), _jpeg_2000),
)
