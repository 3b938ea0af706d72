"""The tags of a TIFF file's first directory; EXIF is such a directory too."""

import dataclasses

_BYTES = {1: 1, 3: 2, 4: 4, 16: 8}  # of a value, by the kind of whole number
_MOST_TAGS = 4096


@dataclasses.dataclass(frozen=True, slots=True)
class Tag:
    """A whole number that a directory states.

    Args:
        value: int; the first, if there are several.
        place: int, the byte in the data that it begins at.
        size: int, its bytes.
        order: "little" or "big".
    """

    value: int
    place: int
    size: int
    order: str


def read_tags(data) -> dict[int, Tag]:
    """Read the whole numbers that lie in the first directory itself.

    Args:
        data: bytes or a memory map, of a TIFF or BigTIFF file, or of EXIF without its mark.

    Returns:
        dict from a tag's number to its `Tag`, of whatever the data hold: {} if they are not TIFF.

    >>> entry = b"\\x12\\x01\\x03\\x00\\x01\\x00\\x00\\x00\\x06\\x00\\x00\\x00"  # orientation 6
    >>> read_tags(b"II*\\x00\\x08\\x00\\x00\\x00\\x01\\x00" + entry)[274].value
    6
    """
    order = {b"II": "little", b"MM": "big"}.get(data[:2])
    if order is None:
        return {}

    def number(place, size):
        return int.from_bytes(data[place : place + size], order)

    big = number(2, 2) == 43
    word = 8 if big else 4  # bytes of a place in the file
    directory = number(word, word)
    first = directory + (8 if big else 2)
    count = min(number(directory, first - directory), _MOST_TAGS)
    tags = {}
    for entry in range(first, min(first + count * (4 + 2 * word), len(data)), 4 + 2 * word):
        place, size = entry + 4 + word, _BYTES.get(number(entry + 2, 2), 0)
        if 0 < size * number(entry + 4, word) <= word:
            tags.setdefault(number(entry, 2), Tag(number(place, size), place, size, order))
    return tags


def with_values(data, tags, values) -> bytes:
    """Return the data with other values of tags, where the data have such.

    Args:
        data: bytes that the tags were read from.
        tags: what `read_tags` gave.
        values: dict from a tag's number to its new value.
    """
    changed = bytearray(data)
    for name, value in values.items():
        if tag := tags.get(name):
            changed[tag.place : tag.place + tag.size] = value.to_bytes(tag.size, tag.order)
    return bytes(changed)
