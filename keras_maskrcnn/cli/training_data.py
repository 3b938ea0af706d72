"""What `maskrcnn train` trains on and measures on, opened and counted."""

from keras_maskrcnn.cli.class_names import open_for
from keras_maskrcnn.cli.output import print_left_out, table
from keras_maskrcnn.cli.train_start import known_classes
from keras_maskrcnn.wording import counted


def open_sources(args) -> tuple:
    """Open and describe the images to train on and those to measure on, None if there are none.

    The classes are in the order of the preset's if they are the same.
    """
    from keras_maskrcnn.data import Subset, open_source

    known = known_classes(args)
    source = open_for(known, args.train, args.train_images, args.classes)
    same = set(source.class_names) == set(known)
    if args.classes is None and same and source.class_names != tuple(known):
        source = open_source(args.train, args.train_images, classes=known)
    val_source = None
    if args.val:
        known = {"classes": source.class_names, "skeleton": source.skeleton}
        val_source = open_source(args.val, args.val_images, **known)
    elif args.val_share:
        source, val_source = (Subset(source, part) for part in _held_back(source, args))
    _describe("train", source)
    if val_source is not None:
        _describe("val", val_source)
    return source, val_source


def groups_of(source, args) -> list | None:
    """Return the value of `--group-key` of each image; None without that option."""
    return None if args.group_key is None else source.image_values(args.group_key)


def say_if_trained_on(preset, measured) -> None:
    """Say if images to measure on were trained on in the runs that gave the preset."""
    from keras_maskrcnn.training import trained_on

    if measured is not None and (known := trained_on(preset, measured)):
        images = counted(len(measured), "image")
        print(f"{preset} was trained on {known} of the {images} to measure on: this flatters it")


def _held_back(source, args):
    """Choose the images of `--val-share`, and say how many that are."""
    from keras_maskrcnn.data import hold_back

    parts = hold_back(source, args.val_share, groups=groups_of(source, args), seed=args.seed)
    held, images = len(parts[1]), counted(len(source), "image")
    grouped = "" if args.group_key is None else f", whole groups of equal {args.group_key!r}"
    print(f"held back to measure on: {held} of {images}, {held / len(source):.0%}{grouped}")
    return parts


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
