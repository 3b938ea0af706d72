"""A zip file as torch.save writes it, or as it is packed again, and no other.

Every record of the directory is held against the file and against the record before the member
itself, so that there is one reading of the file: no members that overlap, hide or appear twice, no
paths, no encryption, no size that was not paid for out of the budget. Members that are stored are
given as slices of the file. Their checksums are not compared, as torch.load does not either: files
written with `set_crc32_options(False)` have none.
"""

import dataclasses
import struct
import zlib

from keras_maskrcnn.checkpoints.errors import CheckpointError, shown

MAX_MEMBERS = 100_000
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_LONGEST_COMMENT = 0xFFFF
_IN_EXTRA = 0xFFFFFFFF  # a number that stands in the zip64 record behind the entry
_DAMAGED = "The file is damaged or was cut: download it again"


@dataclasses.dataclass(frozen=True)
class Member:
    """A file in the archive.

    Args:
        name: str, without the folder that all members lie in.
        deflated: whether it is compressed.
        header: int, byte of the file at which its own record begins.
        packed: int, bytes that it takes in the file.
        size: int, bytes that it has.
        crc: checksum of what it has.
        start: int, byte of the file at which it begins.
    """

    name: str
    deflated: bool
    header: int
    packed: int
    size: int
    crc: int
    start: int


class ZipArchive:
    """The members of a zip file.

    Args:
        view: memoryview of the file.
        budget: `Budget` for what is decompressed.

    `members` is a dict from name to `Member`.

    Raises:
        CheckpointError: if the directory is damaged or unusual.
    """

    def __init__(self, view, budget):
        self._view = view
        self._budget = budget
        self._decompressed = {}
        count, start, end = self._directory()
        members = list(self._entries(count, start, end))
        self._check_overlap(members, start)
        prefixes = {member.name.partition("/")[0] for member in members}
        if len(prefixes) != 1:
            raise CheckpointError(
                f"the zip directory has members in {len(prefixes)} folders, and torch.save puts "
                f"all into one. {_what_zip(member.name for member in members)}"
            )
        self.members = {}
        for member in members:
            name = member.name.partition("/")[2]
            if name in self.members:
                raise CheckpointError(f"the zip directory has '{shown(name)}' twice. {_DAMAGED}")
            if name:
                self.members[name] = member

    def read(self, name) -> memoryview:
        """Return the bytes of a member: a slice of the file if it is stored.

        Args:
            name: str.

        Returns:
            bytes-like.

        Raises:
            CheckpointError: if there is no such member, or it is damaged.
        """
        if name not in self.members:
            raise CheckpointError(f"there is no member '{shown(name)}'. {_DAMAGED}")
        member = self.members[name]
        data = self._view[member.start : member.start + member.packed]
        if not member.deflated:
            return data
        if name not in self._decompressed:
            self._budget.take(member.size, f"member '{shown(name)}'")
            self._decompressed[name] = memoryview(_inflated(data, member))
        return self._decompressed[name]

    def _unpack(self, layout, place, what):
        size = struct.calcsize(layout)
        if place < 0 or place + size > len(self._view):
            raise CheckpointError(
                f"{what} of the zip directory lies outside of the file. {_DAMAGED}"
            )
        return struct.unpack_from(layout, self._view, place)

    def _directory(self):
        """Return the number of entries, and where they begin and end."""
        tail = max(len(self._view) - _LONGEST_COMMENT - 22, 0)
        found = bytes(self._view[tail:]).rfind(_END)
        if found < 0:
            raise CheckpointError(
                f"the zip directory at the end of the file is missing. {_DAMAGED}"
            )
        place = tail + found
        _, disk, disk2, _, count, size, start, comment = self._unpack("<4s4H2IH", place, "the end")
        if disk or disk2 or place + 22 + comment != len(self._view):
            raise CheckpointError(f"the end of the zip directory is broken. {_DAMAGED}")
        end = place
        if place >= 20 and self._view[place - 20 : place - 16] == _LOCATOR64:
            _, disk, end, _ = self._unpack("<4sIQI", place - 20, "the locator")
            signature, _, _, _, _, _, _, count, size, start = self._unpack(
                "<4sQ2H2I4Q", end, "the zip64 end"
            )
            if signature != _END64 or disk:
                raise CheckpointError(f"the zip64 end of the directory is broken. {_DAMAGED}")
        if start + size != end:
            raise CheckpointError(f"the zip directory is not where it must be. {_DAMAGED}")
        if not 0 < count <= MAX_MEMBERS:
            raise CheckpointError(
                f"the zip directory has {count} members, and a checkpoint 1 to {MAX_MEMBERS}. "
                f"{_DAMAGED}"
            )
        return count, start, end

    def _entries(self, count, place, end):
        for _ in range(count):
            fields = self._unpack("<4s6H3I5H2I", place, "an entry")
            signature, _, _, flags, method, _, _, crc, packed, size = fields[:10]
            name_size, extra_size, comment_size, disk, _, _, header = fields[10:]
            data = bytes(self._view[place + 46 : place + 46 + name_size + extra_size])
            place += 46 + name_size + extra_size + comment_size
            if signature != _ENTRY or disk or place > end:
                raise CheckpointError(f"an entry of the zip directory is broken. {_DAMAGED}")
            name = _checked_name(data[:name_size])
            size, packed, header = _from_extra(data[name_size:], size, packed, header, name)
            if flags & _ENCRYPTED:
                raise CheckpointError(
                    f"member '{shown(name)}' is encrypted. Unpack it and pack it anew"
                )
            if method not in (_STORED, _DEFLATED):
                raise CheckpointError(
                    f"member '{shown(name)}' is compressed by method {method}, and torch.save "
                    "stores. Unpack it and pack it anew with zip -0"
                )
            if method == _STORED and packed != size:
                raise CheckpointError(f"member '{shown(name)}' has two sizes. {_DAMAGED}")
            start = self._start(name, data[:name_size], method, header)
            yield Member(name, method == _DEFLATED, header, packed, size, crc, start)
        if place != end:
            raise CheckpointError(f"the zip directory has more than its entries. {_DAMAGED}")

    def _start(self, name, raw_name, method, header):
        """Byte at which a member begins, behind a record that must agree with the directory."""
        fields = self._unpack("<4s5H3I2H", header, f"member '{shown(name)}'")
        signature, local_method, name_size, extra_size = fields[0], fields[3], *fields[-2:]
        same_name = self._view[header + 30 : header + 30 + name_size] == raw_name
        if signature != _LOCAL or local_method != method or not same_name:
            raise CheckpointError(
                f"member '{shown(name)}' is not where the directory says. {_DAMAGED}"
            )
        return header + 30 + name_size + extra_size

    def _check_overlap(self, members, directory):
        ordered = sorted(members, key=lambda member: member.header)
        ends = [member.header for member in ordered[1:]] + [directory]
        for member, end in zip(ordered, ends, strict=True):
            if member.start + member.packed > end:
                raise CheckpointError(
                    f"member '{shown(member.name)}' reaches into what comes after it. {_DAMAGED}"
                )


