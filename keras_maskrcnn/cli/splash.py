"""maskrcnn splash: turn images and videos gray, but for the objects."""

from keras_maskrcnn.cli import effects
from keras_maskrcnn.effects import color_splash


def add_arguments(parser) -> None:
    """Add the arguments of `splash`."""
    effects.add_arguments(parser, out="splashed")
    effects.add_feather(parser)


def run(args) -> int:
    """Write each picture with only the objects in colour."""
    return effects.run(args, color_splash, feather=args.feather)
