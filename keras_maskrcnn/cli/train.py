"""maskrcnn train: train on your own annotated images; the result is a preset."""

import dataclasses

from keras_maskrcnn.cli import backend
from keras_maskrcnn.cli.checked_images import read_all
from keras_maskrcnn.cli.folds import train_folds
from keras_maskrcnn.cli.output import check_outputs
from keras_maskrcnn.cli.preview import draw_preview
from keras_maskrcnn.cli.train_arguments import add_arguments
from keras_maskrcnn.cli.train_start import check_start, make_model
from keras_maskrcnn.cli.training_data import open_sources, say_if_trained_on
from keras_maskrcnn.wording import counted

__all__ = ["AFTER_INTERRUPTION", "add_arguments", "run"]

TYPED_NAMES = {
    "images_dir": "--train-images",
    "count": "--folds",
    "share": "--val-share",
    "parts": "--freeze",
}
AFTER_INTERRUPTION = ". The same command with --resume goes on after the last complete epoch."


def run(args) -> None:
    """Count and draw the data, prepare the model, train it."""
    if args.val_images and not args.val:
        raise ValueError("`--val-images` must go with `--val`. Received: no `--val`. Give both.")
    if args.val_images is None:
        args.val_images = args.train_images
    if sum(map(bool, (args.folds, args.val, args.val_share))) > 1:
        raise ValueError(
            "`--val`, `--val-share` and `--folds` must go without each other: each says what is "
            "measured on."
        )
    read = [path for path in (args.train, args.val) if path]
    out = args.out if args.epochs else None
    check_outputs(folders={"--out": out}, pictures={"--preview": args.preview}, inputs=read)
    check_start(args)
    source, val_source = open_sources(args)
    if not args.preview and args.epochs == 0:
        return
    backend.start()
    backend.import_tensorflow_quietly()
    recipe = _recipe(args)
    if args.preview:
        draw_preview(source, args.preview, recipe)
    if args.epochs == 0:
        return
    import keras

    from keras_maskrcnn import presets, training, transfer

    if not (args.folds and args.resume):
        training.run.check_folder(args.out, args.resume)
    training.run.check_objects(source, recipe)
    if not args.from_scratch:
        presets.resolve(args.preset or args.backbone, download=True)  # a bad network shows now
    if args.preset and not args.from_scratch:
        say_if_trained_on(args.preset, source if args.folds else val_source)
    if not args.resume:
        read_all(source, val_source)

    def new_model():
        keras.utils.set_random_seed(args.seed)
        model = make_model(args, source)
        transfer.freeze(model, *args.freeze)
        return model

    options = {"resume": args.resume, "about": _about(args)}
    if args.folds:
        train_folds(new_model, source, args, recipe, **options)
        return
    state = training.train(new_model(), source, args.out, recipe, val_source=val_source, **options)
    _report(args.out, state, args.monitor)


def _recipe(args):
    from keras_maskrcnn.training import Optimization, Recipe

    def chosen(kind):
        names = [field.name for field in dataclasses.fields(kind)]
        return {name: getattr(args, name) for name in names if hasattr(args, name)}

    options = {**chosen(Recipe), "augment": tuple(args.augment)}
    return Recipe(**options, optimization=Optimization(**chosen(Optimization)))


def _about(args):
    """Return what the run records of the command, besides its images and its recipe."""
    names = ("preset", "backbone", "from_scratch", "freeze", "val_share", "folds", "group_key")
    return {name: getattr(args, name) for name in names}


def _report(folder, state, monitor):
    from keras_maskrcnn.evaluation.kinds import deciding_log, log_titles

    reached = ""
    if state.best is not None:
        decided_by = deciding_log(state.history[-1], monitor)
        reached = f", {log_titles()[decided_by]} {state.best:.3f}"
    print(f"Trained {counted(state.epoch, 'epoch')}. Best: epoch {state.best_epoch}{reached}.")
    print(f"Preset: {folder}. Try: maskrcnn predict IMAGE --preset {folder}")
