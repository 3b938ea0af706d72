"""Writes checkpoints, honest and hostile ones, without torch: instruction by instruction."""

import pickle
import struct
import sys
import zipfile

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class Raw(bytes):
    """Instructions of a pickle, as they are."""


def encode(value):
    """The instructions that push a value; `Raw` in it stays as it is."""
    if isinstance(value, Raw):
        return value
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(data)]) + data
    if isinstance(value, str):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return b"B" + struct.pack("<I", len(value)) + value
    if isinstance(value, tuple):
        return b"(" + b"".join(map(encode, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(encode, value)) + b"e"
    pairs = b"".join(encode(key) + encode(item) for key, item in value.items())
    return b"}(" + pairs + b"u"


def named(module, name):
    return Raw(f"c{module}\n{name}\n".encode())


def call(module, name, *arguments):
    return Raw(named(module, name) + encode(arguments) + b"R")


def pickled(value):
    return b"\x80\x02" + encode(value) + b"."


def pickle_file(path, content):
    path.write_bytes(pickled(content))
    return path


def storage(key, size, kind="FloatStorage", *part):
    return Raw(encode(("storage", named("torch", kind), key, "cpu", size, *part)) + b"Q")


def tensor(where, shape, strides, offset=0):
    function = "_rebuild_tensor_v2"
    return call("torch._utils", function, where, offset, shape, strides, False, {})


def zip_file(path, content, storages, byte_order=b"little", **options):
    """As torch.save since 1.6: `content` is encoded, `storages` is a dict from key to bytes."""
    with zipfile.ZipFile(path, "w", **options) as file:
        file.writestr("archive/data.pkl", pickled(content))
        file.writestr("archive/byteorder", byte_order)
        for key, data in storages.items():
            file.writestr(f"archive/data/{key}", data)
        file.writestr("archive/version", b"3\n")
    return path


def legacy_file(path, content, storages, keys=None):
    """As torch.save before 1.6: `storages` is a dict from key to the count of numbers and bytes."""
    system = {"protocol_version": PROTOCOL, "little_endian": sys.byteorder == "little"}
    keys = list(storages) if keys is None else keys
    parts = [pickled(part) for part in (MAGIC, PROTOCOL, system, content, keys)]
    parts += [struct.pack("<q", count) + data for count, data in storages.values()]
    path.write_bytes(b"".join(parts))
    return path


class Python2Pickler(pickle._Pickler):
    """Writes text and bytes alike as Python 2 does, in protocol 2."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_string(self, value):
        data = value.encode("latin1") if isinstance(value, str) else value
        self.write(b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_string


def python2_file(path, content):
    with path.open("wb") as file:
        Python2Pickler(file, 2, fix_imports=True).dump(content)
    return path
