"""Matterport's Mask R-CNN (github.com/matterport/Mask_RCNN)."""

import string

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.architecture import (
    BLOCKS,
    BackboneArchitecture,
    Converted,
    DetectorArchitecture,
)
from keras_maskrcnn.conversion.errors import ConversionError
from keras_maskrcnn.conversion.mask_head import MaskHeadArchitecture
from keras_maskrcnn.conversion.matterport_weights import BN_EPSILON, Reader

MEAN_PIXEL = (123.7, 116.8, 103.9)

#: Name of the model there (`BACKBONE`) -> the architecture in its files.
MODELS = {
    f"resnet{depth}": DetectorArchitecture(BackboneArchitecture(depth), 80, rpn_filters=512)
    for depth in (50, 101)
}


def convert(state, **arguments) -> Converted:
    """Convert a network of Matterport.

    Args:
        state: dict from "<layer>/<kind>" to array.
        arguments: those of `config`.

    Raises:
        ConversionError: if the weights are not of such a network.
    """
    detector = read_architecture(state)
    made = config(detector, state, **arguments)
    return Converted(detector, made, Reader(state).weights(detector))


def read_architecture(state) -> DetectorArchitecture:
    """Return the architecture that the names and shapes of the weights describe."""
    try:
        blocks = sum(f"res4{letter}_branch2a/kernel" in state for letter in string.ascii_lowercase)
        depths = [d for d in (50, 101) if BLOCKS[d][2] == blocks]
        if not depths:
            raise ConversionError(
                f"The checkpoint has {blocks} residual blocks in stage 4, where ResNet-50 has 6 "
                "and ResNet-101 has 23: it is not of Matterport's Mask R-CNN."
            )
        hidden, classes = state["mrcnn_class_logits/kernel"].shape
        return DetectorArchitecture(
            BackboneArchitecture(depths[0], in_channels=state["conv1/kernel"].shape[2]),
            num_classes=classes - 1,
            fpn_filters=state["fpn_p2/kernel"].shape[-1],
            anchors_per_cell=state["rpn_class_raw/kernel"].shape[-1] // 2,
            rpn_filters=state["rpn_conv_shared/kernel"].shape[-1],
            dense_dims=(hidden, hidden),
            heads=(
                MaskHeadArchitecture(
                    tuple(state[f"mrcnn_mask_conv{i}/kernel"].shape[-1] for i in (1, 2, 3, 4)),
                    state["mrcnn_mask_deconv/kernel"].shape[2],
                ),
            ),
        )
    except (KeyError, ValueError, IndexError) as error:
        if isinstance(error, ConversionError):
            raise
        raise ConversionError(
            f"The checkpoint lacks {error}, or its shape is another: it is not of Matterport's "
            "Mask R-CNN. Only ResNet-50 and ResNet-101 are known."
        ) from error


def config(
    detector,
    state=None,
    *,
    anchor_sizes=None,
    image_size=(800, 1024),
    mean_pixel=MEAN_PIXEL,
    pre_nms_top_n=6000,
    post_nms_top_n=1000,
    max_detections=100,
    nms_threshold=0.3,
) -> dict:
    """Config of the model of an architecture.

    What stood in the `Config` class of the training is not in the file: the arguments have its
    defaults.

    Args:
        detector: `DetectorArchitecture`.
        state: the weights, which tell nothing more.
        anchor_sizes: five side lengths in pixels, "P2" to "P6" (`RPN_ANCHOR_SCALES`). Default 32,
            64, ... 512.
        image_size: `(IMAGE_MIN_DIM, IMAGE_MAX_DIM)`, for `IMAGE_RESIZE_MODE = "square"`.
        mean_pixel: `MEAN_PIXEL`, R, G, B.
        pre_nms_top_n: `PRE_NMS_LIMIT`.
        post_nms_top_n: `POST_NMS_ROIS_INFERENCE`.
        max_detections: `DETECTION_MAX_INSTANCES`.
        nms_threshold: `DETECTION_NMS_THRESHOLD`.
    """
    if image_size[1] % 64:
        raise ValueError(
            "`image_size` must end with a multiple of 64, as Matterport demands of IMAGE_MAX_DIM. "
            f"Received: image_size={tuple(image_size)}."
        )
    return configs.detector(
        detector,
        backbone=configs.backbone(
            detector.backbone,
            bn_epsilon=BN_EPSILON,
            freeze_bn=True,
            stride_in_1x1=True,
            pool_padding="end",
        ),
        image_normalization={"mean": mean_pixel, "std": (1.0, 1.0, 1.0)},
        image_resizer={
            "min_size": image_size[0],
            "max_size": image_size[1],
            "min_scale": 1.0,
            "rounding": "half_even",
            "resampling": "fade",
            "square": True,
        },
        anchor_generator={
            "sizes": configs.anchor_sizes(anchor_sizes),
            "aspect_ratios": (2.0, 1.0, 0.5),  # Matterport's 0.5, 1, 2 are width / height
            "align_corners": True,
        },
        proposal_layer={
            "pre_nms_top_n": pre_nms_top_n,
            "post_nms_top_n": post_nms_top_n,
            "min_size": 0.0,
            "training_pre_nms_top_n": pre_nms_top_n,
            "training_post_nms_top_n": 2 * post_nms_top_n,
            "per_level": False,
        },
        detection_layer={
            "nms_threshold": nms_threshold,
            "max_detections": max_detections,
            "min_size": 0.0,
            "one_class_per_proposal": True,
        },
        roi_align={"pooling": "crop_and_resize", "level_rounding": "nearest"},
    )
