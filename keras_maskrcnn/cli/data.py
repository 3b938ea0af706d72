"""maskrcnn data: turn annotations into COCO JSON, find problems in them."""

from pathlib import Path

from keras_maskrcnn.cli import data_check
from keras_maskrcnn.cli.annotations import FORMATS
from keras_maskrcnn.cli.output import check_outputs
from keras_maskrcnn.wording import counted, listed
from keras_maskrcnn.writing import write_json


def add_arguments(parser) -> None:
    """Add the verbs `convert` and `check`."""
    verbs = parser.add_subparsers(dest="data_verb", required=True, metavar="convert|check")
    convert = verbs.add_parser("convert", help="write the COCO JSON of annotations")
    add = convert.add_argument
    add("source", help=FORMATS)
    add("destination", type=Path, help="new COCO JSON file")
    add("--images", metavar="DIR", help="folder of the images; by default beside the annotations")
    add("--classes", nargs="+", metavar="NAME", help="keep only these, in this order")
    add("--attribute", metavar="NAME", help="VIA: the region attribute that names the class")
    convert.set_defaults(act=_convert)
    data_check.add_parser(verbs)


def run(args) -> int | None:
    """Do what the verb says, without a backend; return the exit status."""
    return args.act(args)


def _convert(args):
    from keras_maskrcnn.data import open_source

    if args.destination.exists():
        raise FileExistsError(
            f"`destination` must be a new file. Received: '{args.destination}', which exists. "
            "Give another name."
        )
    check_outputs(files={"destination": args.destination})
    source = open_source(args.source, args.images, args.classes, attribute=args.attribute)
    content = source.to_coco()
    write_json(args.destination, content)
    annotations = content["annotations"]
    print(
        f"{counted(len(source), 'image')} with {counted(len(annotations), 'object')} of "
        f"{listed(source.class_names)}. Written: {args.destination}"
    )
    for kind, count in source.skipped.items():
        print(f"Left out {counted(count, kind)}, which cannot be a mask.")
    crowds = sum(annotation["iscrowd"] for annotation in annotations)
    if empty := int(source.object_counts().sum()) - len(annotations) + crowds:
        print(f"Left out {counted(empty, 'object')} whose mask covers no pixel.")
