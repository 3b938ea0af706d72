"""HDF5 files that lead elsewhere, or say more than there is."""

import struct
import tracemalloc

import h5py
import numpy as np
import pytest

from keras_maskrcnn.checkpoints import CheckpointError, hdf5_file, read_keras_h5


def refusal(path, megabytes=5):
    tracemalloc.start()
    with pytest.raises(CheckpointError) as caught:
        read_keras_h5(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < megabytes * 2**20
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.fixture
def path(tmp_path):
    """One layer of one weight, which a test puts in."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["layer_names"] = [b"a"]
        file.create_group("a").attrs["weight_names"] = [b"kernel:0"]
    return tmp_path / "a.h5"


def add(path, function):
    with h5py.File(path, "a") as file:
        function(file["a"])
    return path


def put(link):
    def function(group):
        group["kernel:0"] = link

    return function


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (h5py.ExternalLink("/etc/other.h5", "/x"), "'/a' has a link to another file"),
        (h5py.SoftLink("/elsewhere"), "'kernel:0' in the group '/a' is a link"),
    ],
)
def test_links_are_refused(link, message, path):
    assert message in refusal(add(path, put(link)))


def test_numbers_in_another_file_are_refused(path, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(16))

    def function(group):
        outside = [(str(tmp_path / "secret"), 0, 16)]
        group.create_dataset("kernel:0", (4,), "f4", external=outside)

    assert "'/a/kernel:0' has its numbers in another file" in refusal(add(path, function))


def test_virtual_datasets_are_refused(path):
    def function(group):
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (4,))
        group.create_virtual_dataset("kernel:0", layout)

    assert "is a virtual dataset" in refusal(add(path, function))


@pytest.mark.parametrize(
    "value",
    [
        np.array([b"text"]),
        np.zeros(2, "f4,i4"),
        np.array([1 + 2j]),
        h5py.Empty("f4"),
        np.array(["text"], h5py.string_dtype()),
        np.array([True]),
    ],
    ids=["text", "record", "complex", "null", "text of any length", "enumeration"],
)
def test_what_is_no_number_is_refused(value, path):
    message = refusal(add(path, lambda group: group.create_dataset("kernel:0", data=value)))
    assert "the dataset '/a/kernel:0' must hold numbers" in message


def test_references_are_refused(path):
    def function(group):
        group.create_dataset("kernel:0", data=group.ref, dtype=h5py.ref_dtype)

    assert "must hold numbers" in refusal(add(path, function))


def test_a_type_that_lies_elsewhere_is_refused(path):
    def function(group):
        group.file["type"] = np.dtype("f4")
        group.create_dataset("kernel:0", (4,), group.file["type"])

    assert "'/a/kernel:0' shares its description" in refusal(add(path, function))


@pytest.mark.parametrize(
    ("options", "number"), [({"compression": "lzf"}, 32000), ({"fletcher32": True}, 3)]
)
def test_other_filters_are_refused_by_number(options, number, path):
    def function(group):
        group.create_dataset("kernel:0", data=np.zeros((40, 40)), **options)

    assert f"is compressed by filter {number}" in refusal(add(path, function))


def test_chunks_that_are_not_there_are_not_made(path):
    def function(group):
        group.create_dataset("kernel:0", (2**20, 2**10), "f4", chunks=(64, 64))

    assert "declares 4294967296 bytes" in refusal(add(path, function))


def test_a_compressed_bomb_is_not_inflated(path):
    def function(group):
        data = np.zeros(2**25, "f4")
        group.create_dataset("kernel:0", data=data, chunks=(2**23,), compression=9)

    assert "declares 134217728 bytes" in refusal(add(path, function))


def test_chunks_that_are_missing_are_said(path):
    def function(group):
        made = group.create_dataset("kernel:0", (8, 8), "f4", chunks=(4, 4))
        made[:4] = 1

    assert "has 2 of 4 chunks" in refusal(add(path, function))


def test_a_dataset_that_was_never_written_is_said(path):
    message = refusal(add(path, lambda group: group.create_dataset("kernel:0", (3,), "f4")))
    assert "was never written" in message


def test_a_group_in_place_of_a_weight_is_said(path):
    message = refusal(add(path, lambda group: group.create_group("kernel:0")))
    assert "'/a/kernel:0' lacks the shape, type or place of a dataset" in message


def test_names_that_are_numbers_are_refused(path):
    with h5py.File(path, "a") as file:
        file.attrs["layer_names"] = [1, 2]
    assert "attribute 'layer_names' of '/' must be text" in refusal(path)


def test_a_dataset_under_many_names_is_bounded(path):
    def function(group):
        group["kernel:0"] = np.zeros(2**18, "f4")
        names = [f"a{number}/kernel:0" for number in range(100)]
        group.attrs["weight_names"] = [name.encode() for name in names]
        for name in names:
            group[name] = group["kernel:0"]

    assert "declares 1048576 bytes, and with it the file more than" in refusal(add(path, function))


def test_a_file_that_was_cut_says_how_much(path):
    add(path, put(np.zeros(4, "f4")))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert f"it must have {len(whole)} bytes and has {len(whole) - 1}" in refusal(path)


@pytest.mark.parametrize(
    ("signature", "offset", "layout", "value", "message"),
    [
        (b"\x89HDF", 8, "<B", 9, "the superblock has version 9"),
        (b"\x89HDF", 13, "<B", 4, "another size or start of addresses"),
        (b"\x89HDF", 24, "<Q", 512, "another size or start of addresses"),
        (b"\x89HDF", 64, "<Q", 2**63, "the header of '/' lies outside of the file"),
        (b"\x89HDF", 64, "<Q", 0, "the header of '/' is not where it must be"),
        (b"TREE", 0, "<I", 0, "the group '/' is not where it must be"),
        (b"TREE", 4, "<B", 1, "the tree of the group '/' is broken"),
        (b"TREE", 5, "<B", 3, "the group '/'"),
        (b"TREE", 6, "<H", 65535, "lies outside of the file"),
        (b"TREE", 32, "<Q", 2**64 - 1, "lies outside of the file"),
        (b"HEAP", 0, "<I", 0, "the group '/' is not where it must be"),
        (b"HEAP", 8, "<Q", 2**40, "lies outside of the file"),
        (b"HEAP", 24, "<Q", 2**64 - 8, "lies outside of the file"),
        (b"SNOD", 4, "<B", 2, "the group '/' is not where it must be"),
        (b"SNOD", 6, "<H", 65535, "lies outside of the file"),
        (b"SNOD", 8, "<Q", 2**63, "a name in the group '/' does not end"),
        (b"SNOD", 16, "<Q", 2**63, "the header of '/a' lies outside of the file"),
        (b"SNOD", 24, "<I", 2, "in the group '/' is a link"),
    ],
)
def test_blocks_that_do_not_add_up(signature, offset, layout, value, message, path):
    data = bytearray(add(path, put(np.zeros(4, "f4"))).read_bytes())
    struct.pack_into(layout, data, data.index(signature) + offset, value)
    path.write_bytes(data)
    assert message in refusal(path)


def test_a_tree_that_leads_to_itself_ends(path):
    data = bytearray(path.read_bytes())
    place = data.index(b"TREE")
    data[place + 5] = 7
    struct.pack_into("<Q", data, place + 32, place)
    path.write_bytes(data)
    assert "the tree of the group '/' is broken" in refusal(path)


def test_a_header_that_goes_on_in_itself_ends(path):
    data = bytearray(path.read_bytes())
    header = struct.unpack_from("<Q", data, 64)[0]
    # Its first message becomes a continuation at itself, and it claims 5000 messages.
    struct.pack_into("<H", data, header + 2, 5000)
    struct.pack_into("<2HI2Q", data, header + 16, 0x10, 16, 0, header + 16, 24)
    path.write_bytes(data)
    assert "'/' has no attribute 'layer_names'" in refusal(path)


def test_more_entries_than_any_file_has(path, monkeypatch):
    add(path, put(np.zeros(4, "f4")))
    monkeypatch.setattr(hdf5_file, "MAX_ENTRIES", 20)
    assert "the file has more than 20 entries, or runs in circles" in refusal(path)
