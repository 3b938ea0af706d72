"""Detectron2's Faster, Mask and Keypoint R-CNN with a ResNet-FPN backbone."""

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.architecture import (
    LEVELS,
    BackboneArchitecture,
    Converted,
    DetectorArchitecture,
)
from keras_maskrcnn.conversion.backbones import read_backbone
from keras_maskrcnn.conversion.errors import ConversionError, detector_of
from keras_maskrcnn.conversion.keypoint_head import KeypointHeadArchitecture
from keras_maskrcnn.conversion.mask_head import MaskHeadArchitecture
from keras_maskrcnn.conversion.torch_layout import (
    keras_weights,
    last_to_front,
    reversed_inputs,
    rows_from_chw,
)

FAMILY = "detectron2"
BODY = "backbone.bottom_up."
RPN = "proposal_generator.rpn_head."
BOX, PREDICTOR = "roi_heads.box_head.", "roi_heads.box_predictor."
HEADS = (KeypointHeadArchitecture, MaskHeadArchitecture)
# Means and deviations of RGB in 0..255: those of the MSRA backbones and of the ResNeXt.
MSRA_STD = (1.0, 1.0, 1.0)
RESNEXT_STD = (58.395, 57.12, 57.375)
CHANGES = {
    "backbone/stem_conv/kernel": reversed_inputs,  # Detectron2 reads BGR
    "box_head/fc1/kernel": rows_from_chw(7),
    "box_head/class_logits/kernel": last_to_front,
    "box_head/class_logits/bias": last_to_front,
}
IGNORED = ("proposal_generator.anchor_generator.cell_anchors.", "pixel_mean", "pixel_std")

_R50, _R101 = BackboneArchitecture(50), BackboneArchitecture(101)
_X50 = BackboneArchitecture(50, groups=32, width_per_group=4)
_X101 = BackboneArchitecture(101, groups=32, width_per_group=8)
_KEYPOINTS = KeypointHeadArchitecture()
#: Name of the model there -> the architecture in the files of the model zoo.
MODELS = {
    "mask_rcnn_R_50_FPN_3x": DetectorArchitecture(_R50, 80),
    "mask_rcnn_R_101_FPN_3x": DetectorArchitecture(_R101, 80),
    "mask_rcnn_X_50_32x4d_FPN": DetectorArchitecture(_X50, 80),
    "mask_rcnn_X_101_32x8d_FPN_3x": DetectorArchitecture(_X101, 80),
    "keypoint_rcnn_R_50_FPN_3x": DetectorArchitecture(_R50, 1, heads=(_KEYPOINTS,)),
    "keypoint_rcnn_R_101_FPN_3x": DetectorArchitecture(_R101, 1, heads=(_KEYPOINTS,)),
    "keypoint_rcnn_X_101_32x8d_FPN_3x": DetectorArchitecture(_X101, 1, heads=(_KEYPOINTS,)),
    "faster_rcnn_R_50_FPN_3x": DetectorArchitecture(_R50, 80, heads=()),
    "faster_rcnn_R_101_FPN_3x": DetectorArchitecture(_R101, 80, heads=()),
    "faster_rcnn_X_101_32x8d_FPN_3x": DetectorArchitecture(_X101, 80, heads=()),
}


def convert(state, **arguments) -> Converted:
    """Convert a network of Detectron2.

    Args:
        state: dict from key of the state dict to array.
        arguments: those of `config`.

    Raises:
        ConversionError: if the state dict is not of such a network.
    """
    detector = read_architecture(state)
    made = config(detector, state, **arguments)
    sources, changes = _sources(detector), dict(CHANGES)
    for head in detector.heads:
        sources |= head.detectron2_sources()
        changes |= head.detectron2_changes
    weights = keras_weights(state, sources, detector.shapes(), changes, _is_ignored, FAMILY)
    return Converted(detector, made, weights)


def read_architecture(state) -> DetectorArchitecture:
    """Return the architecture that the shapes in a state dict describe."""
    if "blobs" in state or "conv1_w" in state:
        raise ConversionError(
            "The checkpoint is of Caffe2 (Detectron 1). Load it in Detectron2 once and save the "
            "model with its DetectionCheckpointer."
        )
    with detector_of("Detectron2", state):
        backbone = read_backbone(state, BODY, "res{}", first_stage=2, stem="stem.conv1")
        dense = [f"{BOX}fc{number}.weight" for number in (1, 2, 3, 4)]
        return DetectorArchitecture(
            backbone,
            num_classes=state[f"{PREDICTOR}cls_score.weight"].shape[0] - 1,
            fpn_filters=state["backbone.fpn_lateral2.weight"].shape[0],
            anchors_per_cell=state[f"{RPN}objectness_logits.weight"].shape[0],
            rpn_filters=state[f"{RPN}conv.weight"].shape[0],
            dense_dims=tuple(state[key].shape[0] for key in dense if key in state),
            heads=tuple(found for head in HEADS if (found := head.read_detectron2(state))),
        )


