"""Fine-tunes the bundled nuclei preset on images of your own and measures before and after.

    KERAS_BACKEND=tensorflow python docs/examples/nuclei.py --train nuclei/train.json \\
        --val nuclei/val.json --images nuclei/images --out out/example_nuclei

Annotations are COCO JSON, or any other format that `km.data.open_source` reads, of one class. On
40 and 10 images of BBBC038, in about 10 minutes on 2 shared cores, it printed
    before: box AP 0.661 AP50 0.946  mask AP 0.690 AP50 0.945
    after: box AP 0.651 AP50 0.944  mask AP 0.685 AP50 0.946
No gain: the preset had learned from all 464 of these training images. Images of your own are new.
"""

import argparse

import keras_maskrcnn as km  # before keras, which then takes a backend that is installed

# isort: split
import keras
import numpy as np

from keras_maskrcnn.training import Optimization

PRESET = "mask_rcnn_resnet18_fpn_nuclei"
WINDOW, SCALE, MOST_OBJECTS = 256, 2.0, 64  # pixels, enlargement, objects per window
CHANGES = ["orient", "scale", "crop", "brightness", "contrast", "gray"]


def parse_arguments():
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", required=True, help="annotations to train on")
    parser.add_argument("--val", required=True, help="annotations to measure on")
    parser.add_argument("--images", required=True, help="folder of the images of both")
    parser.add_argument("--out", required=True, help="new folder for the fine-tuned preset")
    parser.add_argument("--train-images", type=int, default=40, help="train on so many of them")
    parser.add_argument("--val-images", type=int, default=10, help="measure on so many of them")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=4, help="windows per step")
    parser.add_argument("--window", type=int, default=WINDOW, help="side of a window, pixels")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    return parser.parse_args()


def some(source, count):
    """At most so many images of a source, evenly spread."""
    chosen = np.linspace(0, len(source) - 1, min(count, len(source))).round()
    return km.data.Subset(source, chosen.astype(int))


def fine_tune(model, source, args):
    """Trains on random windows of the enlarged images; the backbone up to P3 stays as it is."""
    km.transfer.freeze(model, "backbone:P3")
    resizer = km.data.ImageResizer(max_size=2048, scale=SCALE)
    loader = km.data.Loader(
        source,
        args.batch_size,
        args.window,
        resizer=resizer,
        augment=CHANGES,
        max_objects=MOST_OBJECTS,
    )
    steps = args.epochs * len(loader)
    model.compile(Optimization(learning_rate=args.learning_rate).build(steps))
    model.fit(loader, epochs=args.epochs)


def report(when, model, source):
    """Prints box and mask AP."""
    figures = km.evaluation.evaluate(model, source)
    aps = "  ".join(
        f"{kind} AP {figures[kind]['AP']:.3f} AP50 {figures[kind]['AP50']:.3f}"
        for kind in ("box", "mask")
    )
    print(f"{when}: {aps}", flush=True)


def main():
    """Measures, trains, measures again and saves."""
    args = parse_arguments()
    keras.utils.set_random_seed(0)
    source = some(km.data.open_source(args.train, args.images), args.train_images)
    val = some(km.data.open_source(args.val, args.images), args.val_images)
    model = km.MaskRCNN.from_preset(PRESET)
    if model.class_names == source.class_names:
        report("before", model, val)
    else:  # the names are new, the shapes may be: the last layers start anew
        model = km.transfer.replace_heads(model, source.class_names)
    fine_tune(model, source, args)
    report("after", model, val)
    model.save_to_preset(args.out)


if __name__ == "__main__":
    main()
