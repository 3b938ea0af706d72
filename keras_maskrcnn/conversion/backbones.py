"""The backbone that the shapes in a state dict of PyTorch describe."""

from keras_maskrcnn.conversion.architecture import BLOCKS, BackboneArchitecture
from keras_maskrcnn.conversion.errors import ConversionError
from keras_maskrcnn.wording import listed


def read_backbone(state, prefix, stage_name, first_stage, stem="conv1") -> BackboneArchitecture:
    """Return the `BackboneArchitecture` that a state dict describes.

    Args:
        state: dict from key to array.
        prefix: what precedes the names of the backbone's layers.
        stage_name: pattern of the name of a stage, such as "layer{}".
        first_stage: number of the first of the four stages.
        stem: name of the first convolution.

    Raises:
        ConversionError: if the number of blocks is of no known ResNet.
    """
    stages = [prefix + stage_name.format(first_stage + index) for index in range(4)]
    blocks = tuple(_count_blocks(state, stage) for stage in stages)
    if not any(blocks):
        raise ConversionError(
            f"The checkpoint has no '{stages[0]}.0.conv1.weight': it is not of a network with a "
            f"ResNet backbone. Its keys: {listed(state)}."
        )
    bottleneck = f"{stages[0]}.0.conv3.weight" in state
    depths = [
        depth for depth, known in BLOCKS.items() if known == blocks and (depth >= 50) == bottleneck
    ]
    if not depths:
        raise ConversionError(
            f"The checkpoint has stages of {blocks} residual blocks, which is none of "
            f"ResNet-{', '.join(map(str, BLOCKS))}."
        )
    width, per_group = state[f"{stages[0]}.0.conv2.weight"].shape[:2]
    groups = width // max(per_group, 1) if bottleneck else 1
    return BackboneArchitecture(
        depths[0],
        groups=groups,
        width_per_group=width // groups if bottleneck else 64,
        in_channels=state[f"{prefix}{stem}.weight"].shape[1],
    )


def _count_blocks(state, stage):
    number = 0
    while f"{stage}.{number}.conv1.weight" in state:
        number += 1
    return number
