"""BoxHead layer."""

import keras
from keras import layers, ops

from keras_maskrcnn.layers.classes import check_given
from keras_maskrcnn.layers.conv_block import check_normalization, conv_stack
from keras_maskrcnn.layers.initializers import Normal
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class BoxHead(keras.layers.Layer):
    """Classifies each crop and refines its box, one set of deltas per class.

    Optional 3x3 convolutions, then dense layers with ReLU, then two linear outputs.

    Args:
        num_classes: K, foreground classes without background. Default: those of the model.
        dense_dims: widths of the dense layers. Default `(1024, 1024)` (paper, FPN variant).
        conv_dims: widths of 3x3 convolutions before them. Default none.
        normalization: None or "batch", for the convolutions.

    Call arguments:
        crops: `(B, R, P, P, C)` from RoIAlign; P must be fixed, usually 7.

    Returns:
        `class_logits` `(B, R, K + 1)`, background first, and `box_deltas` `(B, R, K, 4)`
        `dx, dy, dw, dh` of the foreground classes, to be divided by `(10, 10, 5, 5)`
        (see DetectionLayer). Both float32.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import BoxHead
    >>> logits, deltas = BoxHead(num_classes=3, dense_dims=(8,))(np.ones((1, 5, 7, 7, 4)))
    >>> tuple(logits.shape), tuple(deltas.shape)
    ((1, 5, 4), (1, 5, 3, 4))

    References:
        He et al. 2017, Mask R-CNN, figure 4 (right); Lin et al. 2017, FPN, section 4.2.
    """

    #: The layers whose shape depends on the number of classes.
    final_layers = ("class_logits", "box_deltas")

    def __init__(
        self, num_classes=None, dense_dims=(1024, 1024), conv_dims=(), normalization=None, **kwargs
    ):
        super().__init__(**kwargs)
        check_normalization(normalization)
        self.num_classes = num_classes
        self.dense_dims = tuple(dense_dims)
        self.conv_dims = tuple(conv_dims)
        self.normalization = normalization

    def build(self, crops_shape) -> None:
        check_given(self)
        self.convs, shape = conv_stack(
            self.conv_dims, (None, *crops_shape[2:]), self.normalization, self.dtype_policy
        )
        features = shape[1] * shape[2] * shape[3]
        self.dense = []
        for index, units in enumerate(self.dense_dims):
            dense = layers.Dense(
                units,
                activation="relu",
                kernel_initializer=Normal(),
                dtype=self.dtype_policy,
                name=f"fc{index + 1}",
            )
            dense.build((None, features))
            features = units
            self.dense.append(dense)
        self.class_logits = _output(self.num_classes + 1, 0.01, "class_logits")
        self.class_logits.build((None, features))
        self.box_deltas = _output(4 * self.num_classes, 0.001, "box_deltas")
        self.box_deltas.build((None, features))

    def call(self, crops, training=None) -> tuple[Tensor, Tensor]:
        rois = crops.shape[1]
        x = ops.reshape(crops, (-1, *crops.shape[2:]))
        for conv in self.convs:
            x = conv(x, training=training)
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2] * x.shape[3]))
        for dense in self.dense:
            x = dense(x)
        logits = ops.reshape(self.class_logits(x), (-1, rois, self.num_classes + 1))
        return logits, ops.reshape(self.box_deltas(x), (-1, rois, self.num_classes, 4))

    def compute_output_spec(
        self, crops, training=None
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        shape = crops.shape[:2]
        return (
            keras.KerasTensor((*shape, self.num_classes + 1), "float32"),
            keras.KerasTensor((*shape, self.num_classes, 4), "float32"),
        )

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "dense_dims": self.dense_dims,
            "conv_dims": self.conv_dims,
            "normalization": self.normalization,
        }


def _output(units, stddev, name):
    return layers.Dense(
        units,
        kernel_initializer=Normal(stddev),
        dtype="float32",
        name=name,
    )
