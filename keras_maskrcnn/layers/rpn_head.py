"""RPNHead layer."""

import math

import keras
from keras import ops

from keras_maskrcnn.layers.conv2d import Conv2D
from keras_maskrcnn.layers.initializers import Normal
from keras_maskrcnn.layers.levels import check_dict
from keras_maskrcnn.ops.neighbourhoods import neighbourhoods
from keras_maskrcnn.ops.selection import gather
from keras_maskrcnn.ops.tensor import Tensor


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

    def build(self, features_shape) -> None:
        check_dict("features", features_shape)
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

    def call(self, features) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        objectness_logits, anchor_deltas = {}, {}
        for level, x in features.items():
            batch = ops.shape(x)[0]
            for conv in self.convs:
                x = conv(x)
            objectness_logits[level] = ops.reshape(self.objectness(x), (batch, -1))
            anchor_deltas[level] = ops.reshape(self.deltas(x), (batch, -1, 4))
        return objectness_logits, anchor_deltas

    def sampled(self, features, outputs, index) -> tuple[Tensor, Tensor]:
        """Return what `call` gives for some anchors, with a gradient that costs those anchors only.

        A loss of 256 anchors an image needs the convolutions at their cells; the gradient of the
        whole maps is as dear as for all anchors.

        Args:
            features: dict from level to `(B, H, W, C)` feature map.
            outputs: what `call` gave for them; taken where the anchors are too many to gain.
            index: `(B, S)` integers into the anchors of all levels, one level after another.

        Returns:
            `(B, S)` objectness logits and `(B, S, 4)` anchor deltas.
        """
        if self.num_convs != 1 or 9 * index.shape[1] > self._cells(features):
            whole = (ops.concatenate(list(x.values()), axis=1) for x in outputs)
            return tuple(gather(x, index) for x in whole)
        around = neighbourhoods(list(features.values()), index // self.anchors_per_cell)
        around = ops.reshape(around, (-1, index.shape[1], 9 * around.shape[-1]))
        anchor = (index % self.anchors_per_cell)[..., None]
        x = self._product(around, self.convs[0])
        logits = ops.take_along_axis(self._product(x, self.objectness), anchor, axis=-1)[..., 0]
        deltas = self._product(x, self.deltas)
        deltas = ops.reshape(deltas, (-1, index.shape[1], self.anchors_per_cell, 4))
        return logits, ops.take_along_axis(deltas, anchor[..., None], axis=2)[:, :, 0]

    def _cells(self, features):
        """Cells of all maps; infinite where a size is not known when the graph is built."""
        sizes = [side for feature in features.values() for side in feature.shape[1:3]]
        if None in sizes:
            return math.inf
        return sum(height * width for height, width in zip(sizes[::2], sizes[1::2], strict=True))

    def _product(self, x, conv):
        """Convolve inputs that lie side by side."""
        kernel = ops.reshape(ops.cast(conv.kernel, self.compute_dtype), (-1, conv.filters))
        return conv.activation(ops.matmul(x, kernel) + ops.cast(conv.bias, self.compute_dtype))

    def compute_output_shape(self, features_shape) -> tuple[dict[str, tuple], dict[str, tuple]]:
        def count(shape):
            known = shape[1] is not None and shape[2] is not None
            return shape[1] * shape[2] * self.anchors_per_cell if known else None

        counts = {level: (shape[0], count(shape)) for level, shape in features_shape.items()}
        return counts, {level: (*shape, 4) for level, shape in counts.items()}

    def get_config(self) -> dict:
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
