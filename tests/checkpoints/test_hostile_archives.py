"""Files of torch.save whose directory, storages or tensors are not what they say."""

import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from keras_maskrcnn.checkpoints import CheckpointError, read_torch, zip_archive
from tests.checkpoints.writers import legacy_file, storage, tensor, zip_file

FLOATS = np.arange(12, dtype="<f4").tobytes()
WEIGHTS = {"a": tensor(storage("0", 12), (12,), (1,))}
ENTRY, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"


def refusal(path, megabytes=5):
    tracemalloc.start()
    with pytest.raises(CheckpointError) as caught:
        read_torch(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < megabytes * 2**20
    assert str(path) in str(caught.value)
    return str(caught.value)


def edited(path, where, offset, layout, value, index=0):
    """Overwrites a number behind the index-th of the records that begin with `where`."""
    data = bytearray(path.read_bytes())
    place = -1
    for _ in range(index + 1):
        place = data.index(where, place + 1)
    struct.pack_into(layout, data, place + offset, value)
    path.write_bytes(data)
    return path


@pytest.fixture
def path(tmp_path):
    return zip_file(tmp_path / "a.pth", WEIGHTS, {"0": FLOATS})


@pytest.mark.parametrize("write", [zip_file, legacy_file])
@pytest.mark.parametrize(
    ("shape", "strides", "offset", "message"),
    [
        ((13,), (1,), 0, "reaches to element 12 of a storage of 12"),
        ((12,), (1,), 1, "reaches to element 12 of a storage of 12"),
        ((2,), (2**62,), 0, "reaches to element 4611686018427387904 of a storage of 12"),
        ((12,), (1,), 2**63, "reaches to element"),
        ((12,), (1,), -1, "must have a stride from 0 on for each size, and an offset"),
        ((12,), (-1,), 11, "must have a stride from 0 on for each size, and an offset"),
        ((3, 4), (4,), 0, "must have a stride from 0 on for each size, and an offset"),
        ((12,), [1], 0, "must have a stride from 0 on for each size, and an offset"),
        ((12,), (True,), 0, "must have a stride from 0 on for each size, and an offset"),
        ((12,), (1,), None, "must have a stride from 0 on for each size, and an offset"),
        ((-12,), (1,), 0, "has no shape of at most 32 sizes"),
        ([12], (1,), 0, "has no shape of at most 32 sizes"),
        ((2**40, 2**40), (1, 1), 0, "has more than 1099511627776 elements"),
        ((2**40, 0, 2**40), (1, 1, 1), 0, "has more than 1099511627776 elements"),
        ((2**30,), (0,), 0, "declares 4294967296 bytes"),
        ((12,), (0,), 0, "has elements that share memory"),
        ((3, 4), (2, 1), 0, "has elements that share memory"),
        ((3, 3), (1, 1), 0, "has elements that share memory"),
        ((1,) * 33, (1,) * 33, 0, "has no shape of at most 32 sizes"),
    ],
)
def test_tensors_outside_of_their_storage(write, shape, strides, offset, message, tmp_path):
    content = {"a": tensor(storage("0", 12), shape, strides, offset)}
    data = FLOATS if write is zip_file else (12, FLOATS)
    path = write(tmp_path / "a.pth", content, {"0": data})
    assert f"'a' {message}" in refusal(path)


def test_stride_0_is_right_where_there_is_one_index(tmp_path):
    content = {"a": tensor(storage("0", 12), (1, 12), (0, 1))}
    assert read_torch(zip_file(tmp_path / "a.pth", content, {"0": FLOATS}))["a"].shape == (1, 12)


@pytest.mark.parametrize("size", [11, 13, 2**62])
def test_storages_of_another_size(size, tmp_path):
    content = {"a": tensor(storage("0", size), (1,), (1,))}
    path = zip_file(tmp_path / "a.pth", content, {"0": FLOATS})
    assert f"the storage '0' must have {4 * size} bytes and has 48" in refusal(path)
    path = legacy_file(tmp_path / "a.pth", content, {"0": (12, FLOATS)})
    assert f"the storage '0' must have {size} numbers and has 12" in refusal(path)
    path = legacy_file(tmp_path / "a.pth", content, {"0": (size, FLOATS[: 4 * min(size, 11)])})
    if size != 11:
        assert "must have" in refusal(path)


def test_storages_that_are_missing_or_contradict_themselves(tmp_path):
    path = tmp_path / "a.pth"
    content = {"a": tensor(storage("../0", 12), (12,), (1,))}
    assert "no member 'data/../0'" in refusal(zip_file(path, content, {"0": FLOATS}))
    content = {**WEIGHTS, "b": tensor(storage("0", 6, "DoubleStorage"), (1,), (1,))}
    assert "the storage '0' has two sizes or types" in refusal(zip_file(path, content, {}))
    assert "the list of storages" in refusal(legacy_file(path, WEIGHTS, {}, keys=["1"]))
    assert "the list of storages" in refusal(legacy_file(path, WEIGHTS, {}, keys={}))
    assert "the storage of 'a' is not in the file" in refusal(legacy_file(path, WEIGHTS, {}))
    twice = legacy_file(path, WEIGHTS, {"0": (12, FLOATS)}, keys=["0", "0"])
    assert "or comes twice" in refusal(twice)


def test_many_copies_of_one_storage_are_bounded(tmp_path):
    one = tensor(storage("0", 2**18, "BFloat16Storage"), (2**18,), (1,))
    content = {f"a{number}": one for number in range(100)}
    path = zip_file(tmp_path / "a.pth", content, {"0": bytes(2**19)})
    assert "declares 1048576 bytes, and with it the file more than" in refusal(path, megabytes=90)


def test_an_unknown_byte_order(tmp_path):
    path = zip_file(tmp_path / "a.pth", WEIGHTS, {"0": FLOATS}, byte_order=b"mid\x1b[2J")
    assert r"the byte order is 'mid\x1b[2J'" in refusal(path)


def test_a_zip_bomb_is_not_inflated(tmp_path):
    content = {"a": tensor(storage("0", 2**25), (2**25,), (1,))}
    options = {"compression": zipfile.ZIP_DEFLATED, "compresslevel": 9}
    path = zip_file(tmp_path / "a.pth", content, {"0": bytes(2**27)}, **options)
    assert "declares 134217728 bytes" in refusal(path)


def test_a_member_larger_than_it_says(tmp_path):
    path = zip_file(
        tmp_path / "a.pth", WEIGHTS, {"0": bytes(2**24)}, compression=zipfile.ZIP_DEFLATED
    )
    path = edited(path, ENTRY, 24, "<I", 48, index=2)
    assert "member 'archive/data/0' is not what it was" in refusal(path)


def test_a_deflated_member_with_another_checksum_or_content(tmp_path):
    options = {"compression": zipfile.ZIP_DEFLATED}
    path = zip_file(tmp_path / "a.pth", WEIGHTS, {"0": FLOATS}, **options)
    whole = path.read_bytes()
    assert "is not what it was" in refusal(edited(path, ENTRY, 16, "<I", 1))
    path.write_bytes(whole)
    assert "cannot be decompressed" in refusal(
        edited(path, b"archive/data.pkl", 16, "<I", 2**32 - 1)
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/passwd", "/etc/passwd"),
        ("archive/../../x", "archive/../../x"),
        ("archive/./x", "archive/./x"),
        ("archive//x", "archive//x"),
        ("archive\\x", r"archive\\\\x"),
        ("archive/\x1b[2J", r"archive/\\x1b[2J"),
    ],
)
def test_names_that_are_paths(path, name, shown):
    with zipfile.ZipFile(path, "a") as file:
        info = zipfile.ZipInfo("archive/x")
        info.filename = name
        file.writestr(info, b"")
    message = refusal(path)
    assert f"'{shown}'".replace("\\\\", "\\") in message
    assert "could be written anywhere" in message


