"""UNetHead layer."""

import keras
from keras import ops

from keras_maskrcnn.layers.pyramid_head import PyramidHead, enlarged_to
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class UNetHead(PyramidHead):
    """Draws a semantic map as the right half of a U-Net: from the coarsest level down, with skips.

    At each step the map is enlarged by 2, bilinear, the next finer level is laid beside it, and two
    3x3 convolutions with group normalisation and ReLU follow; last a 1x1 convolution. The levels
    stand for the left half of the U-Net, so that the two heads can be compared on one pyramid. What
    differs from the paper: enlargement in place of the transposed convolution, convolutions that
    keep the size, group normalisation.

    Args:
        num_semantic_classes: S, classes of the map. Default: those of the branch that holds the
            head.
        conv_dim: width of the convolutions. Default 128.

    Call arguments:
        features: dict of consecutive levels, `{"P2": (B, H2, W2, C), ...}`.

    Returns:
        `(B, H2, W2, S)` float32 logits, at the scale of the finest level.

    Raises:
        ValueError: if `num_semantic_classes` is not known when the head is built.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import UNetHead
    >>> pyramid = {"P2": np.ones((1, 16, 24, 8)), "P3": np.ones((1, 8, 12, 8))}
    >>> tuple(UNetHead(num_semantic_classes=5, conv_dim=16)(pyramid).shape)
    (1, 16, 24, 5)

    References:
        Ronneberger et al. 2015, U-Net, section 2.
    """

    def build_convs(self, features_shape) -> None:
        *finer, coarsest = features_shape
        steps, channels = {}, features_shape[coarsest][-1]
        for level in reversed(finer):
            steps[level] = self.conv_blocks(level, channels + features_shape[level][-1], 2)
            channels = self.conv_dim
        self.steps = steps

    def merge(self, features, training) -> Tensor:
        *finer, coarsest = features
        x = features[coarsest]
        for level in reversed(finer):
            x = ops.concatenate([enlarged_to(x, features, level), features[level]], axis=-1)
            for conv in self.steps[level]:
                x = conv(x, training=training)
        return x
