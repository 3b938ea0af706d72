"""DepthwiseConv2D layer."""

import keras
from keras import ops

from keras_maskrcnn.ops.convolution import conv2d
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` for channels-last maps, in the form that runs fastest.

    Arguments, weights and results are those of `keras.layers.DepthwiseConv2D`.

    Raises:
        ValueError: for dilation, more than one filter a channel, or a `data_format` other than
            "channels_last".

    Example:

    >>> from keras import ops
    >>> from keras_maskrcnn.layers.depthwise_conv2d import DepthwiseConv2D
    >>> layer = DepthwiseConv2D((1, 2), depthwise_initializer="ones")
    >>> ops.convert_to_numpy(layer(ops.reshape(ops.arange(6.0), (1, 1, 3, 2)))).tolist()
    [[[[2.0, 4.0], [6.0, 8.0]]]]
    """

    def __init__(self, kernel_size, **kwargs):
        kwargs.setdefault("data_format", "channels_last")
        super().__init__(kernel_size, **kwargs)
        plain = set(self.dilation_rate) == {1} and self.depth_multiplier == 1
        if self.data_format != "channels_last" or not plain:
            raise ValueError(
                "`data_format` must be 'channels_last', `dilation_rate` and `depth_multiplier` 1. "
                f"Received: data_format={self.data_format!r}, dilation_rate={self.dilation_rate}, "
                f"depth_multiplier={self.depth_multiplier}. Use keras.layers.DepthwiseConv2D."
            )

    def call(self, inputs) -> Tensor:
        kernel = ops.transpose(self.kernel, (0, 1, 3, 2))  # (k, l, 1, C): a group for each channel
        outputs = conv2d(inputs, kernel, self.strides, self.padding)
        if self.use_bias:
            outputs = outputs + self.bias
        return outputs if self.activation is None else self.activation(outputs)
