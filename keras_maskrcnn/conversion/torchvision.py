"""torchvision's detectors with a ResNet-FPN backbone, and its backbones trained on ImageNet."""

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.architecture import (
    BackboneArchitecture,
    Converted,
    DetectorArchitecture,
)
from keras_maskrcnn.conversion.backbones import read_backbone
from keras_maskrcnn.conversion.errors import ConversionError, detector_of
from keras_maskrcnn.conversion.keypoint_head import KeypointHeadArchitecture
from keras_maskrcnn.conversion.mask_head import MaskHeadArchitecture
from keras_maskrcnn.conversion.torch_layout import (
    count,
    keras_weights,
    widths,
)
from keras_maskrcnn.conversion.torchvision_keys import (
    BODY,
    BOX,
    FPN,
    PREDICTOR,
    backbone_sources,
    changes_of,
    new_name,
    sources_of,
)
from keras_maskrcnn.wording import listed

FAMILY = "torchvision"
HEADS = (KeypointHeadArchitecture, MaskHeadArchitecture)
_R50 = BackboneArchitecture(50)
_X50 = BackboneArchitecture(50, groups=32, width_per_group=4)
_V1 = {"num_classes": 90}
_V2 = {
    "num_classes": 90,
    "normalization": "batch",
    "rpn_convs": 2,
    "box_convs": (256,) * 4,
    "dense_dims": (1024,),
}
#: Name of the model there -> the architecture in the files that torchvision publishes.
MODELS = {
    "maskrcnn_resnet50_fpn": DetectorArchitecture(_R50, **_V1),
    "maskrcnn_resnet50_fpn_v2": DetectorArchitecture(_R50, **_V2),
    "maskrcnn_resnext50_32x4d_fpn": DetectorArchitecture(_X50, **_V1),
    "fasterrcnn_resnet50_fpn": DetectorArchitecture(_R50, heads=(), **_V1),
    "fasterrcnn_resnet50_fpn_v2": DetectorArchitecture(_R50, heads=(), **_V2),
    "keypointrcnn_resnet50_fpn": DetectorArchitecture(
        _R50, num_classes=1, heads=(KeypointHeadArchitecture(),)
    ),
    "resnet18": BackboneArchitecture(18),
    "resnet34": BackboneArchitecture(34),
    "resnet50": _R50,
    "resnet101": BackboneArchitecture(101),
    "resnext50_32x4d": _X50,
    "resnext101_32x8d": BackboneArchitecture(101, groups=32, width_per_group=8),
}


def convert(state, **arguments) -> Converted:
    """Convert a network of torchvision.

    Args:
        state: dict from key of the state dict to array; old and new names.
        arguments: those of `config`.

    Raises:
        ConversionError: if the state dict is not of such a network.
    """
    state = {new_name(key): array for key, array in state.items()}
    architecture = read_architecture(state)
    made = config(architecture, state, **arguments)
    if isinstance(architecture, DetectorArchitecture):
        sources, changes, ignored = sources_of(architecture), changes_of(architecture), _is_ignored
    else:
        sources, changes = backbone_sources(architecture, "", ""), {}
        ignored = _is_ignored_of_classifier
    weights = keras_weights(state, sources, architecture.shapes(), changes, ignored, FAMILY)
    return Converted(architecture, made, weights)


def read_architecture(state) -> DetectorArchitecture | BackboneArchitecture:
    """Return the architecture that the shapes in a state dict (of new names) describe."""
    if f"{BODY}conv1.weight" not in state:
        if "conv1.weight" not in state:
            raise ConversionError(
                "The checkpoint is neither of a detector nor of a ResNet of torchvision: it has "
                f"neither '{BODY}conv1.weight' nor 'conv1.weight'. Its keys: {listed(state)}."
            )
        with detector_of(FAMILY, state):
            return read_backbone(state, "", "layer{}", first_stage=1)
    with detector_of(FAMILY, state):
        backbone = read_backbone(state, BODY, "layer{}", first_stage=1)
        first_conv = state["rpn.head.conv.0.0.weight"]
        classes, hidden = state[f"{PREDICTOR}cls_score.weight"].shape
        return DetectorArchitecture(
            backbone,
            num_classes=classes - 1,
            fpn_filters=state[f"{FPN}inner_blocks.0.0.weight"].shape[0],
            normalization="batch" if f"{FPN}inner_blocks.0.1.running_mean" in state else None,
            anchors_per_cell=state["rpn.head.cls_logits.weight"].shape[0],
            rpn_filters=first_conv.shape[0],
            rpn_convs=count(state, "rpn.head.conv.{}.0.weight"),
            box_convs=widths(state, BOX + "{}.0.weight"),
            dense_dims=(hidden,) * (2 if f"{BOX}fc7.weight" in state else 1),
            heads=tuple(found for head in HEADS if (found := head.read_torchvision(state))),
        )


def config(
    architecture, state=None, *, bn_epsilon=1e-5, anchor_sizes=None, image_size=(800, 1333)
) -> dict:
    """Config of the model of an architecture.

    Args:
        architecture: `DetectorArchitecture` or `BackboneArchitecture`.
        state: the state dict, which tells whether batch normalisation is frozen. Default: a
            published one, where that of a detector is, unless its heads are normalised, too.
        bn_epsilon: epsilon of the backbone's batch normalisation: 0 for the published COCO_V1
            files of Mask and Faster R-CNN, with which torchvision sets it so; 1e-5 for all others.
        anchor_sizes: five side lengths in pixels, "P2" to "P6". Default 32, 64, ... 512.
        image_size: shorter and longest side in pixels of the resized images.
    """
    if isinstance(architecture, BackboneArchitecture):
        return configs.backbone(architecture, bn_epsilon=bn_epsilon)
    if state is None:
        frozen = architecture.normalization is None
    else:
        frozen = not any(key.endswith("num_batches_tracked") for key in state)
    return configs.detector(
        architecture,
        backbone=configs.backbone(
            architecture.backbone,
            bn_epsilon=bn_epsilon,
            freeze_bn=frozen,
            frozen_stages=2 if frozen else 0,  # as torchvision freezes a pretrained backbone
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
        heads={"keypoint": {"score": "logit"}},
    )


def _is_ignored(key):
    return key.endswith(".num_batches_tracked")


def _is_ignored_of_classifier(key):
    return _is_ignored(key) or key.startswith("fc.")
