"""maskrcnn train: train on your own annotated images; the result is a preset."""

import dataclasses
from pathlib import Path

from keras_maskrcnn.cli import backend
from keras_maskrcnn.cli.annotations import FORMATS
from keras_maskrcnn.cli.arguments import (
    fraction,
    natural,
    natural_float,
    positive_float,
    positive_int,
)
from keras_maskrcnn.cli.folds import split, train_folds
from keras_maskrcnn.cli.output import check_outputs, print_left_out, table
from keras_maskrcnn.cli.preview import draw_preview
from keras_maskrcnn.progress import progress
from keras_maskrcnn.wording import counted, listed

# Those of `keras_maskrcnn.data.AUGMENTATION_NAMES`, which is not imported for a --help.
AUGMENTATIONS = (
    *("flip", "flip-vertical", "orient", "rotate", "shear", "shift", "scale", "crop", "jitter"),
    *("elastic", "brightness", "contrast", "gamma", "color", "gray", "invert", "noise", "impulse"),
    *("blur", "average-blur", "cutout", "erase", "background", "copy-paste", "mosaic"),
)
AFTER_INTERRUPTION = ". The same command with --resume goes on after the last complete epoch."
DTYPES = ("float32", "mixed_bfloat16")


def add_arguments(parser) -> None:
    """Add the arguments of `train`."""
    add = parser.add_argument
    add("--preset", required=True, help="name or folder of the preset to start from")
    add("--from-scratch", action="store_true", help="take its architecture without its weights")
    add("--train", required=True, metavar="ANN", help=FORMATS)
    add("--train-images", required=True, metavar="DIR", help="folder of its images")
    add("--val", metavar="ANN", help="annotations to measure on")
    add("--val-images", metavar="DIR", help="folder of its images")
    add("--val-share", type=fraction, metavar="X", help="or measure on this share of --train")
    add("--classes", nargs="+", metavar="NAME", help="keep only these, in this order")
    add("--folds", type=positive_int, metavar="K", help="cross-validate: a model for each of K")
    add("--group-key", metavar="KEY", help="images of one value of KEY stay in one fold")
    add("--out", required=True, type=Path, metavar="DIR", help="new folder for the preset")
    add("--epochs", type=natural, default=20, metavar="N", help="0 only looks at the data")
    add("--batch-size", type=positive_int, default=2, metavar="B", help="images per step")
    add("--image-size", type=positive_int, default=512, metavar="S", help="side of the input, px")
    add("--image-scale", type=positive_float, metavar="X", help="enlarge instead of fitting into S")
    add(
        "--augment",
        nargs="*",
        default=["flip"],
        choices=AUGMENTATIONS,
        metavar="NAME",
        help=f"random changes: {', '.join(AUGMENTATIONS)}",
    )
    add("--max-objects", type=positive_int, metavar="N", help="most objects per training image")
    add(
        "--freeze",
        action="append",
        default=[],
        metavar="PART",
        help="part that is not trained: backbone, backbone:P3 (up to that map), all_but_heads, ...",
    )
    add("--dtype", choices=DTYPES, help="what to compute in; by default as the preset")
    add("--patience", type=natural, default=0, metavar="N", help="stop early after N; 0: never")
    add("--ap-every", type=positive_int, default=1, metavar="N", help="epochs between AP figures")
    add("--ap-images", type=positive_int, metavar="N", help="measure AP on N images, not all")
    add("--seed", type=natural, default=0, metavar="N", help="of everything random")
    add("--preview", type=Path, metavar="FILE", help="draw some images, as they are and augmented")
    add("--resume", action="store_true", help="go on with the run in --out after its last epoch")
    _add_optimization(parser.add_argument_group("how the weights move").add_argument)


def _add_optimization(add):
    add("--optimizer", choices=("adamw", "sgd"), default="adamw", help="sgd has a momentum of 0.9")
    add(
        "--learning-rate",
        type=positive_float,
        metavar="X",
        help="highest rate; by default 5e-4 for adamw, 5e-3 for sgd",
    )
    add(
        "--warmup",
        type=natural,
        metavar="N",
        help="steps in which the rate rises; by default a twentieth of all, 1000 at most",
    )
    add("--schedule", choices=("cosine", "step", "constant"), default="cosine", help="after that")
    add("--weight-decay", type=natural_float, default=1e-4, metavar="X", help="on kernels only")
    add("--clip-norm", type=natural_float, default=10.0, metavar="X", help="of gradients; 0: never")
    add("--accumulate", type=positive_int, default=1, metavar="N", help="steps to an update")
    add(
        "--ema",
        type=fraction,
        default=0.0,
        metavar="M",
        help="measure and save averaged weights, of this momentum, such as 0.999; 0: none",
    )


def run(args) -> None:
    """Count and draw the data, prepare the model, train it."""
    if (args.val is None) != (args.val_images is None):
        raise ValueError("`--val` and `--val-images` must be given together, or neither.")
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
    training.run.check_objects(source)
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
