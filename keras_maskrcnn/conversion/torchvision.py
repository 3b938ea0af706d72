"""torchvision's detectors with a ResNet-FPN backbone, and its ImageNet trunks."""

import re

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.architecture import LEVELS, Converted, Detector
from keras_maskrcnn.conversion.errors import ConversionError, detector_of
from keras_maskrcnn.conversion.torch_layout import keras_weights, rows_from_chw, without_first
from keras_maskrcnn.conversion.trunks import read_trunk

FAMILY = "torchvision"
BODY = "backbone.body."
FPN = "backbone.fpn."
BOX, MASK = "roi_heads.box_head.", "roi_heads.mask_head."
PREDICTOR = "roi_heads.box_predictor."
MASK_PREDICTOR = "roi_heads.mask_predictor."
# What torchvision's layers were called before version 0.13; it renames them on loading too.
OLD_NAMES = (
    (re.compile(r"^(backbone\.fpn\.(?:inner|layer)_blocks\.\d)\.(weight|bias)$"), r"\1.0.\2"),
    (re.compile(r"^(rpn\.head\.conv)\.(weight|bias)$"), r"\1.0.0.\2"),
)
CHANGES = {
    "box_head/fc1/kernel": rows_from_chw(7),
    "box_head/box_deltas/kernel": without_first(4),
    "box_head/box_deltas/bias": without_first(4),
    "mask_head/mask_logits/kernel": without_first(1),
    "mask_head/mask_logits/bias": without_first(1),
}
OLD_MASK_NAME = re.compile(r"^roi_heads\.mask_head\.mask_fcn(\d)\.(weight|bias)$")


def convert(state, *, bn_epsilon=1e-5, anchor_sizes=None, image_size=(800, 1333)):
    """Converts a network of torchvision.

    Args:
        state: dict from key of the state dict to array; old and new names.
        bn_epsilon: epsilon of the trunk's batch normalisation: 0 for the published COCO_V1 files
            of Mask and Faster R-CNN, with which torchvision sets it so; 1e-5 for all others.
        anchor_sizes: five side lengths in pixels, "P2" to "P6". Default 32, 64, ... 512.
        image_size: shorter and longest side in pixels of the resized images.

    Returns:
        `Converted`.

    Raises:
        ConversionError: if the state dict is not of such a network.
    """
    state = {_new_name(key): array for key, array in state.items()}
    if f"{BODY}conv1.weight" not in state:
        return _convert_trunk(state, bn_epsilon)
    detector = read_architecture(state)
    weights = keras_weights(
        state, _sources(detector), detector.shapes(), CHANGES, _is_ignored, FAMILY
    )
    frozen = not any(key.endswith("num_batches_tracked") for key in state)
    config = configs.detector(
        detector,
        trunk=configs.trunk(
            detector.trunk,
            bn_epsilon=bn_epsilon,
            freeze_bn=frozen,
            frozen_stages=2 if frozen else 0,  # as torchvision freezes a pretrained trunk
        ),
        image_resizer={
            "min_size": image_size[0],
            "max_size": image_size[1],
            "resampling": "bilinear_float",
        },
        anchor_generator={
            "sizes": configs.anchor_sizes(anchor_sizes),
            "rounded": True,
            "strides": "features",
        },
        roi_align={"aligned": False},
    )
    return Converted(detector, config, weights)


def read_architecture(state):
    """The `Detector` that the shapes in a state dict (of new names) describe."""
    if "roi_heads.keypoint_predictor.kps_score_lowres.weight" in state:
        raise ConversionError("The checkpoint is of a keypoint model, which has no counterpart.")
    with detector_of("torchvision"):
        trunk = read_trunk(state, BODY, "layer{}", first_stage=1)
        first_conv = state["rpn.head.conv.0.0.weight"]
        classes, hidden = state[f"{PREDICTOR}cls_score.weight"].shape
        with_masks = f"{MASK_PREDICTOR}conv5_mask.weight" in state
        return Detector(
            trunk,
            num_classes=classes - 1,
            fpn_filters=state[f"{FPN}inner_blocks.0.0.weight"].shape[0],
            normalization="batch" if f"{FPN}inner_blocks.0.1.running_mean" in state else None,
            anchors_per_cell=state["rpn.head.cls_logits.weight"].shape[0],
            rpn_filters=first_conv.shape[0],
            rpn_convs=_count(state, "rpn.head.conv.{}.0.weight"),
            box_convs=_widths(state, BOX + "{}.0.weight"),
            dense_dims=(hidden,) * (2 if f"{BOX}fc7.weight" in state else 1),
            mask_convs=_widths(state, MASK + "{}.0.weight") if with_masks else None,
            deconv_dim=state[f"{MASK_PREDICTOR}conv5_mask.weight"].shape[1] if with_masks else 0,
        )


