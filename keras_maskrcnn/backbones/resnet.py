"""ResNet and ResNeXt backbones that yield the maps "P2".."P5".

Shapes: B images, H W padded image (`keras_maskrcnn.ops`).
"""

import keras
from keras import layers

from keras_maskrcnn.backbones.backbone import Backbone
from keras_maskrcnn.layers.conv2d import Conv2D
from keras_maskrcnn.layers.initializers import Normal

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}


@keras.saving.register_keras_serializable("keras_maskrcnn")
class ResNet(Backbone):
    """ResNet-18/34/50/101 and ResNeXt-50/101 as a pyramid backbone; H and W are free.

    A functional model from normalised images to `{"P2", "P3", "P4", "P5"}`, the outputs of its
    four stages at strides 4, 8, 16 and 32.

    Args:
        depth: 18 or 34 (basic blocks), 50 or 101 (bottlenecks).
        filters: width of each stage. Default `(64, 128, 256, 512)`; bottlenecks put out four
            times as many channels. A narrower backbone is cheaper to train on a CPU.
        groups: groups of the 3x3 convolutions; 32 makes a ResNeXt.
        width_per_group: bottleneck width per group at 64 filters; 4 for 32x4d, 8 for 32x8d.
            Default 64 (plain ResNet).
        stride_in_1x1: stride in the first 1x1 of a bottleneck (the original MSRA weights)
            instead of its 3x3 (v1.5, torchvision).
        use_bias: biases in the convolutions before BatchNormalization.
        pool_padding: "both": the max pooling of the stem pads one cell on all sides; "end": only
            at the bottom and right of even sizes (TensorFlow's SAME, which Matterport's weights
            need).
        bn_epsilon: epsilon of BatchNormalization. Default 1e-5; torchvision's COCO_V1
            detectors need 0.
        frozen_stages: 0 trains everything; 1 freezes the stem, 2 also stage 2 ("P2"), ... 5
            everything. Frozen BatchNormalization runs in inference mode.
        freeze_bn: freeze all BatchNormalization, as for fine-tuning with small batches.
        in_channels: channels of the images. Default 3.
        name: name of the model. Default "resnet" and the depth.
        dtype: dtype policy of all layers, such as "mixed_bfloat16". Default: the global one.

    Call arguments:
        images: `(B, H, W, in_channels)` normalised float images.

    Returns:
        Dict "P2".."P5" of `(B, ceil(H / stride), ceil(W / stride), channels)` maps.

    Raises:
        ValueError: for an unknown depth, or groups with basic blocks.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.backbones import ResNet
    >>> maps = ResNet(18, filters=(8, 8, 16, 16))(np.zeros((1, 64, 32, 3)))
    >>> {level: tuple(x.shape) for level, x in maps.items()}["P5"]
    (1, 2, 1, 16)

    References:
        He et al. 2016, Deep Residual Learning; Xie et al. 2017, Aggregated Residual
        Transformations (ResNeXt); Goyal et al. 2017 for the stride in the 3x3.
    """

    STAGES = (("stem",), ("stage2_",), ("stage3_",), ("stage4_",), ("stage5_",))

    def __init__(
        self,
        depth=50,
        filters=(64, 128, 256, 512),
        groups=1,
        width_per_group=64,
        stride_in_1x1=False,
        use_bias=False,
        pool_padding="both",
        bn_epsilon=1e-5,
        frozen_stages=0,
        freeze_bn=False,
        in_channels=3,
        name=None,
        dtype=None,
    ):
        _check_arguments(depth, filters, groups, pool_padding)
        self.depth = depth
        self.filters = tuple(filters)
        self.groups = groups
        self.width_per_group = width_per_group
        self.stride_in_1x1 = stride_in_1x1
        self.use_bias = use_bias
        self.pool_padding = pool_padding
        self.bn_epsilon = bn_epsilon
        super().__init__(frozen_stages, freeze_bn, in_channels, name or f"resnet{depth}", dtype)

    def maps(self, images) -> dict:
        x = layers.ZeroPadding2D(
            3, data_format="channels_last", dtype=self.policy, name="stem_pad"
        )(images)
        x = self._conv_bn(x, self.filters[0], 7, "stem", stride=2, padding="valid", relu=True)
        x = self._stem_pool(x)
        block = self._basic if self.depth < 50 else self._bottleneck
        outputs = {}
        for index, (filters, count) in enumerate(
            zip(self.filters, BLOCKS[self.depth], strict=True)
        ):
            for number in range(count):
                stride = 2 if index > 0 and number == 0 else 1
                x = block(x, filters, stride, f"stage{index + 2}_block{number + 1}")
            outputs[f"P{index + 2}"] = x
        return outputs

    def _stem_pool(self, x):
        # After a ReLU, padding with zeros is padding with nothing.
        if self.pool_padding == "both":
            x = layers.ZeroPadding2D(
                1, data_format="channels_last", dtype=self.policy, name="stem_pool_pad"
            )(x)
        padding = "valid" if self.pool_padding == "both" else "same"
        return layers.MaxPooling2D(
            3, 2, padding, data_format="channels_last", dtype=self.policy, name="stem_pool"
        )(x)

    def _basic(self, x, filters, stride, name):
        shortcut = self._shortcut(x, filters, stride, name)
        x = self._conv_bn(x, filters, 3, f"{name}_1", stride, relu=True)
        x = self._conv_bn(x, filters, 3, f"{name}_2")
        x = layers.Add(dtype=self.policy, name=f"{name}_add")([x, shortcut])
        return layers.ReLU(dtype=self.policy, name=f"{name}_relu")(x)

    def _bottleneck(self, x, filters, stride, name):
        width = filters * self.width_per_group // 64 * self.groups
        first, second = (stride, 1) if self.stride_in_1x1 else (1, stride)
        shortcut = self._shortcut(x, 4 * filters, stride, name)
        x = self._conv_bn(x, width, 1, f"{name}_1", first, relu=True)
        x = self._conv_bn(x, width, 3, f"{name}_2", second, groups=self.groups, relu=True)
        x = self._conv_bn(x, 4 * filters, 1, f"{name}_3")
        x = layers.Add(dtype=self.policy, name=f"{name}_add")([x, shortcut])
        return layers.ReLU(dtype=self.policy, name=f"{name}_relu")(x)

    def _shortcut(self, x, channels, stride, name):
        if stride == 1 and x.shape[-1] == channels:
            return x
        return self._conv_bn(x, channels, 1, f"{name}_shortcut", stride)

    def _conv_bn(self, x, filters, size, name, stride=1, padding="same", groups=1, relu=False):
        if size == 3 and stride == 2:
            x = layers.ZeroPadding2D(
                1, data_format="channels_last", dtype=self.policy, name=f"{name}_pad"
            )(x)
            padding = "valid"
        x = Conv2D(
            filters,
            size,
            strides=stride,
            padding=padding,
            groups=groups,
            use_bias=self.use_bias,
            kernel_initializer=Normal(),
            dtype=self.policy,
            name=f"{name}_conv",
        )(x)
        x = layers.BatchNormalization(
            epsilon=self.bn_epsilon, momentum=0.9, dtype=self.policy, name=f"{name}_bn"
        )(x)
        return layers.ReLU(dtype=self.policy, name=f"{name}_conv_relu")(x) if relu else x

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "depth": self.depth,
            "filters": self.filters,
            "groups": self.groups,
            "width_per_group": self.width_per_group,
            "stride_in_1x1": self.stride_in_1x1,
            "use_bias": self.use_bias,
            "pool_padding": self.pool_padding,
            "bn_epsilon": self.bn_epsilon,
        }


def _check_arguments(depth, filters, groups, pool_padding):
    if depth not in BLOCKS:
        raise ValueError(f"`depth` must be one of {sorted(BLOCKS)}. Received: depth={depth}.")
    if len(filters) != 4:
        raise ValueError(f"`filters` must hold four widths. Received: filters={filters}.")
    if groups > 1 and depth < 50:
        raise ValueError(
            f"`groups` must be 1 for basic blocks. Received: groups={groups}, depth={depth}. "
            "Use depth=50 or depth=101 for ResNeXt."
        )
    if pool_padding not in ("both", "end"):
        raise ValueError(
            f"`pool_padding` must be 'both' or 'end'. Received: pool_padding={pool_padding!r}."
        )
