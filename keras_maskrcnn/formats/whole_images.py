"""Whether an image file is there to its end. Decoders differ in whether they tell.

A file that lacks its end marker only, as some cameras and broken transfers leave it, decodes whole.
"""

import io
import warnings
import zlib

import numpy as np
from PIL import Image

from keras_maskrcnn.formats.image_headers import START_OF_SCAN, jpeg_segments, png_chunks

_JPEG_END = b"\xff\xd9"
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_GIF_END = b";"
_CHUNK = 1 << 20  # bytes of pixels unpacked at a time
# What follows a JPEG's data if they are whole is skipped; if not, these bytes become pixels.
_FILLING = bytes(range(0xFE, 0, -3)) * 8


def completed(data) -> bytes | None:
    """Return the data of an image with their end marker, or None if more than that is missing.

    Only JPEG, PNG and GIF are looked at: of the others, a decoder refuses what is cut off. Of a GIF
    it is the first image, none of whose colours is transparent.

    Args:
        data: bytes.
    """
    if data.startswith(b"\x89PNG"):
        return _completed_png(data)
    if data.startswith(b"GIF8"):
        return _first_of_gif(data)
    return _completed_jpeg(data) if data.startswith(b"\xff\xd8\xff") else data


def _completed_png(data):
    chunks = [chunk for chunk in png_chunks(data) if chunk[2] + 4 <= len(data)]  # those all there
    if not chunks or chunks[-1][0] == b"IEND":
        return data
    unpacker = zlib.decompressobj()
    for name, start, end in chunks:
        if name == b"IDAT" and not _unpacks(unpacker, data[start:end]):
            break
    return data[: chunks[-1][2] + 4] + _PNG_END if unpacker.eof else None


def _unpacks(unpacker, packed):
    """Feed packed bytes to a decompressor; whether they can be unpacked."""
    try:
        while packed and not unpacker.eof:
            unpacker.decompress(packed, _CHUNK)
            packed = unpacker.unconsumed_tail
    except zlib.error:
        return False
    return True


def _completed_jpeg(data):
    marker, end = 0, 2
    for segment in jpeg_segments(data):
        marker, start, end = segment
        if marker == START_OF_SCAN and data.find(_JPEG_END, start) >= 0:
            return data  # a thumbnail has its own end, before the start of the scan
    if marker != START_OF_SCAN:
        return None if end + 4 > len(data) else data  # or is no JPEG that a decoder takes
    scans = data.removesuffix(b"\xff")
    found, filled = (_pillows_pixels(scans + more + _JPEG_END) for more in (b"", _FILLING))
    return scans + _JPEG_END if found is not None and np.array_equal(found, filled) else None


def _pillows_pixels(jpeg):
    """Decode by Pillow, which prints nothing of what is missing; None if it cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return np.asarray(Image.open(io.BytesIO(jpeg), formats=["JPEG"]))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _first_of_gif(data):
    place, transparent = 13 + _gif_colours(data, 10), None
    while data[place : place + 1] == b"!":  # an extension
        if data[place + 1 : place + 2] == b"\xf9":  # how the next image is shown
            transparent = place + 3
        place = _after_gif_blocks(data, place + 2)
    if data[place : place + 1] != b",":
        return None if place >= len(data) else data
    end = _after_gif_blocks(data, place + 11 + _gif_colours(data, place + 9))
    if end > len(data):
        return None
    image = bytearray(data[:end] + _GIF_END)
    if transparent is not None:
        image[transparent] &= 0xFE
    return bytes(image)


def _gif_colours(data, place):
    """Return the bytes of the table of colours that the flags at a place speak of."""
    flags = int.from_bytes(data[place : place + 1])
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_gif_blocks(data, place):
    """Return where a row of blocks ends that begins at a place; past the data if it is cut off."""
    while size := int.from_bytes(data[place : place + 1]):
        place += 1 + size
    return place + 1
