"""Weights of matterport/Mask_RCNN, trained on COCO.

Nobody publishes a checksum of the file: that of the first download is recorded in the cache and
held to ever after. Its figures stand in the release notes of Mask_RCNN 2.0; they were read in
https://github.com/facebookresearch/maskrcnn-benchmark/issues/449, which quotes them.
"""

from keras_maskrcnn.presets.catalogue import coco
from keras_maskrcnn.presets.catalogue.record import RemotePreset

_RELEASES = "https://github.com/matterport/Mask_RCNN/releases"


def records() -> list[RemotePreset]:
    """Return the presets of this family, a list of `RemotePreset`."""
    return [
        RemotePreset(
            name="mask_rcnn_resnet101_fpn_matterport_coco",
            kind="mask_rcnn",
            family="matterport",
            architecture="resnet101",
            urls=(f"{_RELEASES}/download/v2.0/mask_rcnn_coco.h5",),
            file_name="mask_rcnn_coco.h5",
            bytes=257_557_808,
            class_names=coco.CONTIGUOUS,
            licence="MIT",
            source=f"matterport/Mask_RCNN, release 2.0, {_RELEASES}",
            paper="https://arxiv.org/abs/1703.06870",
            description="Mask R-CNN, ResNet-101 with a feature pyramid, as Matterport built it",
            published={
                "box_ap": 34.7,
                "mask_ap": 29.6,
                "by": "Matterport",
                "on": "COCO 2014 minival",
            },
        )
    ]
