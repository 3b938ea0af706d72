from pathlib import Path

import h5py
import numpy as np
import pytest

from keras_maskrcnn.checkpoints import CheckpointError, read_keras_h5

FILES = Path(__file__).parent / "files"
NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def write(path, layers, nested=False, libver=None, **options):
    """`layers`: dict from layer to dict from weight name to array."""
    with h5py.File(path, "w", libver=libver) as file:
        group = file.create_group("model_weights") if nested else file
        group.attrs["layer_names"] = [name.encode() for name in layers]
        for name, weights in layers.items():
            layer = group.create_group(name)
            layer.attrs["weight_names"] = np.array([weight.encode() for weight in weights])
            for weight, array in weights.items():
                layer.create_dataset(weight, data=array, **options)
    return path


def conv(layer, suffix="", kind_suffix=""):
    return {
        f"{layer}{suffix}/kernel{kind_suffix}:0": np.arange(12, dtype="f4").reshape(1, 1, 3, 4),
        f"{layer}{suffix}/bias{kind_suffix}:0": np.arange(4, dtype="f4"),
    }


def test_a_file_as_keras_2_writes_it():
    arrays = read_keras_h5(FILES / "matterport.h5")
    assert list(arrays) == [
        "conv1/kernel",
        "conv1/bias",
        *(f"bn_conv1/{kind}" for kind in NORM),
        "rpn_conv_shared/kernel",
        "rpn_conv_shared/bias",
        "rpn_class_raw/kernel",
        "rpn_class_raw/bias",
    ]
    # The numbers count on from weight to weight.
    assert arrays["conv1/kernel"].tolist() == [[[[0, 1], [2, 3], [4, 5]]]]
    assert arrays["conv1/bias"].tolist() == [6, 7]
    assert arrays["bn_conv1/moving_mean"].tolist() == [12, 13]
    assert arrays["rpn_conv_shared/kernel"].shape == (1, 1, 2, 4)
    assert arrays["rpn_class_raw/bias"].tolist() == [36, 37, 38, 39]


def test_weights_are_read_only_views_of_the_file():
    array = read_keras_h5(FILES / "matterport.h5")["conv1/kernel"]
    assert not array.flags.owndata
    assert not array.flags.writeable


def test_a_file_of_model_save(tmp_path):
    path = write(tmp_path / "a.h5", {"conv1": conv("conv1")}, nested=True)
    with h5py.File(path, "a") as file:
        file.create_group("optimizer_weights")["iterations"] = np.int64(3)
        file.attrs["model_config"] = "{}"
    arrays = read_keras_h5(path)
    assert list(arrays) == ["conv1/kernel", "conv1/bias"]
    assert arrays["conv1/bias"].tolist() == [0, 1, 2, 3]


def test_the_group_names_the_layer_and_counters_are_left_out(tmp_path):
    path = write(tmp_path / "a.h5", {"conv1": conv("conv1", "_3", "_2")})
    assert list(read_keras_h5(path)) == ["conv1/kernel", "conv1/bias"]


def test_a_model_inside_gives_the_layers_their_own_names(tmp_path):
    inner = {**conv("rpn_conv_shared", "_1"), **conv("rpn_class_raw", "_1")}
    path = write(tmp_path / "a.h5", {"rpn_model": inner})
    assert list(read_keras_h5(path)) == [
        "rpn_conv_shared/kernel",
        "rpn_conv_shared/bias",
        "rpn_class_raw/kernel",
        "rpn_class_raw/bias",
    ]
    path = write(tmp_path / "a.h5", {"inner": {**conv("conv_1"), **conv("conv_2")}})
    assert list(read_keras_h5(path))[::2] == ["conv_1/kernel", "conv_2/kernel"]


def test_layers_without_weights_and_variables_of_none_are_left_out(tmp_path):
    layers = {
        "input_image": {},
        "anchors": {"anchors/Variable:0": np.zeros((1, 5, 4), "f4")},
        "conv1": conv("conv1"),
    }
    path = write(tmp_path / "a.h5", layers)
    assert list(read_keras_h5(path)) == ["conv1/kernel", "conv1/bias"]


def test_where_names_say_no_kind_the_order_does(tmp_path):
    layers = {
        "conv1": {"conv1_W": np.zeros(3), "conv1_b": np.ones(3)},
        "bn": {f"bn/param_{place}": np.full(3, place) for place in range(4)},
    }
    arrays = read_keras_h5(write(tmp_path / "a.h5", layers))
    assert list(arrays) == ["conv1/kernel", "conv1/bias", *(f"bn/{kind}" for kind in NORM)]
    assert arrays["bn/moving_mean"].tolist() == [2, 2, 2]
    odd = {"conv1": {f"conv1/param_{place}": np.zeros(1) for place in range(3)}}
    with pytest.raises(CheckpointError, match="'conv1' has 3 weights .* such as 'conv1/param_0'"):
        read_keras_h5(write(tmp_path / "a.h5", odd))


