"""maskrcnn blur: blur images and videos, but for the objects."""

from keras_maskrcnn.cli import effects
from keras_maskrcnn.cli.arguments import positive_fraction
from keras_maskrcnn.effects import blur_background
from keras_maskrcnn.effects.backgrounds import STRENGTH


def add_arguments(parser) -> None:
    """Add the arguments of `blur`."""
    effects.add_arguments(parser, out="blurred")
    effects.add_feather(parser)
    parser.add_argument(
        "--strength",
        type=positive_fraction,
        default=STRENGTH,
        metavar="SHARE",
        help="the Gaussian's standard deviation, as a share of the picture's shorter side",
    )


def run(args) -> int:
    """Write each picture with its background blurred."""
    return effects.run(args, blur_background, feather=args.feather, strength=args.strength)
