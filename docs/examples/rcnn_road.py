"""Measures what each step from R-CNN to Mask R-CNN saves and costs, on one image.

    KERAS_BACKEND=tensorflow python docs/examples/rcnn_road.py

Here, on 2 busy cores: 87 s for R-CNN, 1.7 s for Fast R-CNN and 3.8 s more for its selective search,
2.1 s for Faster R-CNN, 4.4 s for Mask R-CNN with 100 masks.
"""

import argparse
import time

import keras_maskrcnn as km  # before keras, which then takes a backend that is installed

# isort: split
import cv2
import keras
import numpy as np


def parse_arguments():
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="a photo; by default a scene of 480 x 640 pixels")
    parser.add_argument("--proposals", type=int, default=300, help="regions that are looked at")
    parser.add_argument("--filters", type=int, default=64, help="of the first stage, ResNet-18")
    parser.add_argument("--crop", type=int, default=224, help="side of R-CNN's crops")
    return parser.parse_args()


def regions(image, count):
    """Boxes of all sizes and places (n, 4): what is in them does not matter for the time."""
    height, width = image.shape[:2]
    corners = np.random.default_rng(0).uniform(0, 1, (count, 2, 2)) * [width - 32, height - 32]
    return np.concatenate([corners.min(axis=1), corners.max(axis=1) + 32], axis=1)


def selective_search(image, count):
    """The best regions of OpenCV's contrib package."""
    search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    search.setBaseImage(image[..., ::-1])
    search.switchToSelectiveSearchFast()
    return search.process()[:count]


def r_cnn(args, image, boxes):
    """A function that shows every region, resized to a square, to the whole backbone."""
    net = km.backbones.ResNet(18, filters=widths(args))
    top = keras.layers.GlobalAveragePooling2D()(net.output["P5"])
    classes = keras.Model(net.inputs, keras.layers.Dense(81)(top))

    def run():
        for x1, y1, x2, y2 in boxes.astype(int):
            crop = cv2.resize(image[y1:y2, x1:x2], (args.crop, args.crop))
            classes.predict_on_batch({"images": crop[None]})

    return run


def detector(args, image, boxes, masks=False, rpn=True):
    """A function that runs a model once, with all its regions."""
    everything = km.DetectionLayer(score_threshold=0.0)  # 100 detections, whatever the weights
    options = {} if rpn else {"rpn": False}
    if rpn:
        options["proposal_layer"] = km.ProposalLayer(args.proposals, args.proposals)
    model = (km.MaskRCNN if masks else km.FasterRCNN)(
        km.backbones.ResNet(18, filters=widths(args)),
        num_classes=80,
        image_resizer=km.data.ImageResizer(min(image.shape[:2]), max(image.shape[:2])),
        detection_layer=everything,
        **options,
    )
    given = {} if rpn else {"proposals": boxes, "refine": True}
    return lambda: model.detect(image, score_threshold=0.0, **given)


def widths(args):
    """Channels of the four stages."""
    return tuple(args.filters * 2**stage for stage in range(4))


def quickest(run, times=3):
    """Processor seconds of the quickest of several runs, after one that compiles."""
    run()
    found = []
    for _ in range(times):
        begin = time.process_time()
        run()
        found.append(time.process_time() - begin)
    return min(found)


def main():
    """Prints the processor seconds that one image takes with each network."""
    args = parse_arguments()
    image = km.data.ShapesSource(1, image_size=(480, 640), seed=1)[0].image
    if args.image:
        image = km.data.read_image(args.image)
    boxes = regions(image, args.proposals)
    print(f"{image.shape[0]} x {image.shape[1]} pixels, {args.proposals} regions")
    if hasattr(cv2, "ximgproc"):
        searched = quickest(lambda: selective_search(image, args.proposals), 1)
        print(f"{'selective search':34}{searched:8.2f} s")
    few = boxes[: max(1, len(boxes) // 10)]  # of which one takes as long as another
    seconds = quickest(r_cnn(args, image, few), 1) * len(boxes) / len(few)
    print(f"{'R-CNN, every region by itself':34}{seconds:8.2f} s")
    for name, options in {
        "Fast R-CNN, regions given": {"rpn": False},
        "Faster R-CNN, regions of its own": {},
        "Mask R-CNN, 100 masks more": {"masks": True},
    }.items():
        print(f"{name:34}{quickest(detector(args, image, boxes, **options)):8.2f} s")


if __name__ == "__main__":
    main()
