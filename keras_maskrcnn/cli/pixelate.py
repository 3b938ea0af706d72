"""maskrcnn pixelate: hide the objects in images and videos behind large blocks."""

from keras_maskrcnn.cli import effects
from keras_maskrcnn.cli.arguments import positive_int
from keras_maskrcnn.effects import pixelate
from keras_maskrcnn.effects.pixelation import BLOCKS


def add_arguments(parser) -> None:
    """Add the arguments of `pixelate`."""
    effects.add_arguments(parser, out="pixelated", classes="classes to hide")
    parser.add_argument(
        "--blocks",
        type=positive_int,
        default=BLOCKS,
        metavar="N",
        help="most blocks along the longer side of an object",
    )


def run(args) -> int:
    """Write each picture with its objects in blocks."""
    return effects.run(args, pixelate, blocks=args.blocks)
