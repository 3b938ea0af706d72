"""EfficientNet-Lite backbones that yield the maps "P2".."P5".

Shapes: B images, H W padded image (`keras_maskrcnn.ops`).
"""

import math

import keras
from keras import layers

from keras_maskrcnn.backbones.backbone import Backbone
from keras_maskrcnn.layers.conv2d import Conv2D
from keras_maskrcnn.layers.depthwise_conv2d import DepthwiseConv2D
from keras_maskrcnn.layers.initializers import Normal

# Of each stage: blocks, kernel size, stride, expansion, channels (EfficientNet, table 1).
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
SCALES = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2), 3: (1.2, 1.4), 4: (1.4, 1.8)}
STEM_FILTERS = 32
LEVELS = {2: "P2", 3: "P3", 5: "P4", 7: "P5"}  # stage -> the level that its map is


@keras.saving.register_keras_serializable("keras_maskrcnn")
class EfficientNetLite(Backbone):
    """EfficientNet-Lite 0 to 4 as a pyramid backbone for CPUs and phones; H and W are free.

    A functional model from normalised images to `{"P2", "P3", "P4", "P5"}`, the outputs of stages
    2, 3, 5 and 7 at strides 4, 8, 16 and 32; of variant 0 they have 24, 40, 112 and 320 channels.
    Inverted residuals as in EfficientNet, with ReLU6 and without squeeze-and-excitation, so that
    integers can run it. The images are to be `(pixel - 127) / 128`, which is what a detector on it
    does unless it is given another `image_normalization`.

    Args:
        variant: 0 to 4: how wide and deep it is.
        bn_epsilon: epsilon of BatchNormalization. Default 1e-3, that of the makers' weights.
        frozen_stages: 0 trains everything; 1 freezes the stem, 2 also what comes before "P2", ...
            5 everything. Frozen BatchNormalization runs in inference mode.
        freeze_bn: freeze all BatchNormalization, as for fine-tuning with small batches.
        in_channels: channels of the images. Default 3.
        name: name of the model. Default "efficientnet_lite" and the variant.
        dtype: dtype policy of all layers, such as "mixed_bfloat16". Default: the global one.

    Call arguments:
        images: `(B, H, W, in_channels)` normalised float images.

    Returns:
        Dict "P2".."P5" of `(B, ceil(H / stride), ceil(W / stride), channels)` maps.

    Raises:
        ValueError: for an unknown variant or number of stages.

    Example:

    >>> from keras_maskrcnn.backbones import EfficientNetLite
    >>> shapes = EfficientNetLite().compute_output_shape((1, 64, 32, 3))
    >>> shapes["P4"]
    (1, 4, 2, 112)

    References:
        Tan and Le 2019, EfficientNet, table 1; Liu 2020, Higher accuracy on vision models with
        EfficientNet-Lite; Sandler et al. 2018, MobileNetV2, for the inverted residuals.
    """

    STAGES = (
        ("stem",),
        ("stage1_", "stage2_"),
        ("stage3_",),
        ("stage4_", "stage5_"),
        ("stage6_", "stage7_"),
    )
    PIXEL_STATISTICS = {"mean": (127.0,) * 3, "std": (128.0,) * 3}

    def __init__(
        self,
        variant=0,
        bn_epsilon=1e-3,
        frozen_stages=0,
        freeze_bn=False,
        in_channels=3,
        name=None,
        dtype=None,
    ):
        if variant not in SCALES:
            raise ValueError(
                f"`variant` must be one of {list(SCALES)}. Received: variant={variant!r}."
            )
        self.variant = variant
        self.bn_epsilon = bn_epsilon
        name = name or f"efficientnet_lite{variant}"
        super().__init__(frozen_stages, freeze_bn, in_channels, name, dtype)

    def maps(self, images) -> dict:
        x = self._conv(images, STEM_FILTERS, 3, "stem", stride=2)
        outputs = {}
        for number, (_, size, stride, expansion, _) in enumerate(STAGES, start=1):
            filters = stage_filters(self.variant)[number - 1]
            for block in range(1, stage_blocks(self.variant)[number - 1] + 1):
                name = f"stage{number}_block{block}"
                x = self._block(x, filters, size, stride if block == 1 else 1, expansion, name)
            if number in LEVELS:
                outputs[LEVELS[number]] = x
        return outputs

    def _block(self, x, filters, size, stride, expansion, name):
        inputs = x
        if expansion > 1:
            x = self._conv(x, expansion * x.shape[-1], 1, f"{name}_expand")
        x = self._depthwise(x, size, stride, f"{name}_depthwise")
        x = self._conv(x, filters, 1, f"{name}_project", relu=False)
        if stride > 1 or inputs.shape[-1] != filters:
            return x
        return layers.Add(dtype=self.policy, name=f"{name}_add")([x, inputs])

    def _conv(self, x, filters, size, name, stride=1, relu=True):
        layer = Conv2D(
            filters,
            size,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_initializer=Normal(),
            dtype=self.policy,
            name=f"{name}_conv",
        )
        return self._normalized(layer(x), name, relu)

    def _depthwise(self, x, size, stride, name):
        layer = DepthwiseConv2D(
            size,
            strides=stride,
            padding="same",
            use_bias=False,
            depthwise_initializer=Normal(math.sqrt(2) / size),  # size * size inputs
            dtype=self.policy,
            name=f"{name}_conv",
        )
        return self._normalized(layer(x), name, relu=True)

    def _normalized(self, x, name, relu):
        x = layers.BatchNormalization(
            epsilon=self.bn_epsilon, momentum=0.9, dtype=self.policy, name=f"{name}_bn"
        )(x)
        return layers.ReLU(6, dtype=self.policy, name=f"{name}_relu")(x) if relu else x

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "variant": self.variant,
            "bn_epsilon": self.bn_epsilon,
        }


def stage_filters(variant) -> list[int]:
    """Return the channels of the seven stages, multiples of 8 (EfficientNet's rounding)."""
    width = SCALES[variant][0]
    rounded = [(int(width * filters + 4) // 8 * 8, filters) for *_, filters in STAGES]
    return [size + 8 if size < 0.9 * width * filters else size for size, filters in rounded]


def stage_blocks(variant) -> list[int]:
    """Return the blocks of the seven stages; Lite leaves the first and the last as they are."""
    depth, counts = SCALES[variant][1], [count for count, *_ in STAGES]
    return [counts[0], *(math.ceil(depth * count) for count in counts[1:-1]), counts[-1]]
