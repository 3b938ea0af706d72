"""New final layers for other classes."""

from keras_maskrcnn.models import FasterRCNN
from keras_maskrcnn.models.assembly import thawed
from keras_maskrcnn.models.trainability import as_built, flags, put, remember
from keras_maskrcnn.models.weights import weight_items


def replace_heads(model, class_names) -> FasterRCNN:
    """Make a model for other classes: its final layers are new, all other weights are kept.

    Final are the class logits, the box deltas and what the branches say of themselves: of a
    `MaskBranch` the mask logits.

    Parts that are frozen stay frozen, except the heads.

    Args:
        model: `MaskRCNN` or `FasterRCNN`; it is not changed.
        class_names: names of the K foreground classes, in label order.

    Returns:
        A new model of the same class, not compiled.

    Raises:
        TypeError: if `class_names` is a single text.
        ValueError: if `class_names` is empty or names a class twice.

    Example:

    >>> import keras_maskrcnn as km
    >>> net = km.backbones.ResNet(18, filters=(8, 8, 8, 8))
    >>> model = km.transfer.replace_heads(km.MaskRCNN(net, num_classes=2), ["balloon"])
    >>> model.class_names, model.num_classes
    (('balloon',), 1)
    """
    if isinstance(class_names, str):
        raise TypeError(
            f"`class_names` must be a list of names. Received: class_names={class_names!r}. "
            f"Type [{class_names!r}]."
        )
    class_names = list(class_names)
    if not class_names or len(set(class_names)) != len(class_names):
        raise ValueError(
            "`class_names` must hold at least one name, each only once. "
            f"Received: class_names={class_names}."
        )
    with as_built(model):
        config = thawed(model.get_config())
    backbone = config.pop("backbone")
    config = {**_of_classes(config, len(class_names)), "backbone": backbone}
    config["class_names"] = class_names
    changed = type(model).from_config(config)
    kept = weight_items(model)
    for key, variable in weight_items(changed).items():
        if not key.startswith(model.final_layers):
            variable.assign(kept[key].value)
    remember(changed)
    for part in changed.parts.keys() - set(model.head_names):
        put([changed.parts[part]], flags([model.parts[part]]))
    return changed


def _of_classes(config, count):
    """Return the config with another `num_classes`, in the model and every layer that has one."""
    if isinstance(config, list):
        return [_of_classes(one, count) for one in config]
    if not isinstance(config, dict):
        return config
    return {
        key: count if key == "num_classes" else _of_classes(value, count)
        for key, value in config.items()
    }
