"""The arguments of `maskrcnn train`."""

from pathlib import Path

from keras_maskrcnn.cli.annotations import FORMATS
from keras_maskrcnn.cli.arguments import (
    fraction,
    natural,
    natural_float,
    positive_float,
    positive_int,
    share,
)
from keras_maskrcnn.cli.train_start import BACKBONE

# Those of `keras_maskrcnn.data.AUGMENTATION_NAMES`, which is not imported for a --help.
AUGMENTATIONS = (
    *("flip", "flip-vertical", "orient", "rotate", "shear", "shift", "scale", "crop", "jitter"),
    *("elastic", "brightness", "contrast", "gamma", "color", "gray", "invert", "noise", "impulse"),
    *("blur", "average-blur", "cutout", "erase", "background", "copy-paste", "mosaic"),
)
BACKBONE_HELP = (
    "or of a backbone, trained to classify images, to put a new detector on; by default, without "
    f"--preset, {BACKBONE}, which comes along"
)
DTYPES = ("float32", "mixed_bfloat16")


def add_arguments(parser) -> None:
    """Add the arguments of `train`."""
    add = parser.add_argument
    add("--preset", help="name or folder of the detector to start from")
    add("--backbone", metavar="NAME", help=BACKBONE_HELP)
    add("--from-scratch", action="store_true", help="take its architecture without its weights")
    add("--train", required=True, metavar="ANN", help=f"annotations to learn from: {FORMATS}")
    add("--train-images", metavar="DIR", help="folder of its images; by default beside it")
    add("--val", metavar="ANN", help="annotations to measure on")
    add("--val-images", metavar="DIR", help="folder of its images; by default that of --train")
    add("--val-share", type=share, metavar="X", help="or hold back this share of --train for it")
    add("--classes", nargs="+", metavar="NAME", help="learn only these, in this order")
    add("--folds", type=positive_int, metavar="K", help="cross-validate: a model for each of K")
    add("--group-key", metavar="KEY", help="images of one value of KEY stay together")
    add("--out", required=True, type=Path, metavar="DIR", help="new folder for the preset")
    _add_course(add)
    add("--dtype", choices=DTYPES, help="what to compute in; by default that of the preset")
    add("--seed", type=natural, default=0, metavar="N", help="what everything random begins with")
    add("--preview", type=Path, metavar="FILE", help="draw some images, as they are and augmented")
    add("--resume", action="store_true", help="go on with the run in --out after its last epoch")
    _add_images(parser.add_argument_group("what the model is shown").add_argument)
    _add_optimization(parser.add_argument_group("how the weights move").add_argument)


def _add_course(add):
    add(
        "--epochs",
        type=natural,
        default=20,
        metavar="N",
        help="passes over the images; 0 only looks at the data",
    )
    add("--batch-size", type=positive_int, default=2, metavar="B", help="images per step")
    add(
        "--freeze",
        action="append",
        default=[],
        metavar="PART",
        help="part that is not trained: backbone, backbone:P3 (up to that map), all_but_heads, ...",
    )
    add(
        "--patience",
        type=natural,
        default=0,
        metavar="N",
        help="stop after N epochs without a better AP; 0: never",
    )
    add(
        "--monitor",
        metavar="KIND",
        help="what decides which epoch is saved, and when to stop: AP of a box, mask or keypoint, "
        "PQ of a panoptic map, mean IoU of a semantic map; by default PQ, where it is not measured "
        "AP of keypoints, of masks, of boxes",
    )
    add("--ap-every", type=positive_int, default=1, metavar="N", help="measure AP every N epochs")
    add("--ap-images", type=positive_int, metavar="N", help="measure AP on N images, not on all")


def _add_images(add):
    add(
        "--image-size",
        type=positive_int,
        default=512,
        metavar="S",
        help="side in pixels of the square that images are fitted into",
    )
    add(
        "--image-scale",
        type=positive_float,
        metavar="X",
        help="enlarge images by X instead, and train on windows of S x S (with --augment crop)",
    )
    add(
        "--augment",
        nargs="*",
        default=["flip"],
        choices=AUGMENTATIONS,
        metavar="NAME",
        help=f"random changes of the images: {', '.join(AUGMENTATIONS)}",
    )
    add(
        "--max-objects",
        type=positive_int,
        metavar="N",
        help="learn from the N largest objects of an image; by default from all",
    )


def _add_optimization(add):
    add("--optimizer", choices=("adamw", "sgd"), default="adamw", help="sgd has a momentum of 0.9")
    add(
        "--learning-rate",
        type=positive_float,
        metavar="X",
        help="highest rate; by default 5e-4 for adamw, 5e-3 for sgd",
    )
    add(
        "--warmup",
        type=natural,
        metavar="N",
        help="steps in which the rate rises; by default a twentieth of all, 1000 at most",
    )
    add(
        "--schedule",
        choices=("cosine", "step", "constant"),
        default="cosine",
        help="how the rate falls after that",
    )
    add(
        "--weight-decay",
        type=natural_float,
        default=1e-4,
        metavar="X",
        help="share of each kernel, times the rate, that an update takes away",
    )
    add(
        "--clip-norm",
        type=natural_float,
        default=10.0,
        metavar="X",
        help="length that longer gradients are scaled down to; 0: never",
    )
    add(
        "--accumulate",
        type=positive_int,
        default=1,
        metavar="N",
        help="steps whose gradients make one update: a larger batch in the same memory",
    )
    add(
        "--ema",
        type=fraction,
        default=0.0,
        metavar="M",
        help="measure and save averaged weights, of this momentum, such as 0.999; 0: none",
    )