def test_members_twice_or_in_two_folders(path):
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning):
        file.writestr("archive/data/0", bytes(48))
    assert "has 'data/0' twice" in refusal(path)
    zip_file(path, WEIGHTS, {"0": FLOATS})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("other/data/0", bytes(48))
    assert "has members in 2 folders" in refusal(path)


def test_too_many_members(path, monkeypatch):
    monkeypatch.setattr(zip_archive, "MAX_MEMBERS", 3)
    assert "has 4 members, and a checkpoint 1 to 3" in refusal(path)


def test_folders_of_an_archive_packed_again_are_passed_over(path):
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("archive/", b"")
        file.writestr("archive/data/", b"")
    assert list(read_torch(path)) == ["a"]


@pytest.mark.parametrize(
    ("record", "offset", "layout", "value", "message"),
    [
        (ENTRY, 0, "<I", 0, "an entry of the zip directory is broken"),
        (ENTRY, 8, "<H", 1, "member 'archive/data.pkl' is encrypted"),
        (ENTRY, 8, "<H", 0x2000, "member 'archive/data.pkl' is encrypted"),
        (ENTRY, 10, "<H", 12, "compressed by method 12"),
        (ENTRY, 10, "<H", 8, "is not where the directory says"),
        (ENTRY, 20, "<I", 5, "has two sizes"),
        (ENTRY, 20, "<I", 2**32 - 1, "has no zip64 record"),
        (ENTRY, 28, "<H", 60_000, "an entry of the zip directory is broken"),
        (ENTRY, 28, "<H", 3, "member 'arc' is not where the directory says"),
        (ENTRY, 30, "<H", 7, "zip directory"),
        (ENTRY, 34, "<H", 1, "an entry of the zip directory is broken"),
        (ENTRY, 42, "<I", 1, "is not where the directory says"),
        (ENTRY, 42, "<I", 2**31, "lies outside of the file"),
        (ENTRY, 46, "<B", 0xFF, "a broken name"),
        (LOCAL, 8, "<H", 8, "is not where the directory says"),
        (LOCAL, 28, "<H", 60_000, "reaches into what comes after it"),
        (LOCAL, 31, "<B", 0x62, "is not where the directory says"),
        (END, 0, "<B", 0, "the zip directory at the end of the file is missing"),
        (END, 4, "<H", 1, "the end of the zip directory is broken"),
        (END, 10, "<H", 0, "has 0 members"),
        (END, 10, "<H", 3, "has more than its entries"),
        (END, 10, "<H", 5, "zip directory"),
        (END, 12, "<I", 7, "is not where it must be"),
        (END, 16, "<I", 2**31, "is not where it must be"),
        (END, 20, "<H", 1, "the end of the zip directory is broken"),
    ],
)
def test_directories_that_do_not_add_up(path, record, offset, layout, value, message):
    assert message in refusal(edited(path, record, offset, layout, value))


