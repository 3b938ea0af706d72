"""What torchvision calls the layers of its networks."""

import re

from keras_maskrcnn.conversion.architecture import LEVELS
from keras_maskrcnn.conversion.torch_layout import conv_sources, rows_from_chw, without_first

BODY = "backbone.body."
FPN = "backbone.fpn."
BOX = "roi_heads.box_head."
PREDICTOR = "roi_heads.box_predictor."
# What torchvision's layers were called before version 0.13; it renames them on loading too.
OLD_NAMES = (
    (re.compile(r"^(backbone\.fpn\.(?:inner|layer)_blocks\.\d)\.(weight|bias)$"), r"\1.0.\2"),
    (re.compile(r"^(rpn\.head\.conv)\.(weight|bias)$"), r"\1.0.0.\2"),
)
OLD_MASK_NAME = re.compile(r"^(roi_heads\.mask_head\.)mask_fcn(\d)\.(weight|bias)$")
CHANGES = {
    "box_head/fc1/kernel": rows_from_chw(7),
    "box_head/box_deltas/kernel": without_first(4),
    "box_head/box_deltas/bias": without_first(4),
}


def new_name(key) -> str:
    """Return the name since version 0.13 of a key of the state dict, old or new."""
    for pattern, replacement in OLD_NAMES:
        key = pattern.sub(replacement, key)
    return OLD_MASK_NAME.sub(lambda m: f"{m[1]}{int(m[2]) - 1}.0.{m[3]}", key)


def backbone_sources(backbone, ours, theirs) -> dict[str, str]:
    """Return a dict from layer of our backbone to layer there, each behind its prefix."""
    sources = {f"{ours}stem_conv": f"{theirs}conv1", f"{ours}stem_bn": f"{theirs}bn1"}
    for stage, block in backbone.blocks():
        name, source = f"{ours}stage{stage}_block{block}", f"{theirs}layer{stage - 1}.{block - 1}"
        for number in range(1, 4 if backbone.bottleneck else 3):
            sources[f"{name}_{number}_conv"] = f"{source}.conv{number}"
            sources[f"{name}_{number}_bn"] = f"{source}.bn{number}"
        sources[f"{name}_shortcut_conv"] = f"{source}.downsample.0"
        sources[f"{name}_shortcut_bn"] = f"{source}.downsample.1"
    return sources


def sources_of(detector) -> dict[str, str]:
    """Return a dict from layer of our detector to layer there."""
    sources = backbone_sources(detector.backbone, "backbone/", BODY)
    for index, level in enumerate(LEVELS):
        for ours, theirs in (("lateral", "inner_blocks"), ("output", "layer_blocks")):
            sources |= conv_sources(f"feature_pyramid/{ours}{level}", f"{FPN}{theirs}.{index}")
    for number in range(detector.rpn_convs):
        sources[f"rpn_head/conv{number + 1}"] = f"rpn.head.conv.{number}.0"
    sources["rpn_head/objectness"] = "rpn.head.cls_logits"
    sources["rpn_head/deltas"] = "rpn.head.bbox_pred"
    for number in range(len(detector.box_convs)):
        sources |= conv_sources(f"box_head/conv{number + 1}", f"{BOX}{number}")
    # Behind convolutions the dense layer is named by its place, after them and a flattening.
    place = f"{BOX}{len(detector.box_convs) + 1}" if detector.box_convs else f"{BOX}fc6"
    sources |= {"box_head/fc1": place, "box_head/fc2": f"{BOX}fc7"}
    sources["box_head/class_logits"] = f"{PREDICTOR}cls_score"
    sources["box_head/box_deltas"] = f"{PREDICTOR}bbox_pred"
    for head in detector.heads:
        sources |= head.torchvision_sources()
    return sources


def changes_of(detector) -> dict:
    """Return the changes of the arrays of a detector, see `keras_weights`."""
    changes = dict(CHANGES)
    for head in detector.heads:
        changes |= head.torchvision_changes
    return changes
