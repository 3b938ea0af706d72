"""Parts that stay as they are while the rest trains."""

from keras_maskrcnn.models.trainability import remember, restore
from keras_maskrcnn.transfer.parts import layers_of


def freeze(model, *parts) -> None:
    """Keep parts of a model as they are while the rest trains; call it before `compile`.

    BatchNormalization inside a frozen part runs in inference mode: its moving statistics stay.
    Presets are saved without what was frozen.

    Args:
        model: `MaskRCNN` or `FasterRCNN`, changed in place.
        parts: "backbone", "feature_pyramid", "rpn_head", "box_head" or "mask_head"; "backbone:P2"
            to "backbone:P5" for the layers of the backbone up to the map of that level, which in a
            `ResNet` are the stem and the stages 2 to 5; "all_but_heads" for all parts but the box
            and mask heads.

    Raises:
        ValueError: for a part that the model does not have; nothing is frozen then.

    Example:

    >>> import keras_maskrcnn as km
    >>> model = km.MaskRCNN(km.backbones.ResNet(18, filters=(8, 8, 8, 8)), num_classes=1)
    >>> km.transfer.freeze(model, "backbone:P3", "rpn_head")
    >>> sorted({weight.path.split("_")[0] for weight in model.backbone.trainable_weights})
    ['stage4', 'stage5']
    """
    layers = [layer for part in parts for layer in layers_of(model, part)]
    remember(model)
    for layer in layers:
        layer.trainable = False


def unfreeze(model) -> None:
    """Have every layer train again that `freeze` froze; call it before `compile`.

    Layers that were frozen when the model was built, such as by `ResNet(freeze_bn=True)`, stay so.

    Args:
        model: `MaskRCNN` or `FasterRCNN`, changed in place.

    Example:

    >>> import keras_maskrcnn as km
    >>> model = km.MaskRCNN(km.backbones.ResNet(18, filters=(8, 8, 8, 8)), num_classes=1)
    >>> km.transfer.freeze(model, "all_but_heads")
    >>> km.transfer.unfreeze(model)
    >>> all(layer.trainable for layer in model.parts.values())
    True
    """
    restore(model)
