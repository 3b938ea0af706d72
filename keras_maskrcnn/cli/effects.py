"""What the verbs that write pictures with an effect have in common."""

import functools
from pathlib import Path

from keras_maskrcnn.cli import backend, stream
from keras_maskrcnn.cli.arguments import natural_float
from keras_maskrcnn.cli.results import Results
from keras_maskrcnn.cli.sources import list_sources


def add_arguments(parser, out):
    """Adds the arguments of every effect; `out` is the folder if none is given."""
    stream.add_arguments(parser)
    parser.add_argument(
        "--classes", nargs="+", metavar="NAME", help="classes that stay as they are; default: all"
    )
    parser.add_argument(
        "--feather", type=natural_float, default=2.0, metavar="PIXELS", help="soft edge's width"
    )
    parser.add_argument("--out", type=Path, default=Path(out), help="folder for the results")


def run(args, effect, **settings):
    """Writes each picture and video with the effect on what is found in it.

    Args:
        args: the parsed command line.
        effect: str, a function of `keras_maskrcnn.effects`.
        settings: its arguments, besides the classes and the feather.
    """
    from keras_maskrcnn import effects

    paths = list_sources(*args.sources)
    settings |= {"classes": args.classes, "feather": args.feather}
    render = functools.partial(getattr(effects, effect), **settings)
    results = Results(args.out, paths, render)
    backend.start()
    model = stream.load_model(args.preset)
    failures = stream.detect(model, paths, args, results)
    return stream.report(args, paths, results, failures, args.out)
