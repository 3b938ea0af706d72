"""maskrcnn train: train on your own annotated images; the result is a preset."""

import dataclasses

from keras_maskrcnn.cli import backend
from keras_maskrcnn.cli.folds import split, train_folds
from keras_maskrcnn.cli.output import check_outputs, print_left_out, table
from keras_maskrcnn.cli.preview import draw_preview
from keras_maskrcnn.cli.train_arguments import add_arguments
from keras_maskrcnn.progress import progress
from keras_maskrcnn.wording import counted, listed

__all__ = ["AFTER_INTERRUPTION", "add_arguments", "run"]

TYPED_NAMES = {"images_dir": "--train-images", "count": "--folds", "parts": "--freeze"}
TYPED_NAMES = {"images_dir": "--train-images", "count": "--folds", "parts": "--freeze"}
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
    source, val_source = _open_sources(args)
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

    from keras_maskrcnn import training, transfer

    if not (args.folds and args.resume):
        training.run.check_folder(args.out, args.resume)
    training.run.check_objects(source, recipe)
    if not args.resume:
        _read_all(source, val_source)

    def make_model():
        keras.utils.set_random_seed(args.seed)
        model = _model(args, source.class_names)
        transfer.freeze(model, *args.freeze)
        return model

    if args.folds:
        train_folds(make_model, source, args, recipe, resume=args.resume)
        return
    state = training.train(
        make_model(), source, args.out, recipe, val_source=val_source, resume=args.resume
    )
    _report(args.out, state)


def _open_sources(args):
    """Open the sources, their classes in the order of the preset's if they are the same."""
    from keras_maskrcnn import presets
    from keras_maskrcnn.data import Subset, open_source

    known = presets.load_metadata(args.preset)["class_names"]
    source = open_source(args.train, args.train_images, args.classes)
    same = set(source.class_names) == set(known)
    if args.classes is None and same and source.class_names != tuple(known):
        source = open_source(args.train, args.train_images, classes=known)
    val_source = None
    if args.val:
        val_source = open_source(args.val, args.val_images, classes=source.class_names)
    elif args.val_share:
        parts = split(source, max(2, round(1 / args.val_share)), args)
        source, val_source = (Subset(source, part) for part in parts[0])
    _describe("train", source)
    if val_source is not None:
        _describe("val", val_source)
    return source, val_source


def _describe(name, source):
    found = source.describe()
    empty = counted(found["images_without_objects"], "image")
    per_image = found["objects_per_image"]
    print(
        f"{name}: {counted(found['images'], 'image')} ({empty} without objects), "
        f"{counted(found['objects'], 'object')}, median {per_image['median']:g} "
        f"and at most {per_image['max']} per image"
    )
    if without := found.get("objects_without_masks"):
        print(f"{name}: {counted(without, 'object')} without a mask")
    print_left_out(name, found)
    rows = [("", "class", "objects")]
    rows += [("", class_name, str(count)) for class_name, count in found["classes"].items()]
    print(table(rows), flush=True)


def _read_all(*sources):
    """Read every image once: a broken one shall show now and not in the middle of training."""
    for source in (one for one in sources if one is not None):
        with progress("checking images", len(source)) as show:
            for index in range(len(source)):
                source[index]
                show(index + 1)


def _model(args, class_names):
    from keras_maskrcnn import transfer
    from keras_maskrcnn.models import FasterRCNN

    model = FasterRCNN.from_preset(
        args.preset, load_weights=not args.from_scratch, dtype=args.dtype
    )
    if tuple(model.class_names) != tuple(class_names):
        print(
            f"classes: {listed(model.class_names)} of the preset are replaced by "
            f"{listed(class_names)}; the last layers of the heads start anew",
            flush=True,
        )
        model = transfer.replace_heads(model, class_names=class_names)
    return model


def _recipe(args):
    from keras_maskrcnn.training import Optimization, Recipe

    def chosen(kind):
        names = [field.name for field in dataclasses.fields(kind)]
        return {name: getattr(args, name) for name in names if hasattr(args, name)}

    options = {**chosen(Recipe), "augment": tuple(args.augment)}
    return Recipe(**options, optimization=Optimization(**chosen(Optimization)))


def _report(folder, state):
    reached = "" if state.best is None else f", AP {state.best:.3f}"
    print(f"Trained {counted(state.epoch, 'epoch')}. Best: epoch {state.best_epoch}{reached}.")
    print(f"Preset: {folder}. Try: maskrcnn predict IMAGE --preset {folder}")
