"""A training run in a folder, from its first epoch or from where it was killed."""

import contextlib
import json
import zlib
from pathlib import Path

from keras_maskrcnn.data.loader import Loader
from keras_maskrcnn.evaluation import COCOMetrics
from keras_maskrcnn.evaluation.kinds import kinds_of
from keras_maskrcnn.models.training_data import connect
from keras_maskrcnn.progress import Line
from keras_maskrcnn.training.averaging import AveragedWeights
from keras_maskrcnn.training.checkpoint import RunState, read_checkpoint
from keras_maskrcnn.training.divergence import FiniteLoss
from keras_maskrcnn.training.epoch_table import EpochTable
from keras_maskrcnn.training.memory import advice, is_out_of_memory
from keras_maskrcnn.training.recipe import FREE_TO_CHANGE
from keras_maskrcnn.training.record import RECORD_FILE, write_record
from keras_maskrcnn.training.record_files import read_record
from keras_maskrcnn.training.recorder import CHECKPOINT_FILE, STATE_FOLDER, RunRecorder
from keras_maskrcnn.wording import shown
from keras_maskrcnn.writing import write_json

RECIPE_FILE = "recipe.json"
DATA = ("images", "objects", "annotations_checksum")  # of the training images
VAL_DATA = tuple(f"validation_{name}" for name in DATA)  # of those that are measured on


def check_folder(folder, resume) -> None:
    """Refuse a folder that a run would overwrite, or that holds no run to resume.

    Raises:
        FileExistsError: if the folder holds anything and `resume` is False.
        FileNotFoundError: if `resume` is True and the folder holds something, but no run.
    """
    folder = Path(folder)
    used = folder.exists() and (not folder.is_dir() or _holds_work(folder))
    if used and not resume:
        raise FileExistsError(
            f"The folder {str(folder)!r} is in use. "
            "Add --resume to go on with the run in it, or give another folder."
        )
    if used and not (folder / STATE_FOLDER / RECIPE_FILE).is_file():
        raise FileNotFoundError(f"The folder {str(folder)!r} holds no training run to resume.")


def check_objects(source, recipe) -> None:
    """Refuse images in which there is nothing to learn.

    Raises:
        ValueError: if no image has an object, other than a crowd, with a pixel at the size of
            training.
    """
    _loaders(source, None, recipe)[0].check_objects()


def train(
    model,
    source,
    folder,
    recipe,
    *,
    val_source=None,
    resume=False,
    callbacks=(),
    verbose=1,
    about=None,
) -> RunState:
    """Train a model and keep its best weights as a preset in a folder.

    Args:
        model: `MaskRCNN`. It is compiled here, and its `image_resizer` becomes the recipe's.
        source: `Source` of the training images.
        folder: str or path of the run, new or empty unless `resume`.
        recipe: `Recipe`.
        val_source: `Source` for the validation losses and the AP, or None.
        resume: go on after the last complete epoch of the run in `folder`, if there is one.
        callbacks: further Keras callbacks; they see the AP in their logs.
        verbose: 0 shows nothing, else `EpochTable` shows how it goes.
        about: dict of what else is to be written down of the run, for JSON: "preset", the name or
            folder of the preset that it begins with, and what you like.

    Returns:
        `RunState`; `history` holds the logs of every epoch, those before a resumption too.

    Raises:
        FileExistsError: if `folder` is in use and `resume` is False.
        ValueError: if the run was begun with another recipe or on other images, the model has other
            classes than the sources or does not give what is to be monitored, `source` has no
            objects, or training diverges; the message names the images of that batch.
        MemoryError: if memory runs out; the message says what to try.
    """
    folder = Path(folder)
    check_folder(folder, resume)
    _check_patience(recipe, val_source)
    _check_monitor(recipe, model, val_source)
    checkpoint = folder / STATE_FOLDER / CHECKPOINT_FILE
    choices = _choices(recipe, model, source, val_source)
    if checkpoint.is_file():
        _check_same(folder, choices)
    loaders = _loaders(source, val_source, recipe)
    loaders[0].check_objects()
    connect(model, *loaders)
    model.compile(recipe.optimization.build(recipe.epochs * len(loaders[0])))
    state = _restored(checkpoint, model)
    state.stopped = state.stopped and recipe.patience > 0
    if state.stopped or state.epoch >= recipe.epochs:
        return state
    write_json(folder / STATE_FOLDER / RECIPE_FILE, choices, indent=2)
    write_record(folder, source, val_source, about or {})
    for remark in loaders[0].remarks:
        print(f"train: {remark}", flush=True)
    for loader in loaders:
        loader.epoch = state.epoch
    try:
        with Line() if verbose else contextlib.nullcontext() as line:
            model.fit(
                loaders[0],
                validation_data=loaders[1] if val_source is not None else None,
                epochs=recipe.epochs,
                initial_epoch=state.epoch,
                callbacks=[
                    *_callbacks(folder, state, recipe, loaders, val_source, line),
                    *callbacks,
                ],
                verbose=0,
            )
    except Exception as error:
        for loader in loaders:
            if loader.failure is not None:
                raise loader.failure from None
        if is_out_of_memory(error):
            raise MemoryError(advice(recipe)) from error
        raise
    return state


