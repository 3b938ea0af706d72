"""Measure a preset again and print the figures beside those that are published.

    python zoo/verify.py mask_rcnn_tiny_shapes
    python zoo/verify.py mask_rcnn_tiny_figures
    python zoo/verify.py mask_rcnn_resnet18_fpn_nuclei --annotations val.json --images DIR
    python zoo/verify.py mask_rcnn_resnet50_fpn_coco \\
        --annotations annotations/instances_val2017.json --images val2017

Of a bundled preset the published figures are those of its card; of a COCO preset those of its
maker, on all 5000 images of val2017. Settings are the preset's own and are printed. Ctrl-C ends the
run after the images at hand and prints what they give; a second Ctrl-C ends it at once.
"""

import argparse
import contextlib
import json
import signal
import time
from pathlib import Path

import keras_maskrcnn as km
from keras_maskrcnn.cli.arguments import positive_int
from keras_maskrcnn.cli.output import check_outputs, table
from keras_maskrcnn.evaluation.kinds import KINDS
from keras_maskrcnn.mask_crops import MASK_THRESHOLD
from keras_maskrcnn.progress import progress
from keras_maskrcnn.writing import write_json

ZOO = Path(__file__).parent
SCENES = {  # presets that are measured on scenes that are made here
    "mask_rcnn_tiny_shapes": km.data.ShapesSource,
    "mask_rcnn_tiny_figures": km.data.FiguresSource,
}
FRESH_SCENES, FRESH_SEED = 200, 1000  # neither number was used in training
FIGURES = ("AP", "AP50", "AP75")


def main() -> None:
    """Print AP in percent, measured and published."""
    args, (said, by) = arguments()
    check_outputs(files={"--json": args.json})
    if args.annotations:
        source = km.data.open_source(args.annotations, args.images)
    else:
        source = SCENES[args.name](FRESH_SCENES, image_size=(128, 128), seed=FRESH_SEED)
    model = km.FasterRCNN.from_preset(args.name)
    print(settings(model))
    start = time.perf_counter()
    with progress("verify", args.limit or len(source)) as show, until_interrupted(show) as shown:
        measured = km.evaluation.evaluate(
            model, source, batch_size=args.batch_size, max_images=args.limit, progress=shown
        )
    rate = measured["images"] / (time.perf_counter() - start)
    print(f"{args.name}: {measured['images']} of {len(source)} images, {rate:.2f} images/s")
    if measured["images"] < len(source):
        print("Published figures are of all images: these are not to be compared.")
    if measured["missing_classes"]:
        print("Counted with AP 0, as unknown to it:", ", ".join(measured["missing_classes"]))
    print(comparison(measured, said, by))
    if args.json:
        write_json(args.json, {"preset": args.name, "images_per_second": rate, **measured})


def arguments():
    """The command line's arguments, and the published figures of the preset they name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--annotations", help="COCO JSON; not needed for synthetic scenes")
    parser.add_argument("--images", help="folder of its images")
    parser.add_argument("--limit", type=positive_int, metavar="N", help="only N, evenly spread")
    parser.add_argument("--batch-size", type=positive_int, default=1, metavar="B", help="images")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    args = parser.parse_args()
    try:
        figures = published(args.name)
    except ValueError as error:
        parser.error(str(error))
    given = (args.annotations, args.images)
    if not all(given) and (any(given) or args.name not in SCENES):
        parser.error(f"{args.name} needs both --annotations and --images.")
    return args, figures


def published(name):
    """Published figures in percent, {"box": {"AP": ...}, ...} by kind, and whose they are.

    Raises:
        ValueError: if there are none.
    """
    record, card = km.presets.remote().get(name), ZOO / name / "about.json"
    if record is not None and "box_ap" in (record.published or {}):
        figures = {kind: record.published.get(f"{kind}_ap") for kind in KINDS}
        by = f"{record.published['by']}, {record.published['on']}"
        return {kind: {"AP": ap} for kind, ap in figures.items() if ap is not None}, by
    if not card.is_file():
        raise ValueError(
            "`name` must be a detector with published figures. Received: "
            f"name={name!r}. `maskrcnn zoo list` shows them."
        )
    figures = json.loads(card.read_text(encoding="utf-8"))["measured"]
    kinds = [kind for kind in KINDS if kind in figures]
    return {kind: {f: 100 * figures[kind][f] for f in FIGURES} for kind in kinds}, "card"


def settings(model):
    """One line: what AP depends on besides the weights."""
    layer = model.detection_layer
    return (
        f"Scores above {layer.score_threshold:g}, at most {layer.max_detections} detections per "
        f"image, pixels of a mask from a probability of {MASK_THRESHOLD:g}."
    )


@contextlib.contextmanager
def until_interrupted(show):
    """Yield `show`, which returns False after Ctrl-C: then `evaluate` measures what it has."""
    interrupted = False

    def interrupt(*_):
        nonlocal interrupted
        interrupted = True
        signal.signal(signal.SIGINT, before)

    def shown(done, total):
        show(done, total)
        return not interrupted

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield shown
    finally:
        signal.signal(signal.SIGINT, before)


def comparison(measured, said, by):
    """A table of text: measured, published and the difference, in percent."""
    rows = [("", "measured", f"published ({by})", "difference")]
    for kind in KINDS:
        for figure in FIGURES if measured.get(kind) else ():
            found, stated = 100 * measured[kind][figure], said.get(kind, {}).get(figure)
            beside = ("", "") if stated is None else (f"{stated:.1f}", f"{found - stated:+z.1f}")
            rows.append((f"{kind} {figure}", f"{found:.1f}", *beside))
    return table(rows)


if __name__ == "__main__":
    main()
