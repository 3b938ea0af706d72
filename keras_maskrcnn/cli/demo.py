"""maskrcnn demo: find shapes in synthetic pictures with the small preset that comes along."""

import time
from pathlib import Path

from keras_maskrcnn.cli import backend
from keras_maskrcnn.cli.output import check_outputs
from keras_maskrcnn.wording import counted
from keras_maskrcnn.writing import write_picture

PRESET = "mask_rcnn_tiny_shapes"
SCENES = 4
SIDE = 512  # of a scene in the picture: four times its own, for lines and names that are fine
SEED = 2024  # scenes that the preset was not trained on


def add_arguments(parser) -> None:
    """Add the arguments of `demo`."""
    parser.add_argument(
        "--out", type=Path, default=Path("maskrcnn-demo"), help="folder for the picture"
    )
    parser.add_argument("--preset", default=PRESET, help="name or folder of a preset")


def run(args) -> None:
    """Detect the shapes of a few scenes and write them, outlined, to one picture."""
    path = args.out / "demo.png"
    check_outputs(pictures={"--out": path})
    name = backend.start()
    import cv2

    from keras_maskrcnn.data import ShapesSource
    from keras_maskrcnn.drawing import contact_sheet
    from keras_maskrcnn.models import MaskRCNN

    model = MaskRCNN.from_preset(args.preset)
    source = ShapesSource(SCENES, seed=SEED)
    images = [source[index].image for index in range(SCENES)]
    start = time.perf_counter()
    found = model.detect(images)
    seconds = time.perf_counter() - start
    drawn = [
        one.resized((SIDE, SIDE)).draw(
            cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        )
        for one, image in zip(found, images, strict=True)
    ]
    write_picture(path, contact_sheet(drawn, cell_size=SIDE + 4))
    objects = counted(sum(map(len, found)), "object")
    print(f"Found {objects} in {SCENES} scenes in {seconds:.1f} s, compilation included ({name}).")
    print(f"Picture: {path}")