def test_names_as_text_and_in_pieces(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["layer_names0"] = ["conv1"]  # of any length, in the file's heap
        file.attrs["layer_names1"] = [b"bn", b"dense"]
        for name in ("conv1", "bn", "dense"):
            file.create_group(name)
        file["conv1"].attrs["weight_names"] = ["conv1/kernel:0"]
        file["bn"].attrs["weight_names0"] = [b"bn/gamma:0"]
        file["bn"].attrs["weight_names1"] = ["bn/beta:0"]
        file["dense"].attrs["weight_names"] = []
        for name in ("conv1/conv1/kernel:0", "bn/bn/gamma:0", "bn/bn/beta:0"):
            file[name] = np.ones(2)
    assert list(read_keras_h5(tmp_path / "a.h5")) == ["conv1/kernel", "bn/gamma", "bn/beta"]


def test_many_layers_and_weights(tmp_path):
    names = [f"layer{number:03d}" for number in range(300)]
    inner = {f"inner{number:03d}/bias:0": np.full(1, number) for number in range(300)}
    path = write(tmp_path / "a.h5", {**{name: conv(name) for name in names}, "model": inner})
    arrays = read_keras_h5(path)
    assert len(arrays) == 900
    assert arrays["inner123/bias"] == 123


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8", ">f8", "<i4", ">u2", "i1"])
@pytest.mark.parametrize(
    "options", [{}, {"chunks": (16, 9)}, {"chunks": (7, 70), "compression": "gzip"}]
)
def test_every_type_whole_and_in_chunks(dtype, options, tmp_path):
    expected = (np.arange(7000).reshape(100, 70) % 120).astype(dtype)
    layers = {"a": {"a/kernel:0": expected}}
    array = read_keras_h5(write(tmp_path / "a.h5", layers, **options))["a/kernel"]
    assert array.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(array, expected)


def test_shuffled_chunks_in_a_deep_tree(tmp_path):
    expected = np.random.default_rng(0).normal(size=(200, 60)).astype("f4")
    layers = {"a": {"a/kernel:0": expected}}
    options = {"chunks": (2, 3), "compression": "gzip", "shuffle": True}  # 2000 chunks
    array = read_keras_h5(write(tmp_path / "a.h5", layers, **options))["a/kernel"]
    np.testing.assert_array_equal(array, expected)


def test_small_and_empty_datasets(tmp_path):
    layers = {"a": {"a/kernel:0": np.zeros((0, 3), "f4"), "a/bias:0": np.float32(2.5)}}
    arrays = read_keras_h5(write(tmp_path / "a.h5", layers))
    assert arrays["a/kernel"].shape == (0, 3)
    assert arrays["a/bias"].shape == ()
    assert arrays["a/bias"] == 2.5


def test_a_dataset_in_its_own_header(tmp_path):
    path = write(tmp_path / "a.h5", {"a": {"a/kernel:0": np.zeros(1)}})
    with h5py.File(path, "a") as file:
        del file["a/a/kernel:0"]
        space = h5py.h5s.create_simple((3,))
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        made = h5py.h5d.create(file["a/a"].id, b"kernel:0", h5py.h5t.IEEE_F32LE, space, plist)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 2, 3], "f4"))
    assert read_keras_h5(path)["a/kernel"].tolist() == [1, 2, 3]


def test_what_is_missing_is_named(tmp_path):
    path = tmp_path / "a.h5"
    h5py.File(path, "w").close()
    with pytest.raises(CheckpointError, match="'/' has no attribute 'layer_names'"):
        read_keras_h5(path)
    with pytest.raises(CheckpointError, match="none of the layers has weights"):
        read_keras_h5(write(path, {"input_image": {}}))
    write(path, {"conv1": conv("conv1")})
    with h5py.File(path, "a") as file:
        del file["conv1/conv1/bias:0"]
    with pytest.raises(CheckpointError, match="'/conv1/conv1' has no 'bias:0'"):
        read_keras_h5(path)
    with h5py.File(path, "a") as file:
        del file["conv1"]
    with pytest.raises(CheckpointError, match="there is no group 'conv1'"):
        read_keras_h5(path)


def test_the_newer_format_says_what_to_do(tmp_path):
    path = write(tmp_path / "a.h5", {"conv1": conv("conv1")}, libver="latest")
    with pytest.raises(CheckpointError, match="superblock has version 3.*default `libver`"):
        read_keras_h5(path)
    with h5py.File(path, "w", track_order=True) as file:
        file.create_group("a")
    with pytest.raises(CheckpointError, match="newer format.*default `libver`"):
        read_keras_h5(path)
