"""Learning rates by part."""

import keras

from keras_maskrcnn.transfer.parts import layers_of


def optimizer_by_part(model, optimizers, default) -> keras.optimizers.MultiOptimizer:
    """Keras' `MultiOptimizer` in which parts of a model have optimizers of their own.

    Most often these differ by the learning rate: what is pretrained moves slower than what is new.

    `keras.optimizers.OptimizerMap` chooses by patterns of variable names, which differ from one
    backbone to another; this chooses by the names of parts that `freeze` takes. An optimizer clips
    the norm of its own gradients only.

    Args:
        model: `MaskRCNN` or `FasterRCNN`.
        optimizers: dict from name of a part, as in `freeze`, to `keras.optimizers.Optimizer`. The
            first part that holds a weight counts: give "backbone:P3" before "backbone".
        default: optimizer of all other weights.

    Returns:
        `keras.optimizers.MultiOptimizer`, to compile `model` with.

    Raises:
        ValueError: for a part that the model does not have.

    Example:

    >>> import keras
    >>> import keras_maskrcnn as km
    >>> model = km.MaskRCNN(km.backbones.ResNet(18, filters=(8, 8, 8, 8)), num_classes=1)
    >>> slow, fast = keras.optimizers.AdamW(5e-5), keras.optimizers.AdamW(5e-4)
    >>> model.compile(km.transfer.optimizer_by_part(model, {"backbone": slow}, default=fast))
    """
    owner = {}
    for part, optimizer in optimizers.items():
        for layer in layers_of(model, part):
            for variable in layer.trainable_variables:
                owner.setdefault(id(variable), optimizer)

    def choose(variable):
        return owner.get(id(variable), default)

    return keras.optimizers.MultiOptimizer(choose)
