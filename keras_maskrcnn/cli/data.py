"""maskrcnn data: turn annotations into another format, find problems in them."""

from pathlib import Path

from keras_maskrcnn.cli import data_check
from keras_maskrcnn.cli.annotations import FORMATS, WRITTEN
from keras_maskrcnn.cli.output import check_outputs
from keras_maskrcnn.wording import counted, listed


def add_arguments(parser) -> None:
    """Add the verbs `convert` and `check`."""
    verbs = parser.add_subparsers(dest="data_verb", required=True, metavar="convert|check")
    convert = verbs.add_parser("convert", help="write annotations in another format")
    add = convert.add_argument
    add("source", help=FORMATS)
    add("destination", type=Path, help="new JSON file, or new folder for labelme and yolo")
    add("--to", choices=WRITTEN, default="coco", help="format to write (default: %(default)s)")
    add("--images", metavar="DIR", help="folder of the images; by default beside the annotations")
    add("--classes", nargs="+", metavar="NAME", help="keep only these, in this order")
    add("--attribute", metavar="NAME", help="VIA: the region attribute that names the class")
    convert.set_defaults(act=_convert)
    data_check.add_parser(verbs)


def run(args) -> int | None:
    """Do what the verb says, without a backend; return the exit status."""
    return args.act(args)


def _convert(args):
    from keras_maskrcnn.data import open_source, save_source

    option = "files" if args.to in ("coco", "via") else "folders"
    if args.destination.exists():
        raise FileExistsError(
            f"`destination` must be a new {option[:-1]}. Received: '{args.destination}', which "
            "exists. Give another name."
        )
    check_outputs(**{option: {"destination": args.destination}})
    source = open_source(args.source, args.images, args.classes, attribute=args.attribute)
    left_out = save_source(source, args.destination, args.to)
    objects = sum(source.crowd_counts()) + int(source.object_counts().sum())
    objects -= sum(left_out[what, why] for what, why in left_out if what in ("object", "crowd"))
    print(
        f"{counted(len(source), 'image')} with {counted(objects, 'object')} of "
        f"{listed(source.class_names)}. Written: {args.destination}"
    )
    if source.skeleton is not None:
        points = counted(int(source.keypoint_counts().sum()), "known keypoint")
        print(f"{points}, of {listed(source.skeleton.names)}.")
    for kind, count in source.skipped.items():
        print(f"Left out {counted(count, kind)}, which cannot be a mask.")
    for (what, why), count in left_out.items():
        print(f"Left out {counted(count, what)} {why}.")
