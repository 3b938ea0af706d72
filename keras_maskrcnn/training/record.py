"""What is written down of a run: where it began, on which images it trained, and which it held."""

import os
from pathlib import Path

import keras

from keras_maskrcnn import __version__, presets
from keras_maskrcnn.data import Source, Subset, open_source
from keras_maskrcnn.data.annotated import AnnotatedSource
from keras_maskrcnn.data.source import origin_of
from keras_maskrcnn.training.record_files import read_record
from keras_maskrcnn.training.recorder import STATE_FOLDER
from keras_maskrcnn.wording import listed
from keras_maskrcnn.writing import write_json

RECORD_FILE = "run.json"


def write_record(folder, source, val_source, about) -> None:
    """Write down what a run begins with.

    Args:
        folder: Path of the run.
        source: `Source` of the training images.
        val_source: `Source` that is measured on, or None.
        about: dict of what else is to be known, for JSON.
    """
    record = {
        **about,
        **({"preset": _lasting(about["preset"])} if about.get("preset") else {}),
        "backend": keras.backend.backend(),
        "versions": {"keras_maskrcnn": __version__, "keras": keras.__version__},
        "train": _origin(source),
        "val": None if val_source is None else _origin(val_source),
    }
    write_json(folder / STATE_FOLDER / RECORD_FILE, record, indent=2)


def read_run(folder) -> dict:
    """Return what was written down of a run.

    Args:
        folder: str or path that `train` wrote.

    Returns:
        dict: "train" and "val" (None if the run measured on nothing), each with "annotations",
        "images_dir", "class_names" and "files", a dict from the name of each image to its bytes;
        "backend", "versions", and what was given to `train` as `about`.

    Raises:
        FileNotFoundError: if the folder holds no run, or one of before it was written down.
        ValueError: if the file is damaged.
    """
    path = Path(folder) / STATE_FOLDER / RECORD_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"The folder {str(folder)!r} holds no training run, or one of an earlier version that "
            f"did not write {STATE_FOLDER}/{RECORD_FILE}."
        )
    return read_record(path)


def measured_images(folder, classes=None) -> Subset:
    """Open the images that a run measured on, exactly those.

    Args:
        folder: str or path that `train` wrote.
        classes: names of the classes to keep. Default: those of the run.

    Raises:
        FileNotFoundError: if there is no record of a run, or the data are no longer there.
        ValueError: if the run measured on nothing or on a source without files, or the annotations
            have lost images since.
    """
    val = read_run(folder)["val"]
    if not val or "annotations" not in val:
        raise ValueError(
            f"The run {str(folder)!r} measured on {'no images' if not val else 'no image files'}. "
            "Say on which to measure."
        )
    source = open_source(val["annotations"], val["images_dir"], classes or val["class_names"])
    places = {source.file_name(index): index for index in range(len(source))}
    if gone := [name for name in val["files"] if name not in places]:
        raise ValueError(
            f"{val['annotations']!r} must hold the images that the run measured on. It has no "
            f"longer: {listed(map(repr, gone))}."
        )
    return Subset(source, [places[name] for name in val["files"]])


def trained_on(preset, source) -> int:
    """Count the images of a source that a preset, or one that it began with, was trained on.

    Images are the same if name and number of bytes are, wherever they lie.

    Args:
        preset: str or path of a preset. Only runs of `train` know their images.
        source: a `Source`.
    """
    known, visited = set(), set()
    while preset and (folder := _folder_of_run(preset)) not in {None, *visited}:
        visited.add(folder)
        record = read_run(folder)
        known |= _identities(record["train"])
        preset = None if record.get("from_scratch") else record.get("preset")
    return len(known & _identities(_origin(source))) if known else 0


def _folder_of_run(preset):
    """Return the folder of a preset that a run wrote, resolved; None for any other."""
    folder = Path(preset).expanduser()
    if _is_listed(preset) or not (folder / STATE_FOLDER / RECORD_FILE).is_file():
        return None
    return folder.resolve()


def _lasting(preset):
    """Return the name or folder of a preset as it is found from another working directory."""
    folder = os.path.expanduser(preset)
    is_folder = os.path.isdir(folder) and not _is_listed(preset)
    return os.path.abspath(folder) if is_folder else os.fspath(preset)


def _is_listed(preset):
    """Whether a preset is known by a name, which wins over a folder of that name."""
    return os.fspath(preset) in {**presets.bundled(), **presets.remote()}


def _origin(source: Source):
    """Return what finds the images of a source again; of one without files, how many there are."""
    source, indices = origin_of(source)
    if not isinstance(source, AnnotatedSource):
        return {"source": type(source).__name__, "images": len(indices)}
    names = [source.file_name(int(index)) for index in indices]
    return {
        "annotations": os.path.abspath(source.annotations),
        "images_dir": os.path.abspath(source.images_dir),
        "class_names": list(source.class_names),
        "files": {name: os.path.getsize(os.path.join(source.images_dir, name)) for name in names},
    }


def _identities(origin):
    return {(os.path.basename(name), size) for name, size in origin.get("files", {}).items()}
