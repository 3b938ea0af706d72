"""Trains mask_rcnn_tiny_shapes: `KERAS_BACKEND=tensorflow python train.py OUT`."""

import sys

import keras

import keras_maskrcnn as km
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets
from keras_maskrcnn.training import Optimization, Recipe, train


def build():
    """The untrained model: everything narrow, anchors half the usual size."""
    return km.MaskRCNN(
        km.backbones.ResNet(18, filters=(24, 48, 64, 64)),
        num_classes=3,
        class_names=["circle", "square", "triangle"],
        image_resizer=km.data.ImageResizer(128, 256),
        feature_pyramid=km.FeaturePyramid(48),
        anchor_generator=km.AnchorGenerator({f"P{k}": (2 ** (k + 2),) for k in range(2, 7)}),
        proposal_layer=km.ProposalLayer(
            150, 100, training_pre_nms_top_n=150, training_post_nms_top_n=100
        ),
        box_head=km.BoxHead(3, dense_dims=(128,)),
        mask_head=km.MaskHead(3, conv_dims=(48, 48)),
        detection_layer=km.DetectionLayer(max_detections=20),
        anchor_targets=AnchorTargets(samples=128),
        proposal_targets=ProposalTargets(samples=64, positive_fraction=0.25),
    )


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    recipe = Recipe(
        epochs=8,
        batch_size=16,
        image_size=128,
        augment=("orient",),
        optimization=Optimization(learning_rate=2e-3),
        ap_every=5,
    )
    scenes = km.data.ShapesSource(3200, (128, 128), seed=1)
    val_scenes = km.data.ShapesSource(50, (128, 128), seed=2)
    train(build(), scenes, sys.argv[1], recipe, val_source=val_scenes, verbose=2)
