"""Runs the examples (`>>>`) of every module that has some."""

import doctest
import importlib

import pytest

from tests.test_floors import KERAS_ALLOWED, KERAS_FREE, PACKAGE, room_of

EVERY_BACKEND = {"ops", "layers", "targets", "losses", "compile_cache"}

FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def marks(path):
    """Examples of rooms without Keras need no backend; those with whole networks need one.

    What whole networks give on each backend is tested in `models`.
    """
    if room_of(path) in KERAS_FREE and path.relative_to(PACKAGE).as_posix() not in KERAS_ALLOWED:
        return [pytest.mark.numpy_only]
    if room_of(path) in EVERY_BACKEND:
        return []
    return [pytest.mark.one_backend, pytest.mark.slow]


WITH_EXAMPLES = [
    pytest.param(name, marks=marks(path))
    for name, path in FILES.items()
    if ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name, tmp_path, monkeypatch, without_compile_cache, all_shares):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(module, optionflags=options).failed == 0


def test_every_module_can_be_imported():
    for name in FILES:
        importlib.import_module(name)
