"""Frozen names for the weights of a model: the keys of `model.safetensors`."""

import keras


def weight_items(model) -> dict[str, keras.Variable]:
    """Return the dict from frozen key to variable of every weight of the model's parts.

    A key is `<part>/<layer names inside the part>/<weight>`, for example
    `rpn_head/conv1/kernel`; it depends neither on the name that a model or part was given nor on
    the order in which layers were made.

    Raises:
        ValueError: if two weights would have the same key.
    """
    items = {}
    for part, layer in model.parts.items():
        for variable in layer.weights:
            names = variable.path.split("/")
            if layer.name in names:
                names = names[names.index(layer.name) + 1 :]
            key = "/".join([part, *names])
            if key in items:
                raise ValueError(
                    f"`model` must have distinct layer names. Received: two weights '{key}'. "
                    f"Rename one of the layers in '{part}'."
                )
            items[key] = variable
    return items
