"""From the weights of other libraries to ours, in NumPy: no Keras, no torch, no TensorFlow.

Each family has a file with a function `convert` that takes the weights as
`keras_maskrcnn.checkpoints` reads them, and gives the config of our model and its weights under
their frozen keys. What differs between the families becomes arguments of the layers. A head has a
file, too: its shapes, its config, and where each family keeps it.
"""

import inspect

from keras_maskrcnn.conversion import detectron2, efficientnet_lite, matterport, torchvision
from keras_maskrcnn.conversion.architecture import (
    BackboneArchitecture,
    Converted,
    DetectorArchitecture,
)
from keras_maskrcnn.conversion.errors import ConversionError

FAMILIES = {
    "torchvision": torchvision,
    "detectron2": detectron2,
    "matterport": matterport,
    "efficientnet_lite": efficientnet_lite,
}

#: Family -> name of a model there -> the architecture in its files.
MODELS = {family: module.MODELS for family, module in FAMILIES.items()}

#: One size on each level, three aspect ratios.
ANCHORS_PER_CELL = 3

__all__ = [
    "FAMILIES",
    "MODELS",
    "BackboneArchitecture",
    "ConversionError",
    "Converted",
    "DetectorArchitecture",
    "config",
    "convert",
]


def convert(state, family, model=None, **arguments) -> Converted:
    """Convert the weights of another library's network.

    The architecture is read from the shapes: depth, ResNeXt groups, number of classes and so on.

    Args:
        state: dict from key to array, as `keras_maskrcnn.checkpoints.read` gives it.
        family: "torchvision", "detectron2", "matterport" or "efficientnet_lite".
        model: name that the model has there; if given, the file must hold that one. See `MODELS`.
        arguments: what no shape tells: `bn_epsilon`, `anchor_sizes`, `image_size`, ...; see
            `config` in the family's file.

    Returns:
        `Converted`: `architecture`, `config` and `weights`.

    Raises:
        ConversionError: if the weights are not those of such a network; the message lists keys
            that are missing or unexpected.
        ValueError: for an unknown family or model, or an argument that the family does not have.

    Example:

    >>> convert({}, "detectron3")
    Traceback (most recent call last):
    ...
    ValueError: `family` must be one of torchvision, detectron2, matterport, efficientnet_lite. ...
    """
    if family not in FAMILIES:
        raise ValueError(
            f"`family` must be one of {', '.join(FAMILIES)}. Received: family={family!r}."
        )
    parameters = inspect.signature(FAMILIES[family].config).parameters.values()
    known = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    if unknown := sorted(set(arguments) - set(known)):
        raise ValueError(
            f"`arguments` of {family} must be among {', '.join(known)}. Received: {unknown}."
        )
    converted = FAMILIES[family].convert(state, **arguments)
    _check_anchors(converted.architecture)
    if model is not None:
        _check_model(family, model, converted.architecture)
    return converted


def config(family, model, **arguments) -> dict:
    """Return the config that converting the published file of a model gives, without the file.

    Args:
        family, arguments: as for `convert`.
        model: name that the model has there, see `MODELS`.

    Example:

    >>> config("torchvision", "resnet50")["config"]["depth"]
    50
    """
    return FAMILIES[family].config(MODELS[family][model], **arguments)


def _check_anchors(architecture):
    """ConversionError unless a cell has the three anchors that the config describes."""
    count = getattr(architecture, "anchors_per_cell", ANCHORS_PER_CELL)
    if count != ANCHORS_PER_CELL:
        raise ConversionError(
            f"The checkpoint has {count} anchors per cell. Only networks with one size per level "
            f"and {ANCHORS_PER_CELL} aspect ratios can be converted."
        )


def _check_model(family, model, architecture):
    """Raise unless the architecture read from a file is that of the model of this name."""
    if model not in MODELS[family]:
        raise ValueError(
            f"`model` must be one of {', '.join(MODELS[family])}. Received: model={model!r}. "
            "Leave it out to take what is in the file."
        )
    found, wanted = architecture.summary(), MODELS[family][model].summary()
    if found != wanted:
        raise ConversionError(f"The checkpoint holds {found}, but {model} is {wanted}.")
