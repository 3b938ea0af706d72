"""Which class has each pixel? An instance model and two semantic models on the same scenes.

    KERAS_BACKEND=tensorflow python docs/examples/semantic_shapes.py

Mask R-CNN, whose masks are laid over one another, the least certain at the bottom; an FCN with the
head of Panoptic FPN; the same with the head of a U-Net. Each begins with random weights, with a
backbone and a pyramid of the same widths, and sees the same scenes once. Prints for each the mean
IoU of background, circle, square and triangle on fresh scenes, and the seconds of training.
"""

import argparse
import time

import keras_maskrcnn as km  # before keras, which then takes a backend that is installed

# isort: split
import keras
import numpy as np

from keras_maskrcnn.training import Optimization

SIDE = 128
CLASSES = km.data.ShapesSource.class_names
SEMANTIC = ("background", *CLASSES)


def trunk():
    """The arguments that all models share: a narrow ResNet-18 and a narrow pyramid."""
    return {
        "backbone": km.backbones.ResNet(18, filters=(24, 48, 64, 64)),
        "image_resizer": km.data.ImageResizer(SIDE, SIDE),
        "feature_pyramid": km.FeaturePyramid(48),
    }


def instance_model():
    """Mask R-CNN with small heads."""
    return km.MaskRCNN(
        **trunk(),
        num_classes=3,
        class_names=CLASSES,
        anchor_generator=km.AnchorGenerator({f"P{k}": (2 ** (k + 2),) for k in range(2, 7)}),
        proposal_layer=km.ProposalLayer(
            150, 100, training_pre_nms_top_n=150, training_post_nms_top_n=100
        ),
        box_head=km.BoxHead(dense_dims=(128,)),
        mask_head=km.MaskHead(conv_dims=(48, 48)),
        detection_layer=km.DetectionLayer(max_detections=20),
    )


def semantic_model(head):
    """An FCN with this head."""
    return km.FCN(semantic=km.branches.SemanticBranch(SEMANTIC, head(conv_dim=48)), **trunk())


def semantic_map(found):
    """The class of each pixel, of what either model found."""
    if found.semantic is not None:
        return found.semantic
    classes = np.zeros(found.image_size, np.uint8)
    for label, (crop, x, y) in reversed(list(zip(found.labels, found.mask_crops(), strict=True))):
        classes[y : y + crop.shape[0], x : x + crop.shape[1]][crop > 0] = label
    return classes


def main():
    """Train the models and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=1600, help="to train on, each seen once")
    parser.add_argument("--val-scenes", type=int, default=100, help="fresh ones to measure on")
    parser.add_argument("--batch-size", type=int, default=8)
    args = parser.parse_args()
    scenes = km.data.SemanticOfObjects(km.data.ShapesSource(args.scenes))
    fresh = km.data.SemanticOfObjects(km.data.ShapesSource(args.val_scenes, seed=1))
    models = {
        "Mask R-CNN": instance_model,
        "FCN": lambda: semantic_model(km.SemanticHead),
        "U-Net": lambda: semantic_model(km.UNetHead),
    }
    for name, build in models.items():
        keras.utils.set_random_seed(0)
        model = build()
        loader = km.data.Loader(scenes, args.batch_size, SIDE)
        model.compile(Optimization(learning_rate=1e-3).build(len(loader)))
        start = time.perf_counter()
        model.fit(loader, verbose=0)
        seconds = time.perf_counter() - start
        metrics = km.evaluation.SemanticMetrics(SEMANTIC)
        for sample in fresh:
            metrics.add(semantic_map(model.detect(sample.image)[0]), sample.instances.semantic)
        parts = ", ".join(
            f"{one} {iou:.3f}" for one, iou in zip(SEMANTIC, metrics.iou, strict=True)
        )
        print(f"{name:10} mIoU {metrics.mean_iou:.3f} ({parts}), {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
