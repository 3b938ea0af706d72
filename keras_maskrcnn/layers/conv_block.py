"""The convolutions that pyramid and heads are made of."""

import keras
from keras import layers

from keras_maskrcnn.layers.conv2d import Conv2D
from keras_maskrcnn.layers.initializers import Normal


def check_normalization(normalization) -> None:
    """Raise ValueError unless `normalization` is None or "batch"."""
    if normalization not in (None, "batch"):
        raise ValueError(
            f"`normalization` must be None or 'batch'. Received: normalization={normalization!r}."
        )


def conv_block(
    filters, kernel_size, normalization, name, activation=None, dtype=None
) -> layers.Layer:
    """Convolution of stride 1 with bias, or with a normalisation instead of the bias.

    Args:
        filters, kernel_size, name, activation, dtype: of the convolution.
        normalization: None, "batch", or "group" (four channels a group).
    """
    conv = Conv2D(
        filters,
        kernel_size,
        padding="same",
        use_bias=normalization is None,
        activation=activation if normalization is None else None,
        kernel_initializer=Normal(),
        dtype=dtype,
        name="conv" if normalization else name,
    )
    if normalization is None:
        return conv
    after = [layers.Activation(activation, dtype=dtype, name="activation")] if activation else []
    norm = _normalization(normalization, filters, dtype)
    return keras.Sequential([conv, norm, *after], name=name)


def _normalization(kind, filters, dtype):
    if kind == "batch":
        return layers.BatchNormalization(epsilon=1e-5, momentum=0.9, dtype=dtype, name="bn")
    groups = filters // 4 if filters % 4 == 0 else 1
    return layers.GroupNormalization(groups, epsilon=1e-5, dtype=dtype, name="gn")


def conv_stack(dims, shape, normalization, dtype) -> tuple[list[layers.Layer], tuple]:
    """Built 3x3 convolutions with ReLU, "conv1", "conv2", ..., and the shape that they put out.

    Args:
        dims: width of each convolution.
        shape: `(None, H, W, C)` of the input.
        normalization: None or "batch".
        dtype: dtype policy of the layers.
    """
    convs = []
    for index, filters in enumerate(dims):
        conv = conv_block(filters, 3, normalization, f"conv{index + 1}", "relu", dtype)
        conv.build(shape)
        shape = (*shape[:3], filters)
        convs.append(conv)
    return convs, shape
