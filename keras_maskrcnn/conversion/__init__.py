"""From the weights of other libraries to ours, in NumPy: no Keras, no torch, no TensorFlow.

Each family has a file with a function `convert` that takes the weights as
`keras_maskrcnn.checkpoints` reads them, and gives the config of our model and its weights under
their frozen keys. What differs between the families becomes arguments of the layers.
"""

import inspect

from keras_maskrcnn.conversion import detectron2, matterport, torchvision
from keras_maskrcnn.conversion.architecture import Converted, Detector, Trunk
from keras_maskrcnn.conversion.errors import ConversionError
from keras_maskrcnn.conversion.models import MODELS, check_model

_FAMILIES = {
    "torchvision": torchvision.convert,
    "detectron2": detectron2.convert,
    "matterport": matterport.convert,
}

#: One size on each level, three aspect ratios.
ANCHORS_PER_CELL = 3

__all__ = ["MODELS", "ConversionError", "Converted", "Detector", "Trunk", "convert"]


def convert(state, family, model=None, **arguments):
    """Converts the weights of another library's network.

    The architecture is read from the shapes: depth, ResNeXt groups, number of classes and so on.

    Args:
        state: dict from key to array, as `keras_maskrcnn.checkpoints.read` gives it.
        family: "torchvision", "detectron2" or "matterport".
        model: name that the model has there; if given, the file must hold that one. See `MODELS`.
        arguments: what no shape tells: `bn_epsilon`, `anchor_sizes`, `image_size`, ...; see
            `convert` in the family's file.

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
    ValueError: `family` must be one of torchvision, detectron2, matterport. ...
    """
    if family not in _FAMILIES:
        raise ValueError(
            f"`family` must be one of {', '.join(_FAMILIES)}. Received: family={family!r}."
        )
    known = list(inspect.signature(_FAMILIES[family]).parameters)[1:]
    if unknown := sorted(set(arguments) - set(known)):
        raise ValueError(
            f"`arguments` of {family} must be among {', '.join(known)}. Received: {unknown}."
        )
    converted = _FAMILIES[family](state, **arguments)
    _check_anchors(converted.architecture)
    if model is not None:
        check_model(family, model, converted.architecture)
    return converted


def _check_anchors(architecture):
    """ConversionError unless a cell has the three anchors that the config describes."""
    count = getattr(architecture, "anchors_per_cell", ANCHORS_PER_CELL)
    if count != ANCHORS_PER_CELL:
        raise ConversionError(
            f"The checkpoint has {count} anchors per cell. Only networks with one size per level "
            f"and {ANCHORS_PER_CELL} aspect ratios can be converted."
        )
