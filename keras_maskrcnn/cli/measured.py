"""On which images `maskrcnn evaluate` measures which preset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from keras_maskrcnn.cli import backend
from keras_maskrcnn.cli.class_names import open_for
from keras_maskrcnn.wording import counted, listed

if TYPE_CHECKING:
    from keras_maskrcnn.data import Source


def take_run(args) -> None:
    """Take the preset of `--run`; refuse it beside what else says what is measured on what.

    Raises:
        ValueError: neither or both are given, or the folder holds a cross-validation.
    """
    given = (args.preset, args.annotations, args.images)
    if any(given) if args.run_folder else not all(given):
        raise ValueError(
            "`--preset`, `--annotations` and `--images` must be given together, or `--run` alone."
        )
    if args.run_folder and (Path(args.run_folder) / "folds.json").is_file():
        raise ValueError(
            f"`--run` must be one run. Received: {args.run_folder!r}, the folds of a "
            f"cross-validation. Type --run {Path(args.run_folder) / 'fold1'}, or another of them."
        )
    args.preset = args.preset or args.run_folder


def open_measured(args) -> Source:
    """Open the images to measure on.

    The classes of the preset say what the objects are, if the annotations do not.

    Raises:
        ValueError: the annotations and the preset share no class; the message says what to type.
    """
    if args.run_folder:
        return _open_run(args)
    from keras_maskrcnn import presets

    known = presets.load_metadata(args.preset)["class_names"]
    source = open_for(known, args.annotations, args.images, args.classes)
    if set(source.class_names) & set(known):
        return source
    advice = "Rename the classes of one."
    if not source.names_classes:
        advice = "Say with --classes which of the preset's its objects are."
    raise ValueError(
        f"`--annotations` must share a class name with the preset. Received: {args.annotations!r} "
        f"of {listed(map(repr, source.class_names), 5)}, a preset of "
        f"{listed(map(repr, known), 5)}. {advice}"
    )


def say_if_trained_on(args, source) -> int:
    """Return how many of the images the preset was trained on, and say what that means."""
    from keras_maskrcnn.training import trained_on

    if known := trained_on(args.preset, source):
        advice = "Measure on others" if args.run_folder else "Measure on others, or with --run DIR"
        images = counted(len(source), "image")
        print(f"The preset was trained on {known} of these {images}, which flatters it. {advice}.")
    return known


def _open_run(args):
    """Open the images that a run held back, or that it was given to measure on."""
    backend.start()
    from keras_maskrcnn.training import measured_images

    source = measured_images(args.run_folder, args.classes)
    print(f"{args.run_folder}: {counted(len(source), 'image')} that the run measured on")
    return source
