"""Measures a bundled preset again and prints the figures beside those of its card.

python zoo/verify.py mask_rcnn_tiny_shapes
python zoo/verify.py mask_rcnn_resnet18_fpn_nuclei --annotations val.json --images DIR
"""

import argparse
import json
from pathlib import Path

import keras_maskrcnn as km

ZOO = Path(__file__).parent
FRESH_SCENES, FRESH_SEED = 200, 1000  # neither number was used in training


def main():
    """Prints box and mask AP, measured and on the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--annotations", help="not needed for the shapes")
    parser.add_argument("--images")
    args = parser.parse_args()
    if args.annotations:
        source = km.data.open_source(args.annotations, args.images)
    else:
        source = km.data.ShapesSource(FRESH_SCENES, image_size=(128, 128), seed=FRESH_SEED)
    measured = km.evaluation.evaluate(km.MaskRCNN.from_preset(args.name), source)
    card = json.loads((ZOO / args.name / "about.json").read_text(encoding="utf-8"))["measured"]
    print(f"{args.name} on {measured['images']} images\n{'':10}{'measured':>10}{'card':>8}")
    for kind in ("box", "mask"):
        for figure in ("AP", "AP50", "AP75"):
            pair = measured[kind][figure], card[kind][figure]
            print(f"{kind + ' ' + figure:10}{pair[0]:10.4f}{pair[1]:8.4f}")


if __name__ == "__main__":
    main()
