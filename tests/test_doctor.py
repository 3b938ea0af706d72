import re
import tomllib
from pathlib import Path

import pytest

from keras_maskrcnn import doctor


def test_it_knows_every_distribution_and_extra():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    needed = [re.match(r"[\w-]+", one)[0] for one in project["dependencies"]]
    assert sorted(doctor.REQUIRED) == sorted(needed)
    of_developers = {"test", "docs", "bench"}
    extras = set(project["optional-dependencies"]) - of_developers - {*doctor.BACKENDS, "jax-cuda"}
    assert set(doctor.EXTRAS) == extras


def test_every_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    advice = doctor.examine(None).advice
    assert 'for evaluate --report and plots: pip install "keras3-maskrcnn[plot]"' in advice
    assert all(any(f"[{extra}]" in line for line in advice) for extra in doctor.EXTRAS)


def test_missing_distributions_are_named_with_the_command(monkeypatch):
    monkeypatch.setattr(doctor, "version_of", lambda name: None if name == "pycocotools" else "1")
    report = doctor.examine(None)
    assert report.missing == ["pycocotools. Type: pip install pycocotools"]
    assert ("pycocotools", "not installed") in report.facts
    assert any("opencv-python-headless" in line for line in report.advice)
    assert "Everything needed is here." not in str(report)


def test_a_backend_that_breaks_is_a_finding(monkeypatch):
    def broken():
        raise RuntimeError("no driver\nlong story")

    monkeypatch.setattr(doctor, "_torch", broken)
    assert doctor.examine("torch").missing == ["torch does not work here: no driver"]


@pytest.mark.parametrize("devices", [[("cpu:0", "works")], [("cpu", "works")]])
def test_a_card_that_the_backend_does_not_see(monkeypatch, devices):
    monkeypatch.setattr(doctor, "_jax", lambda: devices)
    monkeypatch.setattr(doctor, "nvidia_cards", lambda: ["H200, 570.1"])
    report = doctor.examine("jax")
    assert ("NVIDIA card", "H200, 570.1") in report.facts
    assert 'jax does not see the GPU. Type: pip install "keras3-maskrcnn[jax-cuda]"' in (
        report.advice
    )


@pytest.mark.parametrize("name", ["cuda:0", "/device:GPU:0"])
def test_a_card_that_the_backend_sees(monkeypatch, name):
    monkeypatch.setattr(doctor, "_jax", lambda: [(name, "works")])
    monkeypatch.setattr(doctor, "nvidia_cards", lambda: ["H200, 570.1"])
    report = doctor.examine("jax")
    assert ("device", f"{name}: works") in report.facts
    assert not any("does not see" in line for line in report.advice)


def test_a_device_that_computes_wrongly():
    assert doctor._verdict(lambda device: 64.0, "x") == "works"
    assert doctor._verdict(lambda device: 63.0, "x") == "computes wrongly: 63.0 instead of 64"
