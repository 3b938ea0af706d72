"""maskrcnn convert: make a preset of a checkpoint of torchvision, Detectron2 or Matterport."""

from keras_maskrcnn.cli.arguments import natural_float, positive_float, positive_int
from keras_maskrcnn.cli.output import check_outputs

TYPED_NAMES = {"class_names": "--classes", "family": "--from"}
FAMILIES = ("torchvision", "detectron2", "matterport", "efficientnet_lite")


def add_arguments(parser) -> None:
    """Add the checkpoint, the library it is from, and what its weights do not tell."""
    parser.add_argument("checkpoint", help=".pth, .pkl or .h5 file; nothing in it is run")
    parser.add_argument(
        "--from", dest="family", required=True, choices=FAMILIES, help="the library it is of"
    )
    parser.add_argument("--model", help="what the library calls the model; checked if given")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the new preset")
    parser.add_argument(
        "--classes", nargs="+", metavar="NAME", help="names of label 1, 2, ..., or: coco"
    )
    further = parser.add_argument_group("what stood in the training's settings, not in the file")
    further.add_argument(
        "--anchor-sizes",
        nargs=5,
        type=positive_float,
        metavar="PX",
        help="anchors of P2 to P6 (Matterport: RPN_ANCHOR_SCALES); 32 64 128 256 512 if not given",
    )
    further.add_argument(
        "--image-size",
        nargs=2,
        type=positive_int,
        metavar=("MIN", "MAX"),
        help="shorter and longest side of resized images (Matterport: IMAGE_MIN_DIM, "
        "IMAGE_MAX_DIM); 800 1333, Matterport 800 1024, if not given",
    )
    further.add_argument(
        "--bn-epsilon",
        type=natural_float,
        metavar="X",
        help="epsilon of batch normalisation (torchvision and Detectron2); 1e-5 if not given",
    )


def run(args) -> None:
    """Convert the file and say what it holds."""
    from keras_maskrcnn import presets

    check_outputs(folders={"--out": args.out}, inputs=[args.checkpoint])
    settings = {key: getattr(args, key) for key in ("anchor_sizes", "image_size", "bn_epsilon")}
    converted = presets.convert(
        args.checkpoint,
        args.family,
        args.out,
        model=args.model,
        class_names="coco" if args.classes == ["coco"] else args.classes,
        **{key: value for key, value in settings.items() if value is not None},
    )
    print(f"{converted.architecture.title}. Written: {args.out}")
    names = converted.config["config"].get("class_names", ["-"])
    if names[0] == "class 1":
        print("The file does not name its classes: --classes NAME ... does, or --classes coco.")
