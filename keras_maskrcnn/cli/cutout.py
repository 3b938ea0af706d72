"""maskrcnn cutout: cut the objects out of images, on a transparent background."""

from keras_maskrcnn.cli import effects
from keras_maskrcnn.cli.detection import videos_of
from keras_maskrcnn.cli.sources import list_sources
from keras_maskrcnn.effects import cut_out, cut_out_each


def add_arguments(parser) -> None:
    """Add the arguments of `cutout`."""
    effects.add_arguments(parser, out="cutouts", classes="classes to cut out")
    effects.add_feather(parser)
    parser.add_argument(
        "--each",
        action="store_true",
        help="a picture for each object, of its box, in a folder for each image",
    )


def run(args) -> int:
    """Write PNGs with alpha."""
    if videos := videos_of(list_sources(*args.sources)):
        raise ValueError(
            "`cutout` must go with images only: no MP4 has a transparent background. "
            f"Received: {str(videos[0])!r}. Type maskrcnn background --background lime instead."
        )
    return effects.run(args, cut_out_each if args.each else cut_out, feather=args.feather)
