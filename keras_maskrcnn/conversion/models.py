"""The models of other libraries by the names that they have there, and what they must look like."""

from keras_maskrcnn.conversion.architecture import Detector
from keras_maskrcnn.conversion.errors import ConversionError


def _detector(depth, groups=1, width=64, masks=True, normalization=None):
    return {"trunk": (depth, groups, width), "masks": masks, "normalization": normalization}


def _trunk(depth, groups=1, width=64):
    return {"trunk": (depth, groups, width)}


#: Family -> name of the model there -> what the architecture in its files is.
MODELS = {
    "torchvision": {
        "maskrcnn_resnet50_fpn": _detector(50),
        "maskrcnn_resnet50_fpn_v2": _detector(50, normalization="batch"),
        "maskrcnn_resnext50_32x4d_fpn": _detector(50, 32, 4),
        "fasterrcnn_resnet50_fpn": _detector(50, masks=False),
        "fasterrcnn_resnet50_fpn_v2": _detector(50, masks=False, normalization="batch"),
        "resnet18": _trunk(18),
        "resnet34": _trunk(34),
        "resnet50": _trunk(50),
        "resnet101": _trunk(101),
        "resnext50_32x4d": _trunk(50, 32, 4),
        "resnext101_32x8d": _trunk(101, 32, 8),
    },
    "detectron2": {
        "mask_rcnn_R_50_FPN_3x": _detector(50),
        "mask_rcnn_R_101_FPN_3x": _detector(101),
        "mask_rcnn_X_50_32x4d_FPN": _detector(50, 32, 4),
        "mask_rcnn_X_101_32x8d_FPN_3x": _detector(101, 32, 8),
        "faster_rcnn_R_50_FPN_3x": _detector(50, masks=False),
        "faster_rcnn_R_101_FPN_3x": _detector(101, masks=False),
        "faster_rcnn_X_101_32x8d_FPN_3x": _detector(101, 32, 8, masks=False),
    },
    "matterport": {"resnet50": _detector(50), "resnet101": _detector(101)},
}


def check_model(family, model, architecture):
    """Raise unless the `Detector` or `Trunk` read from a file is that of the model of this name.

    Raises:
        ValueError: if the family has no model of that name.
        ConversionError: if the file holds another architecture.
    """
    if model not in MODELS[family]:
        raise ValueError(
            f"`model` must be one of {', '.join(MODELS[family])}. Received: model={model!r}. "
            "Leave it out to take what is in the file."
        )
    found, wanted = _described(architecture), MODELS[family][model]
    if found != wanted:
        raise ConversionError(f"The checkpoint holds {found}, but {model} is {wanted}.")


def _described(architecture):
    trunk = architecture.trunk if isinstance(architecture, Detector) else architecture
    arguments = trunk.depth, trunk.groups, trunk.width_per_group
    if trunk is architecture:
        return _trunk(*arguments)
    masks = architecture.mask_convs is not None
    return _detector(*arguments, masks=masks, normalization=architecture.normalization)