def test_members_that_overlap(path):
    data = path.read_bytes()
    # The entry of data/0 sent to the beginning of the file, where a copy of its header is.
    sizes = struct.pack("<2I", 400, 400)
    place = data.index(ENTRY, data.index(ENTRY, data.index(ENTRY) + 1) + 1)
    path.write_bytes(data[: place + 20] + sizes + data[place + 28 :])
    assert "'archive/data/0' reaches into what comes after it" in refusal(path)


def test_zip64_as_torch_writes_it(path):
    data = path.read_bytes()
    place = data.index(END)
    count, size, start = struct.unpack_from("<H2I", data, place + 10)
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4s4H2IH", END, 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    path.write_bytes(data[:place] + end64 + locator + end)
    assert list(read_torch(path)) == ["a"]
    path.write_bytes(data[:place] + bytes(4) + end64[4:] + locator + end)
    assert "the zip64 end of the directory is broken" in refusal(path)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 2**63, 1)
    path.write_bytes(data[:place] + end64 + locator + end)
    assert "the zip64 end of the zip directory lies outside" in refusal(path)


def test_sizes_of_64_bits(tmp_path):
    path = tmp_path / "a.pth"
    zip_file(path, WEIGHTS, {"0": FLOATS})
    data = path.read_bytes()
    # The entry of data.pkl with its three numbers in a zip64 record, as in files beyond 4 GiB.
    place = data.index(ENTRY)
    packed, size, header = *struct.unpack_from("<2I", data, place + 20), 0
    entry = bytearray(data[place : place + 62])
    struct.pack_into("<2IHHH2HII", entry, 20, *(2**32 - 1,) * 2, 16, 28, 0, 0, 0, 0, 2**32 - 1)
    extra = struct.pack("<2H3Q", 1, 24, size, packed, header)
    end = bytearray(data[data.index(END) :])
    struct.pack_into("<I", end, 12, struct.unpack_from("<I", end, 12)[0] + 28)
    rest = data[place + 62 : data.index(END)]
    path.write_bytes(data[:place] + bytes(entry) + extra + rest + bytes(end))
    assert list(read_torch(path)) == ["a"]