def config(
    detector,
    state=None,
    *,
    bn_epsilon=1e-5,
    anchor_sizes=None,
    image_size=(800, 1333),
    stride_in_1x1=None,
    pixel_std=None,
) -> dict:
    """Config of the model of an architecture.

    Args:
        detector: `DetectorArchitecture`.
        state: the state dict, which may tell the means and deviations of the pixels. Default: of
            the model zoo.
        bn_epsilon: epsilon of the backbone's batch normalisation.
        anchor_sizes: five side lengths in pixels, "P2" to "P6". Default 32, 64, ... 512.
        image_size: shorter and longest side in pixels of the resized images.
        stride_in_1x1: where bottlenecks have their stride (`STRIDE_IN_1X1`). Default: in the first
            1x1 for ResNet (MSRA's weights), in the 3x3 for ResNeXt, as in the model zoo.
        pixel_std: deviations of R, G, B in 0..255 (`PIXEL_STD`, there B, G, R). Default: those in
            the file, or of the model zoo: 1 for ResNet, ImageNet's for ResNeXt.
    """
    state = {} if state is None else state
    resnext = detector.backbone.groups > 1
    if stride_in_1x1 is None:
        stride_in_1x1 = not resnext
    return configs.detector(
        detector,
        backbone=configs.backbone(
            detector.backbone,
            bn_epsilon=bn_epsilon,
            freeze_bn=True,
            frozen_stages=2,  # FREEZE_AT: the stem sees pixels that are not scaled
            stride_in_1x1=stride_in_1x1,
        ),
        image_normalization={
            "mean": _pixels(state, "pixel_mean", configs.PIXEL_MEAN),
            "std": pixel_std or _pixels(state, "pixel_std", RESNEXT_STD if resnext else MSRA_STD),
        },
        image_resizer={
            "min_size": image_size[0],
            "max_size": image_size[1],
            "rounding": "half_up",
            "resampling": "antialias",
        },
        anchor_generator={"sizes": configs.anchor_sizes(anchor_sizes)},
        proposal_layer={"min_size": 1e-6},
        detection_layer={"min_size": 0.0},
        roi_align={"sampling_ratio": 0, "aligned": True},
        heads={"keypoint": {"score": "probability"}},
    )


def _sources(detector):
    sources = {}
    for name, source in _backbone_names(detector.backbone):
        sources |= {f"backbone/{name}_conv": source, f"backbone/{name}_bn": f"{source}.norm"}
    for level in LEVELS:
        sources[f"feature_pyramid/lateral{level}"] = f"backbone.fpn_lateral{level}"
        sources[f"feature_pyramid/output{level}"] = f"backbone.fpn_output{level}"
    sources["rpn_head/conv1"] = f"{RPN}conv"
    sources["rpn_head/objectness"] = f"{RPN}objectness_logits"
    sources["rpn_head/deltas"] = f"{RPN}anchor_deltas"
    for number in range(1, len(detector.dense_dims) + 1):
        sources[f"box_head/fc{number}"] = f"{BOX}fc{number}"
    sources["box_head/class_logits"] = f"{PREDICTOR}cls_score"
    sources["box_head/box_deltas"] = f"{PREDICTOR}bbox_pred"
    return sources


def _backbone_names(backbone):
    yield "stem", f"{BODY}stem.conv1"
    for stage, block in backbone.blocks():
        name, source = f"stage{stage}_block{block}", f"{BODY}res{stage}.{block - 1}"
        for number in range(1, 4 if backbone.bottleneck else 3):
            yield f"{name}_{number}", f"{source}.conv{number}"
        yield f"{name}_shortcut", f"{source}.shortcut"


def _pixels(state, key, default):
    """R, G, B of what the file holds in float32 and in the order B, G, R; 103.53 reads as that."""
    if key not in state:
        return default
    return tuple(float(str(value)) for value in state[key].reshape(-1)[::-1])


def _is_ignored(key):
    return key.startswith(IGNORED) or key.endswith(".num_batches_tracked")
