"""SemanticHead layer."""

import keras

from keras_maskrcnn.layers.levels import level_number
from keras_maskrcnn.layers.pyramid_head import PyramidHead, below, enlarged_to
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class SemanticHead(PyramidHead):
    """Draws a semantic map from all levels of a pyramid, each brought to the finest one's scale.

    A level that is `2**n` times as coarse as the finest goes through n stages of a 3x3 convolution,
    group normalisation, ReLU and bilinear enlargement by 2; the finest through one stage without
    enlargement. The sum goes through a 1x1 convolution.

    Args:
        num_semantic_classes: S, classes of the map. Default: those of the branch that holds the
            head.
        conv_dim: width of the convolutions. Default 128 (paper).

    Call arguments:
        features: dict of consecutive levels, `{"P2": (B, H2, W2, C), ...}`.

    Returns:
        `(B, H2, W2, S)` float32 logits, at the scale of the finest level.

    Raises:
        ValueError: if `num_semantic_classes` is not known when the head is built.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import SemanticHead
    >>> pyramid = {"P2": np.ones((1, 16, 24, 8)), "P3": np.ones((1, 8, 12, 8))}
    >>> tuple(SemanticHead(num_semantic_classes=5, conv_dim=16)(pyramid).shape)
    (1, 16, 24, 5)

    References:
        Kirillov et al. 2019, Panoptic Feature Pyramid Networks, section 3 and figure 3.
    """

    def build_convs(self, features_shape) -> None:
        finest = level_number(next(iter(features_shape)))
        counts = {level: max(1, level_number(level) - finest) for level in features_shape}
        self.stages = {
            level: self.conv_blocks(level, shape[-1], counts[level])
            for level, shape in features_shape.items()
        }

    def merge(self, features, training) -> Tensor:
        finest, *coarser = features
        merged = self.stages[finest][0](features[finest], training=training)
        for level in coarser:
            x, reached = features[level], level
            for stage in self.stages[level]:
                reached = below(reached)
                x = enlarged_to(stage(x, training=training), features, reached)
            merged = merged + x
        return merged
