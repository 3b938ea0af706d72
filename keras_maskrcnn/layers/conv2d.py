"""Conv2D layer."""

import keras

from keras_maskrcnn.ops.convolution import conv2d
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` for channels-last maps, in the form that the backend computes fastest.

    Arguments, weights and results are those of `keras.layers.Conv2D`.

    Raises:
        ValueError: for dilation, or a `data_format` other than "channels_last".

    Example:

    >>> from keras import ops
    >>> from keras_maskrcnn.layers.conv2d import Conv2D
    >>> layer = Conv2D(1, 1, kernel_initializer="ones")
    >>> ops.convert_to_numpy(layer(ops.ones((1, 1, 2, 3)))).tolist()
    [[[[3.0], [3.0]]]]
    """

    def __init__(self, filters, kernel_size, **kwargs):
        kwargs.setdefault("data_format", "channels_last")
        super().__init__(filters, kernel_size, **kwargs)
        if self.data_format != "channels_last" or set(self.dilation_rate) != {1}:
            raise ValueError(
                "`data_format` must be 'channels_last' and `dilation_rate` 1. Received: "
                f"data_format={self.data_format!r}, dilation_rate={self.dilation_rate}. "
                "Use keras.layers.Conv2D."
            )

    def convolution_op(self, inputs, kernel) -> Tensor:
        return conv2d(inputs, kernel, self.strides, self.padding)
