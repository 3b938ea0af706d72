"""maskrcnn explain: draw what happens to one image, from the anchors to masks and keypoints."""

from pathlib import Path

from keras_maskrcnn.cli.arguments import natural
from keras_maskrcnn.cli.detection import add_score_threshold, check_detectors, start_backend
from keras_maskrcnn.cli.output import check_outputs
from keras_maskrcnn.writing import write_picture

TYPED_NAMES = {"detection": "--object"}


def add_arguments(parser) -> None:
    """Add the arguments of `explain`."""
    parser.add_argument("image", type=Path, metavar="IMAGE", help="an image file")
    parser.add_argument("--preset", required=True, help="name or folder of a preset")
    parser.add_argument(
        "--out", type=Path, default=Path("explained"), help="folder for the pictures"
    )
    parser.add_argument(
        "--object",
        type=natural,
        default=0,
        metavar="N",
        help="the detection to follow to its mask and keypoints; 0 is the best",
    )
    add_score_threshold(parser)


def run(args) -> None:
    """Write a numbered picture of every stage, and print what each shows."""
    check_outputs(folders={"--out": args.out})
    check_detectors([args.preset])
    image = _read(args.image)
    start_backend([args.preset])
    from keras_maskrcnn import explain
    from keras_maskrcnn.models import FasterRCNN

    model = FasterRCNN.from_preset(args.preset)
    chosen = {"score_threshold": args.score_threshold, "detection": args.object}
    stages = explain.stages(model, image, **chosen)
    lines, pictures = explain.describe(stages), explain.draw_stages(stages)
    for number, (name, picture) in enumerate(pictures.items(), start=1):
        path = args.out / f"{number}_{name}.png"
        write_picture(path, picture)
        print(f"{path}: {lines[name]}")
    if model.skeleton and stages.roi and stages.roi.keypoints is None:
        print(f"No picture of keypoints: the model finds none of the class {stages.roi.name!r}.")
    if "masks" not in pictures and not model.skeleton:
        print("No picture of a mask: the model has no mask head.")


def _read(path):
    from keras_maskrcnn.data import read_image
    from keras_maskrcnn.data.video import is_video

    if path.is_dir() or is_video(path):
        kind = "folder" if path.is_dir() else "video"
        raise ValueError(
            f"`IMAGE` must be one image file. Received: the {kind} {str(path)!r}. "
            f"Type an image, or `maskrcnn predict {path}` to outline what is found in it."
        )
    return read_image(path)
