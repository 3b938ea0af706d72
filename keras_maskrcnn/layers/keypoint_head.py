"""KeypointHead layer."""

import keras
from keras import layers, ops

from keras_maskrcnn.layers.conv_block import check_normalization, conv_stack
from keras_maskrcnn.layers.initializers import Normal
from keras_maskrcnn.ops.tensor import Tensor
from keras_maskrcnn.ops.upsampling import enlarge_bilinear


@keras.saving.register_keras_serializable("keras_maskrcnn")
class KeypointHead(keras.layers.Layer):
    """Draws one heatmap per keypoint inside each crop: 3x3 convolutions, a deconvolution, x2.

    Args:
        num_keypoints: J, points of an object. Default: those of the branch that holds the head.
        conv_dims: widths of the 3x3 convolutions with ReLU. Default eight of 512 (paper).
        normalization: None or "batch", for the 3x3 convolutions.

    Call arguments:
        crops: `(B, R, P, P, C)` from RoIAlign, usually P = 14.

    Returns:
        `(B, R, 4P, 4P, J)` float32 logits. The softmax over the cells of a heatmap is the
        probability that the point lies in the cell.

    Raises:
        ValueError: if `num_keypoints` is not known when the head is built.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import KeypointHead
    >>> head = KeypointHead(num_keypoints=17, conv_dims=(8,))
    >>> tuple(head(np.ones((1, 5, 14, 14, 4))).shape)
    (1, 5, 56, 56, 17)

    References:
        He et al. 2017, Mask R-CNN, section 5.
    """

    def __init__(self, num_keypoints=None, conv_dims=(512,) * 8, normalization=None, **kwargs):
        super().__init__(**kwargs)
        check_normalization(normalization)
        self.num_keypoints = num_keypoints
        self.conv_dims = tuple(conv_dims)
        self.normalization = normalization

    def build(self, crops_shape) -> None:
        if self.num_keypoints is None:
            raise ValueError(
                "`num_keypoints` of a KeypointHead must be given outside of a branch. "
                "Received: num_keypoints=None. Type KeypointHead(num_keypoints=J)."
            )
        self.convs, shape = conv_stack(
            self.conv_dims, (None, *crops_shape[2:]), self.normalization, self.dtype_policy
        )
        self.keypoint_logits = layers.Conv2DTranspose(
            self.num_keypoints,
            4,
            strides=2,
            padding="same",
            kernel_initializer=Normal((2.0 / shape[-1]) ** 0.5 / 2.0),
            data_format="channels_last",
            dtype="float32",
            name="keypoint_logits",
        )
        self.keypoint_logits.build(shape)

    def call(self, crops, training=None) -> Tensor:
        rois = crops.shape[1]
        x = ops.reshape(crops, (-1, *crops.shape[2:]))
        for conv in self.convs:
            x = conv(x, training=training)
        x = enlarge_bilinear(self.keypoint_logits(x), 2)
        return ops.reshape(x, (-1, rois, *x.shape[1:]))

    def compute_output_spec(self, crops, training=None) -> keras.KerasTensor:
        batch, rois, height, width = crops.shape[:4]
        shape = (batch, rois, 4 * height, 4 * width, self.num_keypoints)
        return keras.KerasTensor(shape, "float32")

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_keypoints": self.num_keypoints,
            "conv_dims": self.conv_dims,
            "normalization": self.normalization,
        }
