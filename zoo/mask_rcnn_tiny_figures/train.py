"""Trains mask_rcnn_tiny_figures: `KERAS_BACKEND=torch python train.py OUT [START]`, a preset."""

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


ROUNDS = (  # epochs, scenes, seed of the scenes, learning rate; each starts where the last ended
    (6, 3200, 1, 1.5e-3),
    (3, 3200, 3, 1e-3),
    (4, 6400, 4, 1e-3),
)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    out, *start = sys.argv[1:]
    for number, (epochs, count, seed, rate) in enumerate(ROUNDS, 1):
        folder = f"{out}/round{number}"
        recipe = Recipe(
            epochs=epochs,
            batch_size=8,
            image_size=128,
            augment=("flip",),
            optimization=Optimization(learning_rate=rate),
        )
        scenes = km.data.FiguresSource(count, (128, 128), seed=seed)
        val_scenes = km.data.FiguresSource(50, (128, 128), seed=2)
        model = km.MaskRCNN.from_preset(*start) if start else build()
        train(model, scenes, folder, recipe, val_source=val_scenes, verbose=2)
        start = [folder]
