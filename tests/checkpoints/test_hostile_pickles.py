"""Pickles that would do harm. Each must be refused by name, and nothing in it must have run."""

import pickle
import struct

import numpy as np
import pytest

from keras_maskrcnn import checkpoints
from keras_maskrcnn.checkpoints import CheckpointError, read
from keras_maskrcnn.checkpoints.pickle_instructions import INSTRUCTIONS
from tests.checkpoints.writers import (
    MAGIC,
    PROTOCOL,
    Raw,
    call,
    encode,
    named,
    pickle_file,
    pickled,
    zip_file,
)

ARRAY = pickle.dumps(np.arange(4, dtype="f4"), 2)[2:-1]
SENTINEL = "sentinel"
HARMFUL = {
    "os.system": ("os", "system", f"touch {SENTINEL}"),
    "posix.system": ("posix", "system", f"touch {SENTINEL}"),
    "nt.system": ("nt", "system", f"type nul > {SENTINEL}"),
    "subprocess.Popen": ("subprocess", "Popen", ("touch", SENTINEL)),
    "subprocess.check_output": ("subprocess", "check_output", ("touch", SENTINEL)),
    "builtins.eval": ("builtins", "eval", f"open('{SENTINEL}', 'w')"),
    "builtins.exec": ("builtins", "exec", f"open('{SENTINEL}', 'w')"),
    "__builtin__.eval": ("__builtin__", "eval", f"open('{SENTINEL}', 'w')"),
    "builtins.open": ("builtins", "open", SENTINEL, "w"),
    "io.open": ("io", "open", SENTINEL, "w"),
    "builtins.getattr": ("builtins", "getattr", {}, "__class__"),
    "builtins.__import__": ("builtins", "__import__", "os"),
    "builtins.bytearray": ("builtins", "bytearray", 10**12),
    "importlib.import_module": ("importlib", "import_module", "antigravity"),
    "functools.partial": ("functools", "partial", 1),
    "operator.attrgetter": ("operator", "attrgetter", "system"),
    "copyreg._reconstructor": ("copyreg", "_reconstructor", 1, 2, None),
    "copyreg.add_extension": ("copyreg", "add_extension", "os", "system", 1),
    "pickle.loads": ("pickle", "loads", b"cos\nsystem\n(S'touch sentinel'\ntR."),
    "_pickle.loads": ("_pickle", "loads", b"N."),
    "marshal.loads": ("marshal", "loads", b"N"),
    "types.CodeType": ("types", "CodeType", 0),
    "torch.load": ("torch", "load", "other.pth"),
    "torch.hub.load": ("torch.hub", "load", "someone/something"),
    "torch.jit.load": ("torch.jit", "load", "other.pt"),
    "torch.storage._load_from_bytes": ("torch.storage", "_load_from_bytes", b"N."),
    "torch.utils.cpp_extension.load_inline": ("torch.utils.cpp_extension", "load_inline", "x"),
    "torch._utils._rebuild_sparse_tensor": ("torch._utils", "_rebuild_sparse_tensor", 0),
    "numpy.load": ("numpy", "load", "other.npy"),
    "numpy.fromfile": ("numpy", "fromfile", "/etc/passwd"),
    "numpy.memmap": ("numpy", "memmap", SENTINEL, "u1", "w+"),
    "numpy.save": ("numpy", "save", SENTINEL, 1),
    "numpy.f2py.diagnose.os.system": ("numpy.f2py.diagnose", "os.system", f"touch {SENTINEL}"),
    "numpy.testing._private.utils.runstring": (
        "numpy.testing._private.utils",
        "runstring",
        f"open('{SENTINEL}', 'w')",
        {},
    ),
    "_codecs.decode": ("_codecs", "decode", b"x", "zip"),
    "webbrowser.open": ("webbrowser", "open", "http://localhost"),
    "keras.models.load_model": ("keras.models", "load_model", "other.keras"),
}


def as_zip(path, content):
    return zip_file(path, content, {})


def as_legacy(path, content, place=3):
    parts = [MAGIC, PROTOCOL, {}, {}, []]
    parts[place] = content
    path.write_bytes(b"".join(map(pickled, parts)))
    return path


CARRIERS = (pickle_file, as_zip, as_legacy)


def in_turn(names, cases, carriers=CARRIERS):
    """Each case in one kind of file, the kinds in turn: one machine reads the pickles of all."""
    cases = [case if isinstance(case, tuple) else (case,) for case in cases]
    rows = [(carriers[number % len(carriers)], *case) for number, case in enumerate(cases)]
    return pytest.mark.parametrize(("carry", *names), rows)


