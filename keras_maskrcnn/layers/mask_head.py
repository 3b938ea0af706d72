"""MaskHead layer."""

import keras
from keras import layers, ops

from keras_maskrcnn.layers.conv_block import check_normalization, conv_stack
from keras_maskrcnn.layers.initializers import Normal


@keras.saving.register_keras_serializable("keras_maskrcnn")
class MaskHead(keras.layers.Layer):
    """Draws one mask per class inside each crop: 3x3 convolutions, a deconvolution, a 1x1.

    Args:
        num_classes: K, foreground classes without background.
        conv_dims: widths of the 3x3 convolutions with ReLU. Default four of 256 (paper).
        deconv_dim: width of the 2x2 deconvolution of stride 2. Default: the last of `conv_dims`.
        normalization: None or "batch", for the 3x3 convolutions.

    Call arguments:
        crops: `(B, R, P, P, C)` from RoIAlign, usually P = 14.

    Returns:
        `mask_logits` `(B, R, 2P, 2P, K)` float32, one channel per foreground class; label k is
        channel k - 1. The sigmoid is the probability that a pixel belongs to the object.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import MaskHead
    >>> tuple(MaskHead(num_classes=3, conv_dims=(8,))(np.ones((1, 5, 14, 14, 4))).shape)
    (1, 5, 28, 28, 3)

    References:
        He et al. 2017, Mask R-CNN, section 3 and figure 4 (right).
    """

    def __init__(
        self,
        num_classes,
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

    def build(self, crops_shape):
        self.convs, shape = conv_stack(
            self.conv_dims, (None, *crops_shape[2:]), self.normalization, self.dtype_policy
        )
        units = self.deconv_dim or shape[-1]
        self.deconv = layers.Conv2DTranspose(
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
        self.mask_logits = layers.Conv2D(
            self.num_classes,
            1,
            kernel_initializer=Normal(0.001),
            data_format="channels_last",
            dtype="float32",
            name="mask_logits",
        )
        self.mask_logits.build((None, 2 * shape[1], 2 * shape[2], units))

    def call(self, crops, training=None):
        rois = crops.shape[1]
        x = ops.reshape(crops, (-1, *crops.shape[2:]))
        for conv in self.convs:
            x = conv(x, training=training)
        x = self.mask_logits(self.deconv(x))
        return ops.reshape(x, (-1, rois, *x.shape[1:]))

    def compute_output_spec(self, crops, training=None):
        batch, rois, height, width = crops.shape[:4]
        shape = (batch, rois, 2 * height, 2 * width, self.num_classes)
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "conv_dims": self.conv_dims,
            "deconv_dim": self.deconv_dim,
            "normalization": self.normalization,
        }