def _checked_name(raw):
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise CheckpointError(f"the zip directory has a broken name. {_DAMAGED}") from None
    parts = name.removesuffix("/").split("/")
    if "\\" in name or not name.isprintable() or any(p in ("", ".", "..") for p in parts):
        raise CheckpointError(
            f"the zip directory has a member '{shown(name)}', which could be written anywhere. "
            "Nothing was unpacked. Do not use the file"
        )
    return name


def _from_extra(extra, size, packed, header, name):
    """Take the numbers that need 64 bits from the zip64 record behind the name."""
    numbers = [size, packed, header]
    if _IN_EXTRA not in numbers:
        return numbers
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        record = extra[place + 4 : place + 4 + length]
        place += 4 + length
        wanted = [index for index, number in enumerate(numbers) if number == _IN_EXTRA]
        if kind == 1 and len(record) >= 8 * len(wanted):
            for index, number in zip(
                wanted, struct.iter_unpack("<Q", record[: 8 * len(wanted)]), strict=True
            ):
                numbers[index] = number[0]
            return numbers
    raise CheckpointError(f"member '{shown(name)}' has no zip64 record. {_DAMAGED}")


def _inflated(data, member):
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(data, member.size + 1)
    except zlib.error:
        raise CheckpointError(
            f"member '{shown(member.name)}' cannot be decompressed. {_DAMAGED}"
        ) from None
    if len(content) != member.size or not inflater.eof or zlib.crc32(content) != member.crc:
        raise CheckpointError(f"member '{shown(member.name)}' is not what it was. {_DAMAGED}")
    return content


def _what_zip(names):
    """Return what else a zip file may be."""
    names = set(names)
    if "config.json" in names and "model.weights.h5" in names:
        return "It is a .keras file: keras.models.load_model reads it"
    if names and all(name.endswith(".npy") for name in names):
        return "It is a file of numpy.savez: numpy.load reads it"
    return _DAMAGED
