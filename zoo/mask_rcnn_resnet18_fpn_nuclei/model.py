"""Builds the untrained mask_rcnn_resnet18_fpn_nuclei: `python model.py OUT` writes it as a preset.

`maskrcnn train --preset mask_rcnn_resnet18_fpn_nuclei --from-scratch` starts from the same.
"""

import sys

import keras

import keras_maskrcnn as km
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets


def build():
    """The untrained model, made for many small objects of one class."""
    return km.MaskRCNN(
        km.backbones.ResNet(18, filters=(64, 128, 256, 256)),
        num_classes=1,
        class_names=["nucleus"],
        image_resizer=km.data.ImageResizer(max_size=2048, scale=2.0),
        image_normalization=km.ImageNormalization(per_image=True),
        feature_pyramid=km.FeaturePyramid(96),
        anchor_generator=km.AnchorGenerator({f"P{k}": (2 ** (k + 2),) for k in range(2, 7)}),
        proposal_layer=km.ProposalLayer(
            1000, 1000, training_pre_nms_top_n=400, training_post_nms_top_n=400
        ),
        box_head=km.BoxHead(1, dense_dims=(256, 256)),
        mask_head=km.MaskHead(1, conv_dims=(96,) * 4),
        detection_layer=km.DetectionLayer(max_detections=400, pre_nms_top_n=1000),
        anchor_targets=AnchorTargets(samples=256),
        proposal_targets=ProposalTargets(samples=128, positive_fraction=0.375),
    )


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    build().save_to_preset(sys.argv[1], dtype="float16")