def _convert_trunk(state, bn_epsilon):
    if "conv1.weight" not in state:
        raise ConversionError(
            "The checkpoint is neither of a detector nor of a ResNet of torchvision: it has "
            f"neither '{BODY}conv1.weight' nor 'conv1.weight'."
        )
    with detector_of(FAMILY):
        trunk = read_trunk(state, "", "layer{}", first_stage=1)
    weights = keras_weights(
        state,
        _trunk_sources(trunk, "", ""),
        trunk.shapes(),
        {},
        lambda key: _is_ignored(key) or key.startswith("fc."),
        FAMILY,
    )
    return Converted(trunk, configs.trunk(trunk, bn_epsilon=bn_epsilon), weights)


def _new_name(key):
    for pattern, replacement in OLD_NAMES:
        key = pattern.sub(replacement, key)
    return OLD_MASK_NAME.sub(lambda m: f"{MASK}{int(m[1]) - 1}.0.{m[2]}", key)


def _count(state, pattern):
    number = 0
    while pattern.format(number) in state:
        number += 1
    return number


def _widths(state, pattern):
    return tuple(state[pattern.format(i)].shape[0] for i in range(_count(state, pattern)))


def _trunk_sources(trunk, ours, theirs):
    sources = {f"{ours}stem_conv": f"{theirs}conv1", f"{ours}stem_bn": f"{theirs}bn1"}
    for stage, block in trunk.blocks():
        name, source = f"{ours}stage{stage}_block{block}", f"{theirs}layer{stage - 1}.{block - 1}"
        for number in range(1, 4 if trunk.bottleneck else 3):
            sources[f"{name}_{number}_conv"] = f"{source}.conv{number}"
            sources[f"{name}_{number}_bn"] = f"{source}.bn{number}"
        sources[f"{name}_shortcut_conv"] = f"{source}.downsample.0"
        sources[f"{name}_shortcut_bn"] = f"{source}.downsample.1"
    return sources


def _sources(detector):
    sources = _trunk_sources(detector.trunk, "backbone/", BODY)
    for index, level in enumerate(LEVELS):
        for ours, theirs in (("lateral", "inner_blocks"), ("output", "layer_blocks")):
            _add_conv(sources, f"feature_pyramid/{ours}{level}", f"{FPN}{theirs}.{index}")
    for number in range(detector.rpn_convs):
        sources[f"rpn_head/conv{number + 1}"] = f"rpn.head.conv.{number}.0"
    sources["rpn_head/objectness"] = "rpn.head.cls_logits"
    sources["rpn_head/deltas"] = "rpn.head.bbox_pred"
    for number in range(len(detector.box_convs)):
        _add_conv(sources, f"box_head/conv{number + 1}", f"{BOX}{number}")
    # Behind convolutions the dense layer is named by its place, after them and a flattening.
    place = f"{BOX}{len(detector.box_convs) + 1}" if detector.box_convs else f"{BOX}fc6"
    sources |= {"box_head/fc1": place, "box_head/fc2": f"{BOX}fc7"}
    sources["box_head/class_logits"] = f"{PREDICTOR}cls_score"
    sources["box_head/box_deltas"] = f"{PREDICTOR}bbox_pred"
    for number in range(len(detector.mask_convs or ())):
        _add_conv(sources, f"mask_head/conv{number + 1}", f"{MASK}{number}")
    sources["mask_head/deconv"] = f"{MASK_PREDICTOR}conv5_mask"
    sources["mask_head/mask_logits"] = f"{MASK_PREDICTOR}mask_fcn_logits"
    return sources


def _add_conv(sources, ours, theirs):
    """A convolution, with batch normalisation behind it or not."""
    sources |= {ours: f"{theirs}.0", f"{ours}/conv": f"{theirs}.0", f"{ours}/bn": f"{theirs}.1"}


def _is_ignored(key):
    return key.endswith(".num_batches_tracked")
