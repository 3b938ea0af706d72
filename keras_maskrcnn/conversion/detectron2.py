"""Detectron2's Faster and Mask R-CNN with a ResNet-FPN backbone."""

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.architecture import LEVELS, Converted, Detector
from keras_maskrcnn.conversion.errors import ConversionError, detector_of
from keras_maskrcnn.conversion.torch_layout import (
    keras_weights,
    last_to_front,
    reversed_inputs,
    rows_from_chw,
)
from keras_maskrcnn.conversion.trunks import read_trunk

FAMILY = "detectron2"
BODY = "backbone.bottom_up."
RPN = "proposal_generator.rpn_head."
BOX, PREDICTOR = "roi_heads.box_head.", "roi_heads.box_predictor."
MASK = "roi_heads.mask_head."
# Means and deviations of RGB in 0..255: those of the MSRA trunks and of the ResNeXt.
MSRA_STD = (1.0, 1.0, 1.0)
RESNEXT_STD = (58.395, 57.12, 57.375)
CHANGES = {
    "backbone/stem_conv/kernel": reversed_inputs,  # Detectron2 reads BGR
    "box_head/fc1/kernel": rows_from_chw(7),
    "box_head/class_logits/kernel": last_to_front,
    "box_head/class_logits/bias": last_to_front,
}
IGNORED = ("proposal_generator.anchor_generator.cell_anchors.", "pixel_mean", "pixel_std")


def convert(
    state,
    *,
    bn_epsilon=1e-5,
    anchor_sizes=None,
    image_size=(800, 1333),
    stride_in_1x1=None,
    pixel_std=None,
):
    """Converts a network of Detectron2.

    Args:
        state: dict from key of the state dict to array.
        bn_epsilon: epsilon of the trunk's batch normalisation.
        anchor_sizes: five side lengths in pixels, "P2" to "P6". Default 32, 64, ... 512.
        image_size: shorter and longest side in pixels of the resized images.
        stride_in_1x1: where bottlenecks have their stride (`STRIDE_IN_1X1`). Default: in the first
            1x1 for ResNet (MSRA's weights), in the 3x3 for ResNeXt, as in the model zoo.
        pixel_std: deviations of R, G, B in 0..255 (`PIXEL_STD`, there B, G, R). Default: those in
            the file, or of the model zoo: 1 for ResNet, ImageNet's for ResNeXt.

    Returns:
        `Converted`.

    Raises:
        ConversionError: if the state dict is not of such a network.
    """
    detector = read_architecture(state)
    weights = keras_weights(
        state, _sources(detector), detector.shapes(), CHANGES, _is_ignored, FAMILY
    )
    resnext = detector.trunk.groups > 1
    if stride_in_1x1 is None:
        stride_in_1x1 = not resnext
    config = configs.detector(
        detector,
        trunk=configs.trunk(
            detector.trunk,
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
    )
    return Converted(detector, config, weights)


def read_architecture(state):
    """The `Detector` that the shapes in a state dict describe."""
    if "blobs" in state or "conv1_w" in state:
        raise ConversionError(
            "The checkpoint is of Caffe2 (Detectron 1). Load it in Detectron2 once and save the "
            "model with its DetectionCheckpointer."
        )
    with detector_of("Detectron2"):
        trunk = read_trunk(state, BODY, "res{}", first_stage=2, stem="stem.conv1")
        with_masks = f"{MASK}predictor.weight" in state
        dense = [f"{BOX}fc{number}.weight" for number in (1, 2, 3, 4)]
        return Detector(
            trunk,
            num_classes=state[f"{PREDICTOR}cls_score.weight"].shape[0] - 1,
            fpn_filters=state["backbone.fpn_lateral2.weight"].shape[0],
            anchors_per_cell=state[f"{RPN}objectness_logits.weight"].shape[0],
            rpn_filters=state[f"{RPN}conv.weight"].shape[0],
            dense_dims=tuple(state[key].shape[0] for key in dense if key in state),
            mask_convs=_mask_widths(state) if with_masks else None,
            deconv_dim=state[f"{MASK}deconv.weight"].shape[1] if with_masks else 0,
        )


def _mask_widths(state):
    widths = []
    while (key := f"{MASK}mask_fcn{len(widths) + 1}.weight") in state:
        widths.append(state[key].shape[0])
    return tuple(widths)


def _sources(detector):
    sources = {}
    for name, source in _trunk_names(detector.trunk):
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
    for number in range(1, len(detector.mask_convs or ()) + 1):
        sources[f"mask_head/conv{number}"] = f"{MASK}mask_fcn{number}"
    sources["mask_head/deconv"] = f"{MASK}deconv"
    sources["mask_head/mask_logits"] = f"{MASK}predictor"
    return sources


def _trunk_names(trunk):
    yield "stem", f"{BODY}stem.conv1"
    for stage, block in trunk.blocks():
        name, source = f"stage{stage}_block{block}", f"{BODY}res{stage}.{block - 1}"
        for number in range(1, 4 if trunk.bottleneck else 3):
            yield f"{name}_{number}", f"{source}.conv{number}"
        yield f"{name}_shortcut", f"{source}.shortcut"


def _pixels(state, key, default):
    """R, G, B of what the file holds in the order B, G, R."""
    return tuple(state[key].reshape(-1)[::-1].tolist()) if key in state else default


def _is_ignored(key):
    return key.startswith(IGNORED) or key.endswith(".num_batches_tracked")