def _callbacks(folder, state, recipe, loaders, val_source, line):
    """Ours, each seeing what those before it did; the last shows it, if there is a `Line`."""
    averaged = AveragedWeights() if recipe.optimization.ema else None
    validated = val_source is not None
    about = {"history": state.history, "monitor": recipe.monitor, "line": line}
    table = EpochTable(validated=validated, **about) if line else None
    metrics = None
    if validated:
        metrics = COCOMetrics(
            val_source,
            every=recipe.ap_every,
            max_images=recipe.ap_images,
            progress=table and table.measured,
        )
    recorder = RunRecorder(folder, state, recipe.patience, averaged, recipe.monitor)
    ordered = [FiniteLoss(loaders[0]), averaged, metrics, recorder, table]
    return [callback for callback in ordered if callback is not None]


def _holds_work(folder):
    """Whether a folder holds more than what a run that failed in its first epoch left."""
    begun = {STATE_FOLDER, *(f"{STATE_FOLDER}/{name}" for name in (RECIPE_FILE, RECORD_FILE))}
    return any(path.relative_to(folder).as_posix() not in begun for path in folder.rglob("*"))


def _check_patience(recipe, val_source):
    if not recipe.patience:
        return
    if val_source is None:
        raise ValueError(
            "`patience` must be 0 without validation images, as nothing can be judged. "
            f"Received: patience={recipe.patience}. Give validation images or patience 0."
        )
    if recipe.patience < recipe.ap_every:
        raise ValueError(
            "`patience` must be at least `ap_every`, the epochs from one AP to the next. "
            f"Received: patience={recipe.patience}, ap_every={recipe.ap_every}."
        )


def _check_monitor(recipe, model, val_source):
    known = kinds_of(model) if val_source is not None else []
    if recipe.monitor is None or recipe.monitor in known:
        return
    advice = f"Leave it out for {known[-1]!r}." if known else "Give validation images."
    raise ValueError(
        "`monitor` must be a kind of result that is measured of the model. Received: "
        f"monitor={recipe.monitor!r}, measured: {known}. {advice}"
    )


def _loaders(source, val_source, recipe):
    options = {"image_size": recipe.image_size, "resizer": recipe.resizer(), "seed": recipe.seed}
    options["max_objects"] = recipe.max_objects
    training = Loader(source, recipe.batch_size, augment=recipe.augment, **options)
    if val_source is None:
        return [training]
    windows = [name for name in recipe.augment if name == "crop"]
    validation = Loader(val_source, recipe.batch_size, augment=windows, shuffle=False, **options)
    return [training, validation]


def _restored(checkpoint, model):
    return read_checkpoint(checkpoint, model) if checkpoint.is_file() else RunState()


def _choices(recipe, model, source, val_source):
    """Return what is written down of a run, as JSON gives it back."""
    policy = model.dtype_policy.name
    chosen = {**recipe.choices(), "dtype": policy, "class_names": list(model.class_names)}
    data = {**_data(source, DATA), **_data(val_source, VAL_DATA)}
    return json.loads(json.dumps({**chosen, **data}))


def _data(source, keys):
    """Return what tells the images of a run from others; None under each key if there are none."""
    if source is None:
        return dict.fromkeys(keys)
    checksum = zlib.crc32(source.checksums().astype("<u4").tobytes())
    objects = int(source.object_counts().sum())
    return dict(zip(keys, (len(source), objects, checksum), strict=True))


def _check_same(folder, choices):
    """ValueError unless a run goes on with the choices and the data it began with."""
    begun = read_record(folder / STATE_FOLDER / RECIPE_FILE)
    other = [name for name in choices if begun.get(name) != choices[name]]
    # Runs of before they were written down lack some.
    earlier = [name for name in (*DATA, *VAL_DATA) if name not in begun]
    if other := [name for name in other if name not in (*FREE_TO_CHANGE, *earlier)]:
        name = other[0]
        kind = "training" if name in DATA else "validation" if name in VAL_DATA else None
        what = f"{kind} images and objects" if kind else "options"
        raise ValueError(
            f"A resumed run must keep the {what} it began with. Received: {name}="
            f"{choices[name]!r}, begun with {name}={shown(begun.get(name))}. Give the same again."
        )
