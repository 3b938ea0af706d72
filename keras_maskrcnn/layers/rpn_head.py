"""RPNHead layer."""

import keras
from keras import ops

from keras_maskrcnn.layers.conv2d import Conv2D
from keras_maskrcnn.layers.initializers import Normal


@keras.saving.register_keras_serializable("keras_maskrcnn")
class RPNHead(keras.layers.Layer):
    """Region proposal head: objectness and box deltas for every anchor, shared by all levels.

    A 3x3 convolution with ReLU (one or more), then two 1x1 convolutions.

    Args:
        anchors_per_cell: A, the anchors at each cell of a feature map.
        filters: channels of the 3x3 convolutions. Default None: those of the features.
        num_convs: number of 3x3 convolutions. The paper has 1, torchvision's v2 models 2.

    Call arguments:
        features: dict from level to `(B, H, W, C)` feature map, one C for all.

    Returns:
        `objectness_logits`: dict from level to `(B, H * W * A)` logits of the sigmoid, and
        `anchor_deltas`: dict from level to `(B, H * W * A, 4)` `dx, dy, dw, dh`, both in y, x,
        anchor order, as AnchorGenerator.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import RPNHead
    >>> logits, deltas = RPNHead(anchors_per_cell=3)({"P2": np.ones((1, 4, 4, 8))})
    >>> tuple(logits["P2"].shape), tuple(deltas["P2"].shape)
    ((1, 48), (1, 48, 4))

    References:
        Ren et al. 2015, Faster R-CNN, section 3.1.
    """

    def __init__(self, anchors_per_cell=3, filters=None, num_convs=1, **kwargs):
        super().__init__(**kwargs)
        self.anchors_per_cell = anchors_per_cell
        self.filters = filters
        self.num_convs = num_convs

    def build(self, features_shape):
        channels = {shape[-1] for shape in features_shape.values()}
        if len(channels) != 1:
            raise ValueError(
                "`features` must have equally many channels on every level, because the head is "
                f"shared. Received: {features_shape}."
            )
        shape = next(iter(features_shape.values()))
        filters = self.filters or shape[-1]
        self.convs = []
        for index in range(self.num_convs):
            conv = _conv(filters, 3, f"conv{index + 1}", self.dtype_policy, activation="relu")
            conv.build(tuple(shape))
            shape = (*shape[:3], filters)
            self.convs.append(conv)
        self.objectness = _conv(self.anchors_per_cell, 1, "objectness", self.dtype_policy)
        self.objectness.build(tuple(shape))
        self.deltas = _conv(4 * self.anchors_per_cell, 1, "deltas", self.dtype_policy)
        self.deltas.build(tuple(shape))

    def call(self, features):
        objectness_logits, anchor_deltas = {}, {}
        for level, x in features.items():
            batch = ops.shape(x)[0]
            for conv in self.convs:
                x = conv(x)
            objectness_logits[level] = ops.reshape(self.objectness(x), (batch, -1))
            anchor_deltas[level] = ops.reshape(self.deltas(x), (batch, -1, 4))
        return objectness_logits, anchor_deltas

    def compute_output_shape(self, features_shape):
        def count(shape):
            known = shape[1] is not None and shape[2] is not None
            return shape[1] * shape[2] * self.anchors_per_cell if known else None

        counts = {level: (shape[0], count(shape)) for level, shape in features_shape.items()}
        return counts, {level: (*shape, 4) for level, shape in counts.items()}

    def get_config(self):
        return {
            **super().get_config(),
            "anchors_per_cell": self.anchors_per_cell,
            "filters": self.filters,
            "num_convs": self.num_convs,
        }


def _conv(filters, kernel_size, name, dtype, activation=None):
    return Conv2D(
        filters,
        kernel_size,
        padding="same",
        activation=activation,
        kernel_initializer=Normal(0.01),
        dtype=dtype,
        name=name,
    )
