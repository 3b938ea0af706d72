"""What heads have in common that draw a semantic map on all levels of a pyramid."""

import keras
from keras import ops

from keras_maskrcnn.layers.conv2d import Conv2D
from keras_maskrcnn.layers.conv_block import conv_block
from keras_maskrcnn.layers.initializers import Normal
from keras_maskrcnn.layers.levels import check_levels, level_number, stride_of
from keras_maskrcnn.ops.tensor import Tensor
from keras_maskrcnn.ops.upsampling import enlarge_bilinear


class PyramidHead(keras.layers.Layer):
    """A head that is given a pyramid and draws S maps at the scale of its finest level.

    A subclass gives `build_convs`, and `merge`, which makes one map of the levels.

    Args:
        num_semantic_classes: S. Default: those of the branch that holds the head.
        conv_dim: width of the convolutions.
    """

    def __init__(self, num_semantic_classes=None, conv_dim=128, **kwargs):
        super().__init__(**kwargs)
        self.num_semantic_classes = num_semantic_classes
        self.conv_dim = conv_dim

    def build_convs(self, features_shape) -> None:
        """Make and build the convolutions."""
        raise NotImplementedError

    def merge(self, features, training) -> Tensor:
        """Return `(B, h, w, conv_dim)` at the scale of the finest level."""
        raise NotImplementedError

    def conv_blocks(self, level, channels, count) -> list[keras.layers.Layer]:
        """Return so many built 3x3 convolutions with group normalisation and ReLU, for a level.

        Args:
            level: "P2", for the names.
            channels: of what the first is given.
            count: int.
        """
        blocks = []
        for number in range(1, count + 1):
            name = f"{level.lower()}_conv{number}"
            block = conv_block(self.conv_dim, 3, "group", name, "relu", self.dtype_policy)
            block.build((None, None, None, channels if number == 1 else self.conv_dim))
            blocks.append(block)
        return blocks

    def build(self, features_shape) -> None:
        check_levels("features", features_shape)
        if self.num_semantic_classes is None:
            name = type(self).__name__
            raise ValueError(
                f"`num_semantic_classes` of a {name} must be given outside of a branch. Received: "
                f"num_semantic_classes=None. Type {name}(num_semantic_classes=S)."
            )
        self.stride = stride_of(next(iter(features_shape)))
        self.build_convs(features_shape)
        # He's deviation, as in Detectron2: from near 0 the classes were told apart late or never.
        self.semantic_logits = Conv2D(
            self.num_semantic_classes,
            1,
            kernel_initializer=Normal(),
            dtype="float32",
            name="semantic_logits",
        )
        self.semantic_logits.build((None, None, None, self.conv_dim))

    def call(self, features, training=None) -> Tensor:
        return self.semantic_logits(self.merge(features, training))

    def compute_output_spec(self, features, training=None) -> keras.KerasTensor:
        batch, height, width = next(iter(features.values())).shape[:3]
        return keras.KerasTensor((batch, height, width, self.num_semantic_classes), "float32")

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_semantic_classes": self.num_semantic_classes,
            "conv_dim": self.conv_dim,
        }


def below(level) -> str:
    """Return the name of the level that is twice as fine.

    >>> below("P3")
    'P2'
    """
    return f"P{level_number(level) - 1}"


def enlarged_to(x, features, level) -> Tensor:
    """Return a map of twice the size, bilinear, cut to that of a level, which may be odd."""
    height, width = ops.shape(features[level])[1:3]
    return enlarge_bilinear(x, 2)[:, :height, :width]
