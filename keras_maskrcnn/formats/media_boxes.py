"""The boxes that AVIF and JPEG 2000 files are made of (ISO/IEC 14496-12 and 23008-12)."""

from collections.abc import Generator

# (turns by 90 degrees to the left, then mirroring: 0 exchanges top and bottom, 1 left and right) ->
# EXIF orientation
_ORIENTATIONS = {
    (0, None): 1, (1, None): 8, (2, None): 3, (3, None): 6,
    (0, 0): 4, (1, 0): 5, (2, 0): 2, (3, 0): 7,
    (0, 1): 2, (1, 1): 7, (2, 1): 4, (3, 1): 5,
}  # fmt: skip
_FULL = (b"meta", b"pitm", b"ipma", b"ispe")  # boxes whose content begins with 4 bytes more


def boxes(data, start=0, end=None) -> Generator[tuple[bytes, int, int]]:
    """Generate (name, start, end) of the content of each box between two bytes."""
    end = len(data) if end is None else min(end, len(data))
    while start + 8 <= end:
        size, name, head = _number(data, start, 4), data[start + 4 : start + 8], 8
        if size == 1:
            size, head = _number(data, start + 8, 8), 16
        stop = end if size == 0 else min(start + size, end)
        if stop < start + head:
            return
        yield name, start + head + 4 * (name in _FULL), stop
        start = stop


def find(data, path, start=0, end=None) -> tuple[int, int] | None:
    """Return the start and end of the content of the first box at a path of names, or None."""
    for name, *inside in boxes(data, start, end):
        if name == path[0]:
            return find(data, path[1:], *inside) if path[1:] else tuple(inside)
    return None


def primary_image(data) -> tuple[tuple[int, int] | None, int]:
    """Return the stored (height, width), or None, and the orientation of an AVIF's main image."""
    meta = find(data, (b"meta",))
    item = meta and find(data, (b"pitm",), *meta)
    table = meta and find(data, (b"iprp", b"ipco"), *meta)
    links = meta and find(data, (b"iprp", b"ipma"), *meta)
    if not (item and table and links):
        return None, 1
    number = _number(data, item[0], 4 if data[item[0] - 4] else 2)
    properties = list(boxes(data, *table))
    used = [properties[i - 1] for i in _linked(data, links, number) if 0 < i <= len(properties)]
    size, turns, mirror = None, 0, None
    for name, start, _ in used:
        if name == b"ispe" and size is None:
            size = _number(data, start + 4, 4), _number(data, start, 4)
        elif name == b"irot":  # after a mirroring it turns the other way round
            turns = (turns + (_number(data, start, 1) & 3) * (1 if mirror is None else -1)) % 4
        elif name == b"imir":
            mirror = _number(data, start, 1) & 1
    return size, _ORIENTATIONS[turns, mirror]


def _linked(data, links, number):
    """Return the numbers, from 1, of the properties that `ipma` gives an item."""
    start, end = links
    head = _number(data, start - 4, 4)  # version and flags
    wide_items, wide_links = 4 if head >> 24 else 2, 2 if head & 1 else 1
    place = start + 4
    for _ in range(min(_number(data, start, 4), end - start)):
        item, count = _number(data, place, wide_items), _number(data, place + wide_items, 1)
        place += wide_items + 1
        if item == number:
            starts = range(place, min(place + count * wide_links, end), wide_links)
            essential = 1 << (8 * wide_links - 1)
            return [_number(data, at, wide_links) & (essential - 1) for at in starts]
        place += count * wide_links
    return []


def _number(data, start, size):
    return int.from_bytes(data[start : start + size], "big")
