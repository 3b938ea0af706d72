"""Python takes a backend that is installed, and one sentence says what to do where none can be."""

import importlib
import importlib.util
import json
import os
import sys

import pytest

import keras_maskrcnn
from keras_maskrcnn import backend_choice


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that makes a machine of its KERAS_BACKEND, its keras.json and its packages."""

    def make(variable, configured, installed):
        monkeypatch.delitem(sys.modules, "keras", raising=False)
        monkeypatch.setenv("KERAS_BACKEND", "")
        if variable is not None:
            monkeypatch.setenv("KERAS_BACKEND", variable)
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        if configured:
            (tmp_path / "keras.json").write_text(json.dumps({"backend": configured}))
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in installed)

    return make


@pytest.mark.parametrize(
    ("variable", "configured", "installed", "becomes"),
    [
        (None, None, ("jax", "tensorflow", "torch"), "jax"),
        (None, None, ("torch",), "torch"),
        ("tensorflow", None, ("torch",), "tensorflow"),  # whoever set it is asked, not overruled
        (None, "torch", ("jax", "torch"), ""),  # Keras takes that one itself
        (None, "openvino", ("jax",), ""),
        (None, "tensorflow", ("torch",), "torch"),  # Keras wrote that, where nobody chose
        (None, None, (), ""),
    ],
)
def test_what_importing_the_package_sets(variable, configured, installed, becomes, machine):
    machine(variable, configured, installed)
    backend_choice.set_default()
    assert os.environ["KERAS_BACKEND"] == becomes


def test_nothing_is_set_once_keras_is_imported(machine, monkeypatch):
    machine(None, None, ("torch",))
    monkeypatch.setitem(sys.modules, "keras", keras_maskrcnn)
    backend_choice.set_default()
    assert os.environ["KERAS_BACKEND"] == ""


@pytest.mark.parametrize(
    ("variable", "installed", "message"),
    [
        ("tensorflow", ("jax",), "KERAS_BACKEND is 'tensorflow', which is not installed. Type: "),
        (None, (), 'Keras needs a backend. Type: pip install "keras3-maskrcnn[jax]"'),
        (
            None,
            ("torch",),
            "Keras was imported before keras_maskrcnn and took 'tensorflow', which is not "
            "installed. Set KERAS_BACKEND=torch, or import keras_maskrcnn first, and start Python "
            "anew.",
        ),
    ],
)
def test_a_missing_backend_is_one_sentence(variable, installed, message, machine, monkeypatch):
    def import_module(name):
        raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow.python")

    machine(variable, None, installed)
    monkeypatch.setattr(importlib, "import_module", import_module)
    with pytest.raises(ImportError) as raised:
        _ = keras_maskrcnn.MaskRCNN
    assert str(raised.value).startswith(message) and raised.value.__suppress_context__


def test_other_missing_modules_are_not_explained_away(machine, monkeypatch):
    def import_module(name):
        raise ModuleNotFoundError("No module named 'cv2'", name="cv2")

    machine(None, None, ("torch",))
    monkeypatch.setattr(importlib, "import_module", import_module)
    with pytest.raises(ModuleNotFoundError, match="cv2"):
        _ = keras_maskrcnn.MaskRCNN