def refusal(path):
    """The message with which a file is refused, once it is clear that nothing ran."""
    with pytest.raises(CheckpointError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert not list(path.parent.glob(f"{SENTINEL}*"))
    return str(caught.value)


@pytest.fixture(autouse=True)
def inside_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("carry", CARRIERS)
def test_every_kind_of_file_is_guarded(carry, tmp_path):
    assert "refers to os.system" in refusal(carry(tmp_path / "a.pth", call(*HARMFUL["os.system"])))


def test_files_of_torch_may_name_all_that_other_pickles_may():
    """So what they are refused, others are."""
    assert checkpoints.pickle_file.NAMES.keys() < checkpoints.torch_file.NAMES.keys()


@in_turn(["culprit"], HARMFUL, carriers=(as_zip, as_legacy))
def test_calls_of_other_functions_are_refused_by_name(carry, culprit, tmp_path):
    content = {"model": {"a": call(*HARMFUL[culprit])}}
    message = refusal(carry(tmp_path / "a.pth", content))
    assert f"refers to {culprit}, which a checkpoint has no business to call" in message
    assert "Nothing was run" in message


@pytest.mark.parametrize("place", range(5))
def test_every_pickle_of_a_legacy_file_is_guarded(place, tmp_path):
    content = named("os", "system")
    if place == 0:  # with torch's number behind it, by which the file is known
        content = Raw(content + encode(MAGIC))
    path = as_legacy(tmp_path / "a.pth", content, place)
    assert "refers to os.system" in refusal(path)


def test_an_exploit_as_pythons_pickle_runs_it(tmp_path):
    class Exploit:
        def __reduce__(self):
            return print, ("ran",)

    for protocol in range(6):
        path = tmp_path / "a.pkl"
        path.write_bytes(pickle.dumps({"model": Exploit()}, protocol))
        assert "print, which a checkpoint has no business to call" in refusal(path)


@in_turn(
    ("module", "name", "printed"),
    [
        ("os\nsystem", "x", r"os\nsystem.x"),
        ("os", "path.join", "os.path.join"),
        ("", "", "refers to ., "),
        ("collections", "OrderedDict.__init__", "collections.OrderedDict.__init__"),
        ("torch._utils", "_rebuild_tensor_v2.__globals__", "_rebuild_tensor_v2.__globals__"),
        ("\x1b[2J", "\u202etxt", r"\x1b[2J.\u202etxt"),
        ("m" * 900, "x", "m" * 80 + "....x"),
    ],
)
def test_strange_names_are_refused_and_printed_harmlessly(carry, module, name, printed, tmp_path):
    content = Raw(encode(module) + encode(name) + b"\x93" + encode(()) + b"R")
    assert printed in refusal(carry(tmp_path / "a.pth", content))


def test_names_that_are_no_text_are_refused(tmp_path):
    for content in (b"K\x01K\x02\x93", encode(b"os") + encode(b"system") + b"\x93"):
        assert "name of a global is no text" in refusal(
            pickle_file(tmp_path / "a.pth", Raw(content))
        )


@in_turn(
    ("name", "instructions"),
    [
        ("INST", b"(S'touch sentinel'\nios\nsystem\n"),
        ("OBJ", b"(cos\nsystem\nS'touch sentinel'\no"),
        ("EXT1", b"\x82\x01"),
        ("EXT2", b"\x83\x01\0"),
        ("EXT4", b"\x84\x01\0\0\0"),
        ("NEWOBJ_EX", b"\x92"),
        ("PERSID", b"P1\n"),
        ("LONG4", b"\x8b\xff\xff\xff\x7f"),
        ("BINUNICODE8", b"\x8d" + b"\xff" * 8),
        ("BINBYTES8", b"\x8e" + b"\xff" * 8),
        ("NEXT_BUFFER", b"\x97"),
        ("READONLY_BUFFER", b"\x98"),
        ("DUP", b"N2"),
        ("POP", b"N0"),
        ("POP_MARK", b"(1"),
        ("EMPTY_SET", b"\x8f"),
        ("ADDITEMS", b"\x90"),
        ("FROZENSET", b"\x91"),
        ("byte 255", b"\xff"),
    ],
)
def test_other_instructions_are_refused_by_name(carry, name, instructions, tmp_path):
    message = refusal(carry(tmp_path / "a.pth", {"a": Raw(instructions)}))
    culprits = (f"{name} is no instruction", "refers to os.system")
    assert any(culprit in message for culprit in culprits)


def test_no_instruction_is_known_but_those_of_checkpoints():
    assert len(INSTRUCTIONS) == 49


@in_turn(
    ("instructions", "message"),
    [
        (b"N" + encode(()) + b"R", "calls an object of type NoneType, which cannot be called so"),
        (encode("os.system") + encode(()) + b"R", "calls os.system, which cannot"),
        (
            named("numpy", "ndarray") + encode((2,)) + b"R",
            "calls an object of type object, which cannot",
        ),
        (named("collections", "OrderedDict") + encode(()) + b"\x81", "cannot be called so"),
        (named("argparse", "Namespace") + encode(()) + b"R", "cannot be called so"),
        (named("argparse", "Namespace") + encode((1,)) + b"\x81", "must be made of nothing"),
        (
            named("collections", "OrderedDict") + b"]R",
            "calls with an object of type list in place of arguments",
        ),
        (call("collections", "OrderedDict", 3), "made of nothing, of a dict or of pairs"),
        (call("collections", "OrderedDict", [1]), "made of what are no pairs"),
        (call("collections", "OrderedDict", [[[], 1]]), "key of a dict must be text or a number"),
        (call("_codecs", "encode", "x", "zip"), "must encode text in latin1"),
        (call("builtins", "bytes", 10**12), "must be called without arguments"),
        (call("numpy", "dtype", "O", False, True), "the dtype O is none of numbers"),
        (call("numpy.core.multiarray", "_reconstruct", 1, (0,), b"b"), "must make a numpy.ndarray"),
        (
            call("numpy.core.multiarray", "scalar", 1, b""),
            "an object of type int stands where a dtype must",
        ),
        (call("numpy.core.numeric", "_frombuffer", b"", 1, (0,), []), "data, dtype, shape and"),
        (b"]}b", "gives a state to an object of type list"),
        (b"N}b", "gives a state to an object of type NoneType"),
        (b"}(Nu", "a key is without a value"),
        (b"}](Nse", "a value is missing"),
        (b"NNNs", "items are set in an object of type NoneType"),
        (b"NNa", "values are appended to an object of type NoneType"),
        (
            b"}" + encode((1, 2)) + b"Ns",
            "key of a dict must be text or a number, not an object of type tuple",
        ),
        (
            b"}" + encode(2**63) + b"Ns",
            "key of a dict must be text or a number, not an object of type int",
        ),
        (b"t", "a mark is missing"),
        (b"h\x07", "value 7 was not kept"),
        (b"\x80\x09", "protocol 9 is not known"),
        (b"\x95" + b"\xff" * 8, "ends in the middle of the pickle"),
        (b"X\xff\xff\xff\xff", "ends in the middle of the pickle"),
        (b"T\xff\xff\xff\xff", "ends in the middle of the pickle"),
        (b"\x96" + b"\xff" * 8, "ends in the middle of the pickle"),
        (b"X\x02\0\0\0\xff\xfe", "text is not utf-8"),
        (b"Iabc\n", "'abc' is no integer"),
        (b"I" + b"9" * 5000 + b"\n", "is no integer"),
        (b"Fone\n", "'one' is no number"),
        (b"Snone\n", "a string has no quotes"),
        (b"S'\\x4'\n", "a string has broken escapes"),
    ],
)
def test_broken_pickles_name_the_place(carry, instructions, message, tmp_path):
    found = refusal(carry(tmp_path / "a.pth", Raw(instructions)))
    assert message in found
    assert ", byte " in found


@pytest.mark.parametrize("carry", CARRIERS)
def test_persistent_ids_of_another_shape_are_refused(carry, tmp_path):
    kind = named("torch", "FloatStorage")
    for wrong in (
        None,
        "storage",
        (),
        ("storage", kind, "0", "cpu"),
        ("module", kind, "0", "cpu", 3),
        ("storage", "FloatStorage", "0", "cpu", 3),
        ("storage", kind, 0, "cpu", 3),
        ("storage", kind, "0", "cpu", -1),
        ("storage", kind, "0", "cpu", True),
        ("storage", kind, "0", "cpu", 3, 7),
        ("storage", kind, "0", "cpu", 3, ("view", 2, 2)),
        ("storage", kind, "0", "cpu", 3, ("view", -1, 2)),
    ):
        if carry is pickle_file and not isinstance(wrong, tuple):
            continue
        content = Raw(encode(wrong) + b"Q")
        if carry is pickle_file:
            content = Raw(b"NQ")
        message = refusal(carry(tmp_path / "a.pth", content))
        assert "storage" in message or "outside of the file" in message


def test_a_pickle_inside_stays_bytes(tmp_path):
    inner = pickled(call(*HARMFUL["os.system"]))
    path = tmp_path / "a.pkl"
    path.write_bytes(pickled({"note": inner, "a": Raw(ARRAY)}))
    assert list(read(path)) == ["a"]
    path.write_bytes(path.read_bytes() + inner)  # what follows is not looked at
    assert read(path)["a"].tolist() == [0, 1, 2, 3]
    assert not list(tmp_path.glob(SENTINEL))


def test_settings_of_a_training_must_be_settings(tmp_path):
    made = named("argparse", "Namespace") + b")\x81"
    path = pickle_file(tmp_path / "a.pkl", {"args": Raw(made + b"}b"), "a": Raw(ARRAY)})
    assert list(read(path)) == ["a"]
    path = pickle_file(tmp_path / "a.pkl", {"args": Raw(made + b"]b")})
    assert "must have a dict of attributes" in refusal(path)


def test_a_number_of_torch_that_is_another(tmp_path):
    path = as_legacy(tmp_path / "a.pth", 1002, place=1)
    assert "must begin with torch's number and version 1001" in refusal(path)
    path.write_bytes(path.read_bytes()[:40] + struct.pack("<q", 1))
    refusal(path)
