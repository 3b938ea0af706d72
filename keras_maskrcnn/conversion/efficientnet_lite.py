"""EfficientNet-Lite trained on ImageNet, in the names of EfficientNet-PyTorch, a port."""

import dataclasses
import math
from collections.abc import Iterator

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.architecture import Converted
from keras_maskrcnn.conversion.errors import ConversionError
from keras_maskrcnn.conversion.shapes import NORM, normalized
from keras_maskrcnn.conversion.torch_layout import count, keras_weights
from keras_maskrcnn.wording import listed

FAMILY = "efficientnet_lite"
# Of each stage: blocks, kernel size, expansion, channels.
STAGES = (
    (1, 3, 1, 16),
    (2, 3, 6, 24),
    (2, 5, 6, 40),
    (3, 3, 6, 80),
    (3, 5, 6, 112),
    (4, 5, 6, 192),
    (1, 3, 6, 320),
)
SCALES = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2), 3: (1.2, 1.4), 4: (1.4, 1.8)}
STEM_FILTERS = 32


@dataclasses.dataclass(frozen=True)
class EfficientNetLiteArchitecture:
    """An EfficientNet-Lite.

    Args:
        variant: 0 to 4.
        in_channels: channels of the images.
    """

    variant: int
    in_channels: int = 3

    @property
    def name(self) -> str:
        """What its makers call it: "EfficientNet-Lite0"."""
        return f"EfficientNet-Lite{self.variant}"

    @property
    def title(self) -> str:
        """What it is, in words: "EfficientNet-Lite0 backbone"."""
        return f"{self.name} backbone"

    def summary(self) -> dict:
        """Return what tells this architecture from others of its family."""
        return {"backbone": ("EfficientNet-Lite", self.variant)}

    def blocks(self) -> Iterator[tuple]:
        """Yield name, kernel size, channels read, inside and put out of every block, in order."""
        width, depth = SCALES[self.variant]
        channels = STEM_FILTERS
        for stage, (blocks, size, expansion, filters) in enumerate(STAGES, start=1):
            if 1 < stage < len(STAGES):
                blocks = math.ceil(depth * blocks)
            filters = _rounded(width * filters)
            for block in range(1, blocks + 1):
                yield f"stage{stage}_block{block}", size, channels, expansion * channels, filters
                channels = filters

    def shapes(self) -> dict[str, tuple]:
        """Return a dict from frozen key to shape of every weight."""
        shapes = normalized("stem", (3, 3, self.in_channels, STEM_FILTERS), "_")
        for name, size, channels, inside, filters in self.blocks():
            if inside > channels:
                shapes |= normalized(f"{name}_expand", (1, 1, channels, inside), "_")
            shapes[f"{name}_depthwise_conv/kernel"] = (size, size, inside, 1)
            shapes |= {f"{name}_depthwise_bn/{kind}": (inside,) for kind in NORM}
            shapes |= normalized(f"{name}_project", (1, 1, inside, filters), "_")
        return shapes

    def sources(self) -> dict[str, str]:
        """Return a dict from layer of ours to layer in the file."""
        sources = {"stem_conv": "_conv_stem", "stem_bn": "_bn0"}
        for index, (name, *_) in enumerate(self.blocks()):
            for number, part in enumerate(("expand", "depthwise", "project")):
                sources[f"{name}_{part}_conv"] = f"_blocks.{index}._{part}_conv"
                sources[f"{name}_{part}_bn"] = f"_blocks.{index}._bn{number}"
        return sources


#: Name of the model there -> the architecture in its files.
MODELS = {
    f"efficientnet_lite{variant}": EfficientNetLiteArchitecture(variant) for variant in SCALES
}


def convert(state, **arguments) -> Converted:
    """Convert a classifier; its last convolution and its dense layer are left out.

    Args:
        state: dict from key of the state dict to array.
        arguments: those of `config`.

    Raises:
        ConversionError: if the state dict is not of such a network.
    """
    architecture = read_architecture(state)
    shapes = architecture.shapes()
    changes = {key: _channels_third for key in shapes if key.endswith("depthwise_conv/kernel")}
    weights = keras_weights(state, architecture.sources(), shapes, changes, _is_ignored, FAMILY)
    return Converted(architecture, config(architecture, **arguments), weights)


def read_architecture(state) -> EfficientNetLiteArchitecture:
    """Return the architecture that the shapes in a state dict describe."""
    blocks = count(state, "_blocks.{}._depthwise_conv.weight")
    stem, last = state.get("_conv_stem.weight"), f"_blocks.{blocks - 1}._project_conv.weight"
    if stem is None or last not in state:
        raise ConversionError(
            "The checkpoint is not of an EfficientNet-Lite: it has no '_conv_stem.weight' or no "
            f"'_blocks.0._depthwise_conv.weight'. Its keys: {listed(state)}."
        )
    found = blocks, state[last].shape[0]
    for variant in SCALES:
        architecture = EfficientNetLiteArchitecture(variant, stem.shape[1])
        known = list(architecture.blocks())
        if found == (len(known), known[-1][-1]):
            return architecture
    raise ConversionError(
        f"The checkpoint has {found[0]} blocks, the last of {found[1]} channels, which is none of "
        f"EfficientNet-Lite {', '.join(map(str, SCALES))}."
    )


def config(architecture, *, bn_epsilon=1e-3) -> dict:
    """Config of the backbone of an architecture.

    Args:
        architecture: `EfficientNetLiteArchitecture`.
        bn_epsilon: epsilon of batch normalisation. Default 1e-3, that of the published files.
    """
    arguments = {"variant": architecture.variant, "in_channels": architecture.in_channels}
    return configs.serialized(
        "backbones.efficientnet_lite", "EfficientNetLite", {**arguments, "bn_epsilon": bn_epsilon}
    )


def _rounded(filters):
    size = int(filters + 4) // 8 * 8
    return size + 8 if size < 0.9 * filters else size


def _channels_third(kernel):
    return kernel.swapaxes(2, 3)


def _is_ignored(key):
    return key.endswith(".num_batches_tracked") or key.startswith(("_conv_head.", "_bn1.", "_fc."))
