"""MaskHead layer."""

import math

import keras
from keras import layers, ops

from keras_maskrcnn.layers.classes import check_given
from keras_maskrcnn.layers.conv2d import Conv2D
from keras_maskrcnn.layers.conv_block import check_normalization, conv_stack
from keras_maskrcnn.layers.initializers import Normal
from keras_maskrcnn.ops.convolution import depth_to_space, transposed_conv2d
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class MaskHead(keras.layers.Layer):
    """Draws one mask per class inside each crop: 3x3 convolutions, a deconvolution, a 1x1.

    Only the mask of a crop's own class is ever used. Given `labels`, the head draws no other, and
    neither time nor memory depend on the number of classes.

    Args:
        num_classes: K, foreground classes without background. Default: those of the model.
        conv_dims: widths of the 3x3 convolutions with ReLU. Default four of 256 (paper).
        deconv_dim: width of the 2x2 deconvolution of stride 2. Default: the last of `conv_dims`.
        normalization: None or "batch", for the 3x3 convolutions.

    Call arguments:
        crops: `(B, R, P, P, C)` from RoIAlign, usually P = 14.
        labels: optional `(B, R)` integers in 0..K, the class whose mask is wanted; padding (0) is
            drawn as class 1.

    Returns:
        `mask_logits` `(B, R, 2P, 2P, K)` float32, one channel per foreground class; label k is
        channel k - 1. With `labels`, `(B, R, 2P, 2P)`. The sigmoid is the probability that a pixel
        belongs to the object.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import MaskHead
    >>> head, crops = MaskHead(num_classes=3, conv_dims=(8,)), np.ones((1, 5, 14, 14, 4))
    >>> tuple(head(crops).shape), tuple(head(crops, np.full((1, 5), 2)).shape)
    ((1, 5, 28, 28, 3), (1, 5, 28, 28))

    References:
        He et al. 2017, Mask R-CNN, section 3 and figure 4 (right).
    """

    def __init__(
        self,
        num_classes=None,
        conv_dims=(256, 256, 256, 256),
        deconv_dim=None,
        normalization=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_normalization(normalization)
        self.num_classes = num_classes
        self.conv_dims = tuple(conv_dims)
        self.deconv_dim = deconv_dim
        self.normalization = normalization

    def build(self, crops_shape) -> None:
        check_given(self)
        self.convs, shape = conv_stack(
            self.conv_dims, (None, *crops_shape[2:]), self.normalization, self.dtype_policy
        )
        units = self.deconv_dim or shape[-1]
        self.deconv = _Deconvolution(
            units,
            2,
            strides=2,
            activation="relu",
            kernel_initializer=Normal((2.0 / shape[-1]) ** 0.5),
            data_format="channels_last",
            dtype=self.dtype_policy,
            name="deconv",
        )
        self.deconv.build(shape)
        self.mask_logits = _ClassConv2D(
            self.num_classes,
            1,
            kernel_initializer=Normal(0.001),
            dtype="float32",
            name="mask_logits",
        )
        self.mask_logits.build((None, 2 * shape[1], 2 * shape[2], units))

    def call(self, crops, labels=None, training=None) -> Tensor:
        rois = crops.shape[1]
        x = ops.reshape(crops, (-1, *crops.shape[2:]))
        for conv in self.convs:
            x = conv(x, training=training)
        if labels is not None:
            labels = ops.reshape(labels, (-1,))
        # What follows the deconvolution works pixel by pixel: its pixels are put in place last,
        # when few channels are left.
        x = depth_to_space(self.mask_logits(self.deconv(x), labels))
        return ops.reshape(x, (-1, rois, *x.shape[1:]))

    def compute_output_spec(self, crops, labels=None, training=None) -> keras.KerasTensor:
        batch, rois, height, width = crops.shape[:4]
        shape = (batch, rois, 2 * height, 2 * width)
        shape = shape if labels is not None else (*shape, self.num_classes)
        return keras.KerasTensor(shape, "float32")

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "conv_dims": self.conv_dims,
            "deconv_dim": self.deconv_dim,
            "normalization": self.normalization,
        }


class _Deconvolution(layers.Conv2DTranspose):
    """`(N, H, W, C)` to `(N, H, W, 2, 2, units)`: the pixels of each cell, not yet in place."""

    def call(self, inputs):
        return self.activation(transposed_conv2d(inputs, self.kernel) + self.bias)


class _ClassConv2D(Conv2D):
    """1x1 convolution of `(N, H, W, 2, 2, C)`; with `labels` `(N,)` of each row's own class only.

    `(N, H, W, 2, 2, K)`, or `(N, H, W, 2, 2)` with labels.
    """

    def call(self, inputs, labels=None):
        *cells, channels = inputs.shape[1:]
        if labels is None:
            height, width = cells[:2]
            x = super().call(ops.reshape(inputs, (-1, height, 4 * width, channels)))
            return ops.reshape(x, (-1, *cells, self.filters))
        channel = ops.maximum(ops.cast(labels, "int32") - 1, 0)
        kernel = ops.take(ops.transpose(self.kernel[0, 0]), channel, axis=0)
        x = ops.reshape(inputs, (-1, math.prod(cells), channels))
        x = ops.matmul(x, kernel[..., None])[..., 0] + ops.take(self.bias, channel)[:, None]
        return ops.reshape(x, (-1, *cells))
