"""maskrcnn demo: find shapes and figures in synthetic pictures with the small presets inside."""

import time
from pathlib import Path

from keras_maskrcnn.cli.detection import start_backend
from keras_maskrcnn.cli.output import check_outputs
from keras_maskrcnn.wording import counted
from keras_maskrcnn.writing import write_picture

PRESETS = ("mask_rcnn_tiny_shapes", "mask_rcnn_tiny_figures")
SCENES = 4  # for each preset
COLUMNS = 4
SIDE = 512  # of a scene in the picture: four times its own, for lines and names that are fine
SEED = 2024  # scenes that the presets were not trained on


def add_arguments(parser) -> None:
    """Add the arguments of `demo`."""
    parser.add_argument(
        "--out", type=Path, default=Path("maskrcnn-demo"), help="folder for the picture"
    )
    parser.add_argument("--preset", help="only with this one: name or folder of a preset")


def run(args) -> None:
    """Detect the objects of a few scenes and write them, outlined, to one picture."""
    path = args.out / "demo.png"
    check_outputs(pictures={"--out": path})
    presets = (args.preset,) if args.preset else PRESETS
    name = start_backend(presets)
    from keras_maskrcnn.drawing import contact_sheet
    from keras_maskrcnn.models import FasterRCNN

    start = time.perf_counter()
    drawn, objects = [], 0
    for preset in presets:
        pictures, count = _detect(FasterRCNN.from_preset(preset))
        drawn += pictures
        objects += count
    seconds = time.perf_counter() - start
    write_picture(path, contact_sheet(drawn, COLUMNS, cell_size=SIDE + 4))
    print(
        f"Found {counted(objects, 'object')} in {len(drawn)} scenes in {seconds:.1f} s, "
        f"compilation included ({name})."
    )
    print(f"Picture: {path}")


def _detect(model):
    """Return scenes with what the model finds drawn into them, and how many objects."""
    import cv2

    from keras_maskrcnn.data import FiguresSource, ShapesSource

    kind = ShapesSource if model.skeleton is None else FiguresSource
    images = [sample.image for sample in kind(SCENES, seed=SEED)]
    found = model.detect(images)
    large = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for image in images]
    drawn = [one.resized((SIDE, SIDE)).draw(image) for one, image in zip(found, large, strict=True)]
    return drawn, sum(map(len, found))
