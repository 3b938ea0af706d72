import pickle
from pathlib import Path

import numpy as np
import pytest

from keras_maskrcnn.checkpoints import CheckpointError, read_pickle
from tests.checkpoints.writers import python2_file

FILES = Path(__file__).parent / "files"


def write(path, content, protocol=4):
    path.write_bytes(pickle.dumps(content, protocol))
    return path


def test_a_file_of_detectron2s_zoo():
    arrays = read_pickle(FILES / "detectron2.pkl")
    assert list(arrays) == ["conv.weight", "conv.bias", "fc.weight", "bn.num_batches_tracked"]
    np.testing.assert_array_equal(
        arrays["conv.weight"], np.arange(24, dtype="f4").reshape(2, 3, 2, 2)
    )
    assert arrays["conv.bias"].tolist() == [0.5, -1.25]
    assert arrays["fc.weight"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert arrays["bn.num_batches_tracked"] == 7


def test_a_file_of_caffe2():
    arrays = read_pickle(FILES / "caffe2.pkl")
    assert list(arrays) == ["conv1_w", "conv1_b", "lr"]
    assert arrays["conv1_w"].shape == (2, 3, 2, 2)
    assert arrays["conv1_b"].tolist() == [0.5, -1.25]
    assert arrays["lr"].shape == ()


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_gives_the_same(protocol, tmp_path):
    rng = np.random.default_rng(3)
    expected = {
        "large": rng.normal(size=(30, 40)).astype("f4"),
        "fortran": np.asfortranarray(rng.normal(size=(3, 5))),
        "big-endian": np.arange(6, dtype=">f4").reshape(2, 3),
        "half": np.arange(4, dtype="f2"),
        "empty": np.zeros((0, 3), "f4"),
        "truth": np.array([True, False, True]),
        "scalar": np.float64(2.5),
        "bytes": np.arange(256, dtype="u1"),
    }
    arrays = read_pickle(write(tmp_path / "a.pkl", {"model": expected, "x": [1, -2.5]}, protocol))
    assert list(arrays) == list(expected)
    for key, array in expected.items():
        np.testing.assert_array_equal(arrays[key], array, err_msg=key)
        assert arrays[key].dtype == array.dtype.newbyteorder("=")


def test_long_strings_of_python_2_are_not_copied(tmp_path):
    expected = np.arange(1000, dtype="f4")
    path = python2_file(tmp_path / "a.pkl", {"conv1_w": expected, "author": "m" * 2000})
    arrays = read_pickle(path)
    assert list(arrays) == ["conv1_w"]
    np.testing.assert_array_equal(arrays["conv1_w"], expected)


def test_large_arrays_are_views_of_the_file(tmp_path):
    content = {f"pad{n}": np.arange(n, dtype="u1") for n in range(8)}
    content["a"] = np.arange(1000, dtype="u1")
    array = read_pickle(write(tmp_path / "a.pkl", content))["a"]
    assert not array.flags.owndata
    assert not array.flags.writeable


def test_arrays_that_lie_askew_are_copied(tmp_path):
    for pad in range(4):
        path = write(tmp_path / "a.pkl", {"p" * pad: 1, "a": np.arange(1000, dtype="f4")})
        array = read_pickle(path)["a"]
        assert array.flags.aligned
        assert array[-1] == 999


def test_objects_and_text_are_refused(tmp_path):
    for array in (np.array([None]), np.array(["text"]), np.zeros(2, "f4,i4")):
        path = write(tmp_path / "a.pkl", {"a": array})
        with pytest.raises(CheckpointError, match="dtype .* is none of numbers"):
            read_pickle(path)


def test_pickled_tensors_are_refused_by_name(tmp_path):
    torch = pytest.importorskip("torch")
    path = write(tmp_path / "a.pkl", {"a": torch.ones(2)})
    with pytest.raises(CheckpointError, match="refers to torch._utils._rebuild_tensor_v2"):
        read_pickle(path)


def test_what_holds_no_arrays_says_what_it_has(tmp_path):
    with pytest.raises(CheckpointError, match="Its keys: 'epoch', '3'"):
        read_pickle(write(tmp_path / "a.pkl", {"epoch": 1, 3: 4}))
    with pytest.raises(CheckpointError, match="holds an object of type list, not a dict"):
        read_pickle(write(tmp_path / "a.pkl", [np.ones(2)]))
    with pytest.raises(CheckpointError, match="Its keys: none"):
        read_pickle(write(tmp_path / "a.pkl", {}))
