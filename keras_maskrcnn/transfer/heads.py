"""New final layers for other classes."""

from keras_maskrcnn.models.defaults import thawed
from keras_maskrcnn.models.trainability import as_built, flags, put, remember
from keras_maskrcnn.models.weights import weight_items

#: The layers whose shape depends on the number of classes.
FINAL_LAYERS = ("box_head/class_logits", "box_head/box_deltas", "mask_head/mask_logits")


def replace_heads(model, class_names):
    """A model for other classes: its final layers are new, all other weights are kept.

    Final are the class logits, the box deltas and, where there are masks, the mask logits.

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
    config.update(num_classes=len(class_names), class_names=class_names)
    for head in model.HEADS:
        config[head]["config"]["num_classes"] = len(class_names)
    changed = type(model).from_config(config)
    kept = weight_items(model)
    for key, variable in weight_items(changed).items():
        if not key.startswith(FINAL_LAYERS):
            variable.assign(kept[key].value)
    remember(changed)
    for part in changed.parts.keys() - set(model.HEADS):
        put([changed.parts[part]], flags([model.parts[part]]))
    return changed
