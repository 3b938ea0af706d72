"""Any Keras model with several feature maps as a backbone."""

import keras

from keras_maskrcnn.layers.levels import check_levels, stride_of


def pyramid_from(model, layer_names) -> keras.Model:
    """Build a backbone from inner layers of a Keras model, such as one of `keras.applications`.

    Args:
        model: functional `keras.Model` without a fixed image size: build it with
            `include_top=False` and `input_shape=(None, None, 3)`.
        layer_names: dict of consecutive levels to names of layers, such as
            `{"P2": "block_3_expand_relu", "P3": "block_6_expand_relu"}`. The map of level "Pk"
            must have a stride of `2**k` pixels.

    Returns:
        `keras.Model` from images to a dict of feature maps, sharing the model's weights.

    Raises:
        ValueError: for a layer that does not exist, or a map of the wrong stride.

    Example:

    >>> import keras
    >>> from keras_maskrcnn.backbones import pyramid_from
    >>> net = keras.applications.MobileNetV2(
    ...     input_shape=(None, None, 3), include_top=False, weights=None, alpha=0.35
    ... )
    >>> backbone = pyramid_from(net, {"P2": "block_3_expand_relu", "P3": "block_6_expand_relu"})
    >>> sorted(backbone.output)
    ['P2', 'P3']
    """
    check_levels("layer_names", layer_names)
    known = {layer.name for layer in model.layers}
    missing = sorted(set(layer_names.values()) - known)
    if missing:
        raise ValueError(
            f"`layer_names` must name layers of the model. Received: {missing}, which "
            f"'{model.name}' does not have. `[layer.name for layer in model.layers]` lists them."
        )
    backbone = _select(model, layer_names)
    shapes = backbone.compute_output_shape((1, 512, 512, model.inputs[0].shape[-1]))
    for level, shape in shapes.items():
        if tuple(shape[1:3]) != (512 // stride_of(level), 512 // stride_of(level)):
            raise ValueError(
                f"`layer_names['{level}']` must name a layer of stride {stride_of(level)}. "
                f"Received: '{layer_names[level]}', whose stride is {512 // shape[1]}."
            )
    return backbone


def _select(model, layer_names):
    outputs = {level: model.get_layer(name).output for level, name in layer_names.items()}
    return keras.Model(model.inputs, outputs, name=f"{model.name}_pyramid")
