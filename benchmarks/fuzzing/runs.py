"""Folders of training runs that are resumed, and notes of downloads that are gone on with."""

import json
from unittest import mock

import numpy as np
from safetensors.numpy import save

from benchmarks.fuzzing import json_changes
from benchmarks.fuzzing.presets import changed_safetensors, stand_ins
from benchmarks.fuzzing.target import Target
from keras_maskrcnn.presets import receiving

NAMED = (ValueError, FileNotFoundError)
RECIPE = {"epochs": 5, "image_size": 64, "augment": ["flip"], "class_names": ["cat"], "seed": 0}
RECIPE |= {"images": 3, "objects": 4, "objects_checksum": 7, "dtype": "float32"}
ROWS = [{"fold": n, "images": {"train": 2, "val": 1}, "validation": [f"{n}.png"]} for n in (1, 2)]
STATE = {"epoch": 2, "history": [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]}
STATE |= {"best": 0.5, "best_epoch": 2, "stopped": False}
SHAPES = {"model/0": (2, 3), "model/1": (3,), "optimizer/0": (2, 3)}


def write_recipe(folder) -> None:
    """Write what a run was begun with."""
    (folder / "training").mkdir()
    (folder / "training" / "recipe.json").write_text(json.dumps(RECIPE), "utf-8")


def read_recipe(folder, file) -> None:
    """Compare it with what it is resumed with."""
    from keras_maskrcnn.training import run

    run.check_folder(folder, resume=True)
    run._check_same(folder, RECIPE)


def write_folds(folder) -> None:
    """Write the folds that a cross-validation was begun with."""
    (folder / "folds.json").write_text(json.dumps({"folds": ROWS}), "utf-8")


def read_folds(folder, file) -> None:
    """Compare them with those that it is resumed with."""
    from keras_maskrcnn.training import folds

    folds._check_same(folder, ROWS)


def write_checkpoint(folder) -> None:
    """Write what a run goes on from."""
    arrays = {key: np.ones(shape, "float32") for key, shape in SHAPES.items()}
    (folder / "checkpoint.safetensors").write_bytes(save(arrays, {"state": json.dumps(STATE)}))


def read_checkpoint(folder, file) -> None:
    """Read it into stand-ins of the variables."""
    from keras_maskrcnn.training import checkpoint

    with mock.patch.object(checkpoint, "_variables", stand_ins):
        state = checkpoint.read_checkpoint(file, SHAPES)
    json.dumps(state.history[state.best_epoch - 1] if state.best_epoch else {})


def changed_checkpoint(data, others, rng) -> bytes:
    """Return a changed checkpoint; now and then it is the state in it that changes."""
    if rng.random() < 0.5:
        return changed_safetensors(data, others, rng)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"]["state"] = json_changes.changed(json.loads(json.dumps(STATE)), rng)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def write_notes(folder) -> None:
    """Write the begin of a download, and its notes."""
    (folder / "a.pth").write_bytes(b"begun")
    notes = {"url": "https://a/a.pth", "etag": '"1"', "total": 9}
    (folder / "a.pth.json").write_text(json.dumps(notes), "utf-8")


def read_notes(folder, file) -> None:
    """Look whether it can be gone on with."""
    notes = receiving._read_notes("https://a/a.pth", folder / "a.pth")
    if notes is not None:
        json.dumps([notes["total"] - 1, (notes["etag"] or "") + ""])


def _place(folder, file):
    return str(folder), "it began with"


def targets() -> list[Target]:
    """Return the files that runs and downloads go on from."""
    text, run = json_changes.changed_file, ("training/recipe.json",)
    kinds = [
        Target("recipe of a run", write_recipe, run, text, read_recipe, NAMED, _place, 3),
        Target("folds of a run", write_folds, ("folds.json",), text, read_folds, NAMED, share=3),
        Target("notes of a download", write_notes, ("a.pth.json",), text, read_notes, (), share=3),
    ]
    file = ("checkpoint.safetensors",)
    change = changed_checkpoint
    return [
        *kinds,
        Target("checkpoint", write_checkpoint, file, change, read_checkpoint, NAMED, share=3),
    ]
