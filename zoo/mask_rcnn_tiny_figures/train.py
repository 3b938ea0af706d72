"""Trains mask_rcnn_tiny_figures: `KERAS_BACKEND=torch python train.py FIRST`, `... OUT FIRST`."""

import sys

import keras

import keras_maskrcnn as km
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets
from keras_maskrcnn.training import Optimization, Recipe, train


def build():
    """The untrained model: everything narrow, masks and keypoints side by side."""
    skeleton = km.data.FiguresSource.skeleton
    keypoints = km.branches.KeypointBranch(skeleton, head=km.KeypointHead(conv_dims=(64,) * 4))
    return km.MaskRCNN(
        km.backbones.ResNet(18, filters=(24, 48, 64, 64)),
        num_classes=1,
        class_names=["figure"],
        image_resizer=km.data.ImageResizer(128, 256),
        feature_pyramid=km.FeaturePyramid(48),
        anchor_generator=km.AnchorGenerator({f"P{k}": (2 ** (k + 3),) for k in range(2, 7)}),
        proposal_layer=km.ProposalLayer(
            150, 50, training_pre_nms_top_n=150, training_post_nms_top_n=100
        ),
        box_head=km.BoxHead(1, dense_dims=(128,)),
        mask_head=km.MaskHead(1, conv_dims=(48, 48)),
        keypoints=keypoints,
        detection_layer=km.DetectionLayer(max_detections=10),
        anchor_targets=AnchorTargets(samples=128),
        proposal_targets=ProposalTargets(samples=48, positive_fraction=0.25),
    )


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    out, *start = sys.argv[1:]
    recipe = Recipe(
        epochs=3 if start else 6,
        batch_size=8,
        image_size=128,
        augment=("flip",),
        optimization=Optimization(learning_rate=1e-3 if start else 1.5e-3),
        ap_every=1 if start else 2,
    )
    scenes = km.data.FiguresSource(3200, (128, 128), seed=3 if start else 1)
    val_scenes = km.data.FiguresSource(50, (128, 128), seed=2)
    model = km.MaskRCNN.from_preset(*start) if start else build()
    train(model, scenes, out, recipe, val_source=val_scenes, verbose=2)
