"""Pickles that ask for more memory or time than there is, and arrays that do not add up."""

import pickle
import tracemalloc

import numpy as np
import pytest

from keras_maskrcnn.checkpoints import CheckpointError, pickle_machine, read
from tests.checkpoints.writers import (
    Raw,
    call,
    encode,
    named,
    pickle_file,
    storage,
    tensor,
    zip_file,
)


def refused_cheaply(path, megabytes=60):
    """The message with which a file is refused, once it is clear that little memory was taken."""
    tracemalloc.start()
    with pytest.raises(CheckpointError) as caught:
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < megabytes * 2**20
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_memo_of_four_billion_slots_takes_nothing(tmp_path):
    content = Raw(b"Nr\xff\xff\xff\xffp4000000000\n0")
    assert "POP" in refused_cheaply(pickle_file(tmp_path / "a.pkl", content), megabytes=1)


def test_billions_of_laughs_take_nothing(tmp_path):
    # Each tuple holds the one before ten times: 10**5000 in all.
    laugh = encode("ha") + b"q\0" + (b"(" + b"h\0" * 10 + b"tq\0") * 5000
    message = refused_cheaply(pickle_file(tmp_path / "a.pkl", Raw(laugh)), megabytes=5)
    assert "holds an object of type tuple" in message
    as_key = Raw(laugh + b"}h\0Ns")
    assert "key of a dict" in refused_cheaply(pickle_file(tmp_path / "a.pkl", as_key), megabytes=5)


def test_deep_nesting_does_not_overflow(tmp_path):
    for opening, closing in ((b"(", b"t"), (b"(", b"l"), (b"]", b"a"), (b"}N", b"s")):
        content = Raw(opening * 20_000 + b"N" + closing * 20_000)
        assert "weights" in refused_cheaply(pickle_file(tmp_path / "a.pkl", content))


def test_endless_instructions_end(tmp_path, monkeypatch):
    monkeypatch.setattr(pickle_machine, "MAX_INSTRUCTIONS", 1000)
    path = pickle_file(tmp_path / "a.pkl", Raw(b"(" * 1000))
    assert "there are more than 1000 instructions" in refused_cheaply(path)


def test_bytes_asked_for_again_and_again_are_not_made_again(tmp_path):
    text = encode("x" * 1_000_000) + b"q\0" + named("_codecs", "encode") + b"q\1"
    again = b"h\1h\0" + encode("latin1") + b"\x86R"
    content = Raw(text + b"](" + again * 2000 + b"e")
    refused_cheaply(pickle_file(tmp_path / "a.pkl", content), megabytes=5)


def test_dicts_asked_for_again_and_again_are_not_made_again(tmp_path):
    pairs = [[number, None] for number in range(5000)]
    content = Raw(
        encode(pairs) + b"q\0](" + (named("collections", "OrderedDict") + b"h\0\x85R") * 900
    )
    refused_cheaply(pickle_file(tmp_path / "a.pkl", Raw(content + b"e")), megabytes=10)


def test_one_small_array_under_many_names_is_bounded(tmp_path):
    # 2000 arrays of 256 KiB from one: more than 20 times the file and 64 MiB.
    data = pickle.dumps(np.zeros(2**15), 2)[2:-1] + b"r\0\1\0\0"
    items = b"".join(encode(str(number)) + b"j\0\1\0\0" for number in range(2000))
    content = Raw(b"}(" + encode("a") + data + items + b"u")
    message = refused_cheaply(pickle_file(tmp_path / "a.pkl", content), megabytes=100)
    assert "declares 262144 bytes, and with it the file more than" in message


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ((1, (2**62, 4), "f4", False, b""), "has more than"),
        ((1, (-1,), "f4", False, b""), "no shape of at most 32 sizes"),
        ((1, (True,), "f4", False, b""), "no shape of at most 32 sizes"),
        ((1, [4], "f4", False, b""), "no shape of at most 32 sizes"),
        ((1, (1,) * 33, "f4", False, b"1234"), "no shape of at most 32 sizes"),
        ((1, (2,), "f4", False, b"1234"), "has 4 bytes, and its shape (2,) needs 8"),
        ((1, (2**30,), "f4", False, b"1234"), "declares 4294967296 bytes"),
        ((1, (1,), "f4", False, [1]), "the data of 'a' is an object of type list, not bytes"),
        ((1, (1,), "f4", False, "\u20ac"), "the data of 'a' is text"),
        ((1, (1,), None, False, b"1234"), "an object of type NoneType stands where a dtype must"),
        ((1, (1,)), "an array has a broken state"),
        (None, "an array has a broken state"),
    ],
)
def test_arrays_that_do_not_add_up_are_refused(state, message, tmp_path):
    if state is not None and len(state) == 5 and state[2] is not None:
        state = (*state[:2], call("numpy", "dtype", state[2], False, True), *state[3:])
    empty = call("numpy.core.multiarray", "_reconstruct", named("numpy", "ndarray"), (0,), b"b")
    path = pickle_file(tmp_path / "a.pkl", {"a": Raw(empty + encode(state) + b"b")})
    assert message in refused_cheaply(path, megabytes=1)


def test_a_dtype_with_fields_is_refused(tmp_path):
    dtype = call("numpy", "dtype", "f4", False, True)
    for state in ((3, "<", None, ("x",), {}, -1, -1, 0), (3, "?", None, None, None), (3,), 7):
        path = pickle_file(tmp_path / "a.pkl", {"a": Raw(dtype + encode(state) + b"b")})
        assert "a dtype has" in refused_cheaply(path)


def test_an_array_without_its_state_is_refused(tmp_path):
    empty = call("numpy.core.multiarray", "_reconstruct", named("numpy", "ndarray"), (0,), b"b")
    assert "'a' was never filled" in refused_cheaply(pickle_file(tmp_path / "a.pkl", {"a": empty}))
    late = Raw(named("torch", "FloatTensor") + b")\x81")
    assert "'a' was never filled" in refused_cheaply(zip_file(tmp_path / "a.pth", {"a": late}, {}))


def test_a_tensor_in_place_of_numpys_is_refused(tmp_path):
    content = tensor(storage("0", 1), (1,), (1,))
    assert "_rebuild_tensor_v2" in refused_cheaply(pickle_file(tmp_path / "a.pkl", {"a": content}))
