"""maskrcnn background: put the objects of images and videos before a colour or a picture."""

from pathlib import Path

from keras_maskrcnn.cli import effects
from keras_maskrcnn.effects import replace_background


def add_arguments(parser) -> None:
    """Add the arguments of `background`."""
    effects.add_arguments(parser, out="replaced")
    effects.add_feather(parser)
    parser.add_argument(
        "--background",
        required=True,
        metavar="FILE|COLOUR",
        help="a picture, which is fitted to cover the other, or a colour: white, '#3060a0'",
    )


def run(args) -> int:
    """Write each picture with another background."""
    background = _read(args.background)
    return effects.run(args, replace_background, feather=args.feather, background=background)


def _read(text):
    """Return the picture that a file holds, or (R, G, B) of a colour."""
    from PIL import ImageColor

    from keras_maskrcnn.data import read_image

    if Path(text).is_file():
        return read_image(text)
    try:
        return ImageColor.getrgb(text)[:3]
    except ValueError:
        raise ValueError(
            f"`--background` must be a picture or a colour. Received: {text!r}, which is neither a "
            "file nor a colour's name. Type the path of a picture, or white, or '#3060a0'."
        ) from None
