"""maskrcnn splash: turn images and videos gray, but for the objects."""

from keras_maskrcnn.cli import effects


def add_arguments(parser):
    """Adds the arguments of `splash`."""
    effects.add_arguments(parser, out="splashed")


def run(args):
    """Writes each picture with only the objects in colour."""
    return effects.run(args, "color_splash")
