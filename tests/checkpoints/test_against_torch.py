"""What torch writes and reads, ours reads too: only where torch is installed."""

import argparse
import collections

import numpy as np
import pytest

from keras_maskrcnn.checkpoints import CheckpointError, read_torch

torch = pytest.importorskip("torch")
DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8")


def state_dict():
    numbers = torch.randn(60, generator=torch.Generator().manual_seed(3)) * 10
    weights = {name: numbers.to(getattr(torch, name)).reshape(3, 4, 5) for name in DTYPES}
    weights["bool"] = numbers > 0
    weights["transposed"] = numbers.reshape(6, 10).t()
    weights["every seventh"] = numbers[3::7]
    weights["permuted"] = numbers.reshape(3, 4, 5).permute(2, 0, 1)
    weights["channels last"] = numbers.reshape(1, 3, 4, 5).to(memory_format=torch.channels_last)
    weights["parameter"] = torch.nn.Parameter(torch.ones(2, 3))
    weights["scalar"] = torch.tensor(3.5)
    weights["empty"] = torch.empty(0, 3)
    return collections.OrderedDict(weights)


def training(weights):
    return {
        "model": weights,
        "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 0.1}]},
        "lr_scheduler": {"milestones": collections.Counter({16: 1})},
        "args": argparse.Namespace(epochs=26, device="cuda"),
        "best": np.float32(37.9),
    }


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("in_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("wrap", [dict, training], ids=["alone", "training"])
def test_the_same_weights_as_torch_load(protocol, in_zip, wrap, tmp_path):
    path = tmp_path / "a.pth"
    torch.save(
        wrap(state_dict()),
        path,
        pickle_protocol=protocol,
        _use_new_zipfile_serialization=in_zip,
    )
    expected = torch.load(path, weights_only=False)
    expected = expected.get("model", expected)
    arrays = read_torch(path)
    assert list(arrays) == list(expected)
    for key, tensor in expected.items():
        tensor = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
        assert arrays[key].dtype == tensor.detach().numpy().dtype, key
        np.testing.assert_array_equal(arrays[key], tensor.detach().numpy(), err_msg=key)


def test_the_state_dict_of_a_module(tmp_path):
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 1), torch.nn.BatchNorm2d(3))
    torch.save(module.state_dict(), tmp_path / "a.pth")
    arrays = read_torch(tmp_path / "a.pth")
    assert set(arrays) == set(module.state_dict())
    np.testing.assert_array_equal(arrays["0.weight"], module[0].weight.detach().numpy())


def test_unsigned_integers_of_16_to_64_bits(tmp_path):
    names = ("uint16", "uint32", "uint64")
    weights = {name: torch.tensor([1, 65535], dtype=getattr(torch, name)) for name in names}
    torch.save(weights, tmp_path / "a.pth")
    for key, array in read_torch(tmp_path / "a.pth").items():
        assert array.dtype == key
        assert array.tolist() == [1, 65535]


def test_a_whole_module_is_refused_by_the_name_of_its_class(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match=r"refers to torch.nn.modules.linear.Linear, which"):
        read_torch(tmp_path / "a.pth")


def test_tensors_that_share_memory_are_refused(tmp_path):
    torch.save({"a": torch.ones(1).expand(3, 2)}, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match=r"'a' has elements that share memory.*contiguous"):
        read_torch(tmp_path / "a.pth")


def test_lazily_negated_tensors_are_refused(tmp_path):
    torch.save({"a": torch.ones(2, dtype=torch.complex64).conj().imag}, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match="negated lazily"):
        read_torch(tmp_path / "a.pth")
