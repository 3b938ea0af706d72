import json
import os
import subprocess
import sys

import keras
import pytest

from keras_maskrcnn import compile_cache

BACKEND = keras.backend.backend()
jax_only = pytest.mark.skipif(BACKEND != "jax", reason="the others have no such cache")

# A process of its own: what JAX does with its cache holds for the whole process.
SCRIPT = """
import json, os, sys
import numpy as np
import keras_maskrcnn as km

preset, folder, writable = sys.argv[1:]
if writable == "no":  # also when root, who may write anywhere, runs the tests
    access = os.access
    os.access = lambda path, mode: mode != os.W_OK and access(path, mode)
used = km.compile_cache.enable(folder)
events = []
if used:
    import jax
    jax.monitoring.register_event_listener(lambda name, **more: events.append(name))
model = km.MaskRCNN.from_preset(preset)
image = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype("uint8")
found = model.detect(image, score_threshold=0.0)[0]
count = lambda name: events.count("/jax/compilation_cache/" + name)
print(json.dumps({
    "used": str(used), "hits": count("cache_hits"), "misses": count("cache_misses"),
    "scores": found.scores.tolist(),
}))
"""


def run(preset, folder, writable="yes"):
    command = [sys.executable, "-W", "error::UserWarning:jax", "-c", SCRIPT]
    command += [str(preset), str(folder), writable]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_COMPILATION")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@jax_only
def test_the_second_process_compiles_nothing_anew(tiny_preset, tmp_path):
    folder = tmp_path / "compiled"
    readonly, _ = run(tiny_preset, tmp_path, "no")
    assert readonly["hits"] == 0 and not list(tmp_path.glob("*-cache"))
    first, _ = run(tiny_preset, folder)
    assert first["used"] == str(folder) and first["misses"] > 0
    kept = sorted(folder.glob("*-cache"))
    assert [path for path in kept if "detect_step" in path.name]

    second, _ = run(tiny_preset, folder, "no")
    assert second["hits"] >= len(kept) > 0
    assert sorted(folder.glob("*-cache")) == kept
    assert second["scores"] == first["scores"] == readonly["scores"]


@pytest.fixture
def settings(monkeypatch):
    """JAX without a cache, as a process starts; its settings are put back afterwards."""
    monkeypatch.delenv(compile_cache.ENVIRONMENT, raising=False)
    if BACKEND != "jax":
        yield None
        return
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    names = [
        "jax_compilation_cache_dir",
        "jax_compilation_cache_max_size",
        "jax_persistent_cache_min_entry_size_bytes",
        "jax_persistent_cache_min_compile_time_secs",
    ]
    before = {name: getattr(jax.config, name) for name in names}
    jax.config.update("jax_compilation_cache_dir", None)
    yield jax.config
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


def test_where_the_folder_is(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_MASKRCNN_CACHE", str(tmp_path / "own"))
    used = compile_cache.enable()
    if settings is None:
        assert used is None and compile_cache.enable(tmp_path / "given") is None
        assert list(tmp_path.iterdir()) == []
        return
    assert used == tmp_path / "own" / "compiled" and used.is_dir()
    assert settings.jax_compilation_cache_dir == str(used)
    assert compile_cache.enable() == used  # twice is once

    settings.update("jax_compilation_cache_dir", None)
    monkeypatch.setenv(compile_cache.ENVIRONMENT, str(tmp_path / "moved"))
    assert compile_cache.enable() == tmp_path / "moved"
    assert compile_cache.enable(tmp_path / "given") == tmp_path / "given"


@pytest.mark.parametrize("word", ["off", "0", "OFF"])
def test_it_can_be_switched_off(settings, word, monkeypatch):
    monkeypatch.setenv(compile_cache.ENVIRONMENT, word)
    assert compile_cache.enable() is None
    assert settings is None or settings.jax_compilation_cache_dir is None


@jax_only
def test_a_folder_that_jax_was_given_stays_with_its_settings(settings, tmp_path):
    settings.update("jax_compilation_cache_dir", str(tmp_path / "mine"))
    settings.update("jax_persistent_cache_min_compile_time_secs", 7.0)
    assert compile_cache.enable() == tmp_path / "mine"
    assert settings.jax_compilation_cache_dir == str(tmp_path / "mine")
    assert settings.jax_persistent_cache_min_compile_time_secs == 7.0


@jax_only
def test_a_folder_that_cannot_be_made(settings, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="`folder` must be one that can be made and read. Rec"):
        assert compile_cache.enable(tmp_path / "file" / "folder") is None
    monkeypatch.setenv(compile_cache.ENVIRONMENT, str(tmp_path / "file" / "folder"))
    assert compile_cache.enable() is None
    assert settings.jax_compilation_cache_dir is None
