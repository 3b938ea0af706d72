import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from keras_maskrcnn.checkpoints import CheckpointError, read_torch
from tests.checkpoints.writers import (
    call,
    encode,
    legacy_file,
    named,
    storage,
    tensor,
    zip_file,
)

FILES = Path(__file__).parent / "files"
FLOATS = np.arange(12, dtype="<f4")


def write_zip(path, content, data=FLOATS, **options):
    return zip_file(path, content, {"0": data.tobytes()}, **options)


def write_legacy(path, content, data=FLOATS):
    return legacy_file(path, content, {"0": (data.size, data.tobytes())})


both = pytest.mark.parametrize("write", [write_zip, write_legacy], ids=["zip", "legacy"])
KINDS = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


@pytest.mark.parametrize("name", ["torch_zip.pth", "torch_legacy.pth"])
def test_a_training_checkpoint_written_by_torch(name):
    arrays = read_torch(FILES / name)
    assert list(arrays) == [
        "conv.weight",
        "conv.bias",
        "bn.running_mean",
        "bn.num_batches_tracked",
        "fc.weight",
        "mask",
    ]
    np.testing.assert_array_equal(
        arrays["conv.weight"], np.arange(24, dtype="f4").reshape(2, 3, 2, 2)
    )
    assert arrays["conv.bias"].tolist() == [0.5, -1.25]
    assert arrays["bn.running_mean"].tolist() == [1.0, -2.0]
    assert arrays["bn.running_mean"].dtype == np.float32  # bfloat16 in the file
    assert arrays["bn.num_batches_tracked"].shape == ()
    assert arrays["bn.num_batches_tracked"] == 7
    assert arrays["fc.weight"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert arrays["fc.weight"].dtype == np.float16
    assert arrays["mask"].tolist() == [True, False]


@both
def test_strides_and_offset_count_numbers(write, tmp_path):
    # Of 0 1 2 ... 11: from number 1 on, two rows 6 apart of three columns 2 apart.
    content = {"a": tensor(storage("0", 12), (2, 3), (6, 2), offset=1)}
    array = read_torch(write(tmp_path / "a.pth", content))["a"]
    assert array.tolist() == [[1, 3, 5], [7, 9, 11]]


@both
@pytest.mark.parametrize("kind", KINDS)
def test_every_type_of_numbers(write, kind, tmp_path):
    data = np.array([0, 1, 2, 100]).astype(KINDS[kind])
    content = {"a": tensor(storage("0", 4, kind), (4,), (1,))}
    array = read_torch(write(tmp_path / "a.pth", content, data))["a"]
    assert array.dtype == data.dtype
    assert array.tolist() == data.tolist()


@both
def test_bfloat16_becomes_float32(write, tmp_path):
    bits = np.array([0x3F80, 0xC020, 0x7F80, 0x0001], "<u2")
    content = {"a": tensor(storage("0", 4, "BFloat16Storage"), (4,), (1,))}
    array = read_torch(write(tmp_path / "a.pth", content, bits))["a"]
    assert array.dtype == np.float32
    assert array.tolist() == [1.0, -2.5, float("inf"), 2.0**-133]


def test_big_endian_files_are_turned(tmp_path):
    content = {
        "a": tensor(storage("0", 12), (3, 4), (4, 1)),
        "b": tensor(storage("1", 2, "BFloat16Storage"), (2,), (1,)),
    }
    data = {
        "0": FLOATS.astype(">f4").tobytes(),
        "1": np.array([0x3F80, 0xC020], ">u2").tobytes(),
    }
    arrays = read_torch(zip_file(tmp_path / "a.pth", content, data, byte_order=b"big"))
    assert arrays["a"].dtype.isnative
    np.testing.assert_array_equal(arrays["a"], FLOATS.reshape(3, 4))
    assert arrays["b"].tolist() == [1.0, -2.5]


def test_stored_weights_are_read_only_views_of_the_file(tmp_path):
    path = write_zip(tmp_path / "a.pth", {"a": tensor(storage("0", 12), (12,), (1,))})
    array = read_torch(path)["a"]
    assert not array.flags.owndata
    assert not array.flags.writeable
    assert array.flags.aligned or sys.byteorder == "big"


def test_deflated_members_are_read(tmp_path):
    content = {"a": tensor(storage("0", 12), (12,), (1,))}
    path = write_zip(tmp_path / "a.pth", content, compression=zipfile.ZIP_DEFLATED)
    np.testing.assert_array_equal(read_torch(path)["a"], FLOATS)


@both
@pytest.mark.parametrize("place", ["model", "state_dict", "model_state_dict"])
def test_weights_under_a_key_of_trainings(write, place, tmp_path):
    # The optimizer's storage is not even in the file: it is not asked for.
    moment = tensor(storage("0", 12), (10**9,), (1,))
    content = {
        "iteration": 7,
        place: {"a": tensor(storage("0", 12), (12,), (1,))},
        "optimizer": {"state": {0: moment}},
    }
    arrays = read_torch(write(tmp_path / "a.pth", content))
    assert list(arrays) == ["a"]
    np.testing.assert_array_equal(arrays["a"], FLOATS)


def test_wrappers_are_taken_off_where_all_keys_have_them(tmp_path):
    one = tensor(storage("0", 12), (12,), (1,))
    path = tmp_path / "a.pth"
    assert list(read_torch(write_zip(path, {"module.a": one, "module.b": one}))) == ["a", "b"]
    assert list(read_torch(write_zip(path, {"module.a": one, "b": one}))) == ["module.a", "b"]
    for prefix in ("model.", "_orig_mod.", "ema.", "module._orig_mod.model."):
        both_wrapped = {f"{prefix}a": one, f"{prefix}b": one}
        assert list(read_torch(write_zip(path, both_wrapped))) == ["a", "b"]
    averaged = {"n_averaged": one, "module.model.a": one}
    assert list(read_torch(write_zip(path, averaged))) == ["a"]
    assert list(read_torch(write_zip(path, {"n_averaged": one, "a": one}))) == ["n_averaged", "a"]


@both
def test_parameters_and_tensors_of_2017(write, tmp_path):
    whole = storage("0", 12)
    old = call("torch._utils", "_rebuild_tensor", whole, 0, (12,), (1,))
    state = encode((whole, 2, (2,), (1,)))
    legacy = type(old)(named("torch", "FloatTensor") + b")\x81" + state + b"b")
    state = encode((old, None, {}, True, False))
    parameter = type(old)(named("torch.nn.parameter", "Parameter") + b")\x81" + state + b"b")
    content = {
        "new": call("torch._utils", "_rebuild_parameter", old, True, {}),
        "old": old,
        "tensor": legacy,
        "parameter": parameter,
    }
    arrays = read_torch(write(tmp_path / "a.pth", content))
    assert arrays["tensor"].tolist() == [2, 3]
    for name in ("new", "old", "parameter"):
        np.testing.assert_array_equal(arrays[name], FLOATS)


def test_a_dict_of_python_2(tmp_path):
    pairs = [["a", tensor(storage("0", 12), (12,), (1,))]]
    path = write_legacy(tmp_path / "a.pth", call("collections", "OrderedDict", pairs))
    np.testing.assert_array_equal(read_torch(path)["a"], FLOATS)


def test_a_part_of_a_legacy_storage(tmp_path):
    part = storage("0", 12, "FloatStorage", ("view", 4, 3))
    path = write_legacy(tmp_path / "a.pth", {"a": tensor(part, (2,), (1,), offset=1)})
    assert read_torch(path)["a"].tolist() == [5, 6]
    path = write_legacy(tmp_path / "a.pth", {"a": tensor(part, (4,), (1,))})
    with pytest.raises(CheckpointError, match="'a' reaches to element 3 of a storage of 3"):
        read_torch(path)


def test_a_dtype_without_a_storage_of_its_own(tmp_path):
    where = ("storage", named("torch.storage", "UntypedStorage"), "0", "cpu", 4)
    where = type(named("a", "b"))(encode(where) + b"Q")
    dtype = named("torch", "uint16")
    content = {"a": call("torch._utils", "_rebuild_tensor_v3", where, 0, (2,), (1,), 0, {}, dtype)}
    path = zip_file(tmp_path / "a.pth", content, {"0": struct.pack("<2H", 1, 65535)})
    assert read_torch(path)["a"].tolist() == [1, 65535]


def test_what_is_no_state_dict_says_what_it_has(tmp_path):
    one = tensor(storage("0", 12), (12,), (1,))
    path = write_zip(tmp_path / "a.pth", {"net": {"a": one}, "epoch": 3})
    with pytest.raises(CheckpointError, match=r"Its keys: 'net', 'epoch'. Save model.state_dict"):
        read_torch(path)
    with pytest.raises(CheckpointError, match="holds a tensor, not a dict of weights"):
        read_torch(write_zip(path, one))
    with pytest.raises(
        CheckpointError, match="holds an object of type list, not a dict of weights"
    ):
        read_torch(write_zip(path, [one]))


def test_a_torchscript_program_says_what_to_do(tmp_path):
    path = write_zip(tmp_path / "a.pt", {"a": 1})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("archive/constants.pkl", b"")
    with pytest.raises(CheckpointError, match="a.pt.: is a TorchScript program"):
        read_torch(path)


def test_a_zip_file_of_something_else_says_so(tmp_path):
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("photos/a.png", b"")
    with pytest.raises(CheckpointError, match="not of torch.save: it has no data.pkl"):
        read_torch(path)
    np.savez(tmp_path / "a.npz", a=FLOATS, b=FLOATS)
    with pytest.raises(CheckpointError, match="numpy.load reads it"):
        read_torch(tmp_path / "a.npz")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", b"{}")
        file.writestr("model.weights.h5", b"")
    with pytest.raises(CheckpointError, match="keras.models.load_model reads it"):
        read_torch(path)
