"""maskrcnn cutout: cut the objects out of images, on a transparent background."""

from keras_maskrcnn.cli import effects
from keras_maskrcnn.cli.detection import videos_of
from keras_maskrcnn.cli.sources import list_sources
from keras_maskrcnn.effects import cut_out, cut_out_each

TRANSPARENT = (".png", ".webp", ".tif", ".tiff", ".avif")
OPAQUE = (".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".jp2", ".ppm", ".pgm")


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
    if args.out.suffix.lower() in OPAQUE:
        raise ValueError(
            f"`--out` must be a picture that can be transparent. Received: {str(args.out)!r}. "
            "Give a name ending in .png."
        )
    if args.each and args.out.suffix.lower() in TRANSPARENT:
        raise ValueError(
            f"`--out` must be a folder with `--each`. Received: {str(args.out)!r}. "
            "Give a name without a suffix."
        )
    return effects.run(args, cut_out_each if args.each else cut_out, feather=args.feather)
