"""FeaturePyramid layer."""

import keras
from keras import ops

from keras_maskrcnn.layers.conv_block import check_normalization, conv_block
from keras_maskrcnn.layers.levels import check_levels, level_number
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class FeaturePyramid(keras.layers.Layer):
    """Feature pyramid network: semantically strong maps of one width at every level.

    Each backbone map gets a lateral 1x1 convolution; from the top down, the coarser result is
    enlarged twofold (nearest) and added; a 3x3 convolution smooths each sum. One more level on
    top is the coarsest output, every second cell.

    Args:
        filters: channels of all levels. Default 256 (Lin et al.).
        normalization: None (convolutions with bias) or "batch" (without bias, then
            BatchNormalization).
        extra_level: add the level above the top one, "P6" over "P5".

    Call arguments:
        features: dict of consecutive levels, `{"P2": (B, H2, W2, C2), "P3": ...}`, as a backbone
            gives them. A map may be odd-sized: the next one is then half of it, rounded up.

    Returns:
        Dict of the same levels and the extra one, each `(B, H, W, filters)`.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import FeaturePyramid
    >>> c2, c3 = np.ones((1, 8, 8, 16)), np.ones((1, 4, 4, 32))
    >>> pyramid = FeaturePyramid(filters=4)({"P2": c2, "P3": c3})
    >>> {level: tuple(p.shape) for level, p in pyramid.items()}
    {'P2': (1, 8, 8, 4), 'P3': (1, 4, 4, 4), 'P4': (1, 2, 2, 4)}

    References:
        Lin et al. 2017, Feature Pyramid Networks for Object Detection, section 3.
    """

    def __init__(self, filters=256, normalization=None, extra_level=True, **kwargs):
        super().__init__(**kwargs)
        check_normalization(normalization)
        self.filters = filters
        self.normalization = normalization
        self.extra_level = extra_level

    def build(self, features_shape) -> None:
        check_levels("features", features_shape)
        self.lateral, self.output_convs = {}, {}
        for level, shape in features_shape.items():
            k = level_number(level)
            self.lateral[level] = conv_block(
                self.filters, 1, self.normalization, f"lateral{k}", dtype=self.dtype_policy
            )
            self.output_convs[level] = conv_block(
                self.filters, 3, self.normalization, f"output{k}", dtype=self.dtype_policy
            )
            self.lateral[level].build(tuple(shape))
            self.output_convs[level].build((*shape[:3], self.filters))

    def call(self, features, training=None) -> dict[str, Tensor]:
        outputs, above = {}, None
        for level in reversed(features):
            merged = self.lateral[level](features[level], training=training)
            if above is not None:
                merged = merged + _enlarge(above, ops.shape(merged))
            above = merged
            outputs[level] = self.output_convs[level](merged, training=training)
        outputs = {level: outputs[level] for level in features}
        if self.extra_level:
            top = list(features)[-1]
            outputs[f"P{level_number(top) + 1}"] = outputs[top][:, ::2, ::2]
        return outputs

    def compute_output_shape(self, features_shape) -> dict[str, tuple]:
        shapes = {level: (*shape[:3], self.filters) for level, shape in features_shape.items()}
        if self.extra_level:
            top = list(shapes)[-1]
            batch, *size, filters = shapes[top]
            size = [None if s is None else -(-s // 2) for s in size]
            shapes[f"P{level_number(top) + 1}"] = (batch, *size, filters)
        return shapes

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "normalization": self.normalization,
            "extra_level": self.extra_level,
        }


def _enlarge(x, target_shape):
    """Nearest twofold enlargement, cut to the size of the finer map."""
    x = ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
    return x[:, : target_shape[1], : target_shape[2]]
