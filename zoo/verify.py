"""Measures a preset again and prints the figures beside those that are published.

    python zoo/verify.py mask_rcnn_tiny_shapes
    python zoo/verify.py mask_rcnn_resnet18_fpn_nuclei --annotations val.json --images DIR
    python zoo/verify.py mask_rcnn_resnet50_fpn_coco \\
        --annotations annotations/instances_val2017.json --images val2017

Of a bundled preset the published figures are those of its card; of a COCO preset those of its
maker, on all 5000 images of val2017. Settings are the preset's own: the score threshold of its
detection layer, 100 detections per image; a pixel belongs to a mask from a probability of 0.5 on.
"""

import argparse
import json
import time
from pathlib import Path

import keras_maskrcnn as km
from keras_maskrcnn.cli.output import progress, table, write_json

ZOO = Path(__file__).parent
FRESH_SCENES, FRESH_SEED = 200, 1000  # neither number was used in training
FIGURES = ("AP", "AP50", "AP75")


def main():
    """Prints box and mask AP in percent, measured and published."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--annotations", help="COCO JSON; not needed for the shapes")
    parser.add_argument("--images", help="folder of its images")
    parser.add_argument("--limit", type=int, metavar="N", help="only N images, evenly spread")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    args = parser.parse_args()
    said, by = published(args.name)
    if args.annotations:
        source = km.data.open_source(args.annotations, args.images)
    else:
        source = km.data.ShapesSource(FRESH_SCENES, image_size=(128, 128), seed=FRESH_SEED)
    model = km.FasterRCNN.from_preset(args.name)
    start = time.perf_counter()
    with progress("verify", args.limit or len(source)) as show:
        measured = km.evaluation.evaluate(
            model, source, batch_size=args.batch_size, max_images=args.limit, progress=show
        )
    rate = measured["images"] / (time.perf_counter() - start)
    print(f"{args.name}: {measured['images']} of {len(source)} images, {rate:.2f} images/s")
    if measured["images"] < len(source):
        print("Published figures are of all images: these are not to be compared.")
    print(comparison(measured, said, by))
    if args.json:
        write_json(args.json, {"preset": args.name, "images_per_second": rate, **measured})


def published(name):
    """Published figures in percent, {"box": {"AP": ...}, "mask": ...}, and whose they are."""
    records = km.presets.remote()
    if name in records:
        record = records[name]
        figures = {"box": record.published["box_ap"], "mask": record.published.get("mask_ap")}
        by = f"{record.published['by']}, {record.published['on']}"
        return {kind: {"AP": ap} for kind, ap in figures.items() if ap is not None}, by
    card = json.loads((ZOO / name / "about.json").read_text(encoding="utf-8"))["measured"]
    kinds = ("box", "mask")
    return {kind: {f: 100 * card[kind][f] for f in FIGURES} for kind in kinds}, "card"


def comparison(measured, said, by):
    """A table of text: measured, published and the difference, in percent."""
    rows = [("", "measured", f"published ({by})", "difference")]
    for kind in ("box", "mask"):
        for figure in FIGURES if measured[kind] else ():
            found, stated = 100 * measured[kind][figure], said.get(kind, {}).get(figure)
            beside = ("", "") if stated is None else (f"{stated:.1f}", f"{found - stated:+.1f}")
            rows.append((f"{kind} {figure}", f"{found:.1f}", *beside))
    return table(rows)


if __name__ == "__main__":
    main()
