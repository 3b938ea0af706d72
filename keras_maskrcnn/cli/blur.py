"""maskrcnn blur: blur images and videos, but for the objects."""

from keras_maskrcnn.cli import effects
from keras_maskrcnn.cli.arguments import positive_fraction


def add_arguments(parser):
    """Adds the arguments of `blur`."""
    effects.add_arguments(parser, out="blurred")
    parser.add_argument(
        "--strength",
        type=positive_fraction,
        default=0.02,
        metavar="SHARE",
        help="the Gaussian's standard deviation, as a share of the picture's shorter side",
    )


def run(args):
    """Writes each picture with its background blurred."""
    return effects.run(args, "blur_background", strength=args.strength)
