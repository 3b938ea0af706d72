"""What the verbs that write pictures with an effect have in common."""

import functools
from pathlib import Path

from keras_maskrcnn.cli import detection
from keras_maskrcnn.cli.arguments import natural_float
from keras_maskrcnn.cli.results import Results
from keras_maskrcnn.cli.sources import list_sources
from keras_maskrcnn.effects.compositing import FEATHER


def add_arguments(parser, out, classes="classes that stay as they are") -> None:
    """Add the arguments of every effect.

    Args:
        parser: that of the verb.
        out: str, the folder if none is given.
        classes: str, what the effect does with the chosen classes.
    """
    detection.add_arguments(parser)
    detection.add_classes(parser, classes)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(out),
        help="folder for the results, or the file of a single one",
    )


def add_feather(parser) -> None:
    """Add the argument of the effects that have a soft edge."""
    parser.add_argument(
        "--feather",
        type=natural_float,
        default=FEATHER,
        metavar="PIXELS",
        help="width of the soft edge",
    )


def run(args, effect, **settings) -> int:
    """Write each picture and video with the effect on what is found in it.

    Args:
        args: the parsed command line.
        effect: a function of an image and its `Detections`, as those of `keras_maskrcnn.effects`.
        settings: its arguments, besides the classes.
    """
    paths = list_sources(*args.sources)
    results = Results(args.out, paths, functools.partial(effect, classes=args.classes, **settings))
    results.check_outputs()
    model = detection.load_model(args.preset, args.classes)
    reader = detection.detect(model, paths, args, results)
    return detection.report(args, reader, results, args.out)
