"""The names of parts of a model: "rpn_head", "backbone:P3", "all_but_heads"."""

import keras

from keras_maskrcnn.wording import closest

ALL_BUT_HEADS = "all_but_heads"


def layers_of(model, part) -> list[keras.layers.Layer]:
    """Return the layers that a name of a part stands for.

    Args:
        model: `FasterRCNN`.
        part: a key of `model.parts`; "backbone:" and a level for the layers of the backbone that
            the map of that level is made with; or "all_but_heads".

    Raises:
        ValueError: for any other name; the message lists those that there are.
    """
    if part in model.parts:
        return [model.parts[part]]
    if part == ALL_BUT_HEADS:
        return [layer for name, layer in model.parts.items() if name not in model.head_names]
    by_name = {f"backbone:{level}": layers for level, layers in _levels(model.backbone).items()}
    if part not in by_name:
        names = [*model.parts, *by_name, ALL_BUT_HEADS]
        raise ValueError(
            f"`parts` must be among {names}. Received: {part!r}.{closest(part, names)}"
        )
    return by_name[part]


def _levels(backbone):
    """Return dict of level to layers below its map, without levels that cannot be told apart."""
    outputs = sorted(backbone.output.items())
    below = {level: keras.Model(backbone.inputs, x).layers for level, x in outputs}
    counts = [sum(len(layer.weights) for layer in layers) for layers in below.values()]
    upper = [*counts[1:], None]
    distinct = [count != more for count, more in zip(counts, upper, strict=True)]
    return {level: below[level] for level, keep in zip(below, distinct, strict=True) if keep}
