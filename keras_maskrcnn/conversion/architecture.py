"""What the shapes in a checkpoint say of the network, and the weights that such a network has."""

import dataclasses
from collections.abc import Iterator

from keras_maskrcnn.conversion.mask_head import MaskHeadArchitecture
from keras_maskrcnn.conversion.shapes import biased, conv, normalized

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
FILTERS = (64, 128, 256, 512)
LEVELS = (2, 3, 4, 5)


@dataclasses.dataclass(frozen=True)
class BackboneArchitecture:
    """A ResNet or ResNeXt.

    Args:
        depth: 18, 34, 50 or 101.
        groups: groups of the 3x3 convolutions.
        width_per_group: bottleneck width per group at 64 filters.
        in_channels: channels of the images.
    """

    depth: int
    groups: int = 1
    width_per_group: int = 64
    in_channels: int = 3

    @property
    def bottleneck(self) -> bool:
        """Whether blocks are of three convolutions."""
        return self.depth >= 50

    @property
    def title(self) -> str:
        """What it is, in words: "ResNet-50 backbone"."""
        return f"{self.name} backbone"

    @property
    def name(self) -> str:
        """What the papers call it: "ResNet-50", "ResNeXt-101 32x8d"."""
        if self.groups > 1:
            return f"ResNeXt-{self.depth} {self.groups}x{self.width_per_group}d"
        return f"ResNet-{self.depth}"

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Yield stage (2 to 5) and block (from 1) of every residual block, in order."""
        for stage, count in zip(LEVELS, BLOCKS[self.depth], strict=True):
            for block in range(1, count + 1):
                yield stage, block

    def has_shortcut(self, stage, block) -> bool:
        """Whether the shortcut of a block has a convolution of its own."""
        return block == 1 and (stage > 2 or self.bottleneck)

    def shapes(self) -> dict[str, tuple]:
        """Return a dict from frozen key to shape of every weight."""
        shapes = normalized("stem", (7, 7, self.in_channels, FILTERS[0]), "_")
        channels = FILTERS[0]
        for stage, block in self.blocks():
            name, filters = f"stage{stage}_block{block}", FILTERS[stage - 2]
            out = 4 * filters if self.bottleneck else filters
            for number, shape in enumerate(self._kernels(channels, filters), start=1):
                shapes |= normalized(f"{name}_{number}", shape, "_")
            if self.has_shortcut(stage, block):
                shapes |= normalized(f"{name}_shortcut", (1, 1, channels, out), "_")
            channels = out
        return shapes

    def summary(self) -> dict:
        """Return what tells this architecture from others of its family."""
        return {"backbone": (self.depth, self.groups, self.width_per_group)}

    def _kernels(self, channels, filters):
        if not self.bottleneck:
            return (3, 3, channels, filters), (3, 3, filters, filters)
        width = filters * self.width_per_group // 64 * self.groups
        middle = (3, 3, width // self.groups, width)
        return (1, 1, channels, width), middle, (1, 1, width, 4 * filters)


@dataclasses.dataclass(frozen=True)
class DetectorArchitecture:
    """A Faster R-CNN with feature pyramid, and the heads that it has besides.

    Args:
        backbone: `BackboneArchitecture`.
        num_classes: K, foreground classes.
        fpn_filters: channels of the pyramid.
        normalization: None, or "batch": of pyramid and heads.
        anchors_per_cell: A.
        rpn_filters: channels of the RPN's 3x3 convolutions.
        rpn_convs: how many of them.
        box_convs: widths of the box head's convolutions.
        dense_dims: widths of its dense layers.
        heads: the heads besides RPN and box head, such as `MaskHeadArchitecture`.
    """

    backbone: BackboneArchitecture
    num_classes: int
    fpn_filters: int = 256
    normalization: str | None = None
    anchors_per_cell: int = 3
    rpn_filters: int = 256
    rpn_convs: int = 1
    box_convs: tuple[int, ...] = ()
    dense_dims: tuple[int, ...] = (1024, 1024)
    heads: tuple = (MaskHeadArchitecture(),)

    @property
    def title(self) -> str:
        """What it is, in words: "Mask R-CNN with ResNet-50 and 80 classes"."""
        model = self.heads[-1].model_title if self.heads else "Faster R-CNN"
        classes = "1 class" if self.num_classes == 1 else f"{self.num_classes} classes"
        return f"{model} with {self.backbone.name} and {classes}"

    def shapes(self) -> dict[str, tuple]:
        """Return a dict from frozen key to shape of every weight."""
        shapes = {f"backbone/{key}": shape for key, shape in self.backbone.shapes().items()}
        shapes |= self._pyramid() | self._rpn() | self._box_head()
        for head in self.heads:
            shapes |= head.shapes(self.fpn_filters, self.num_classes, self.normalization)
        return shapes

    def summary(self) -> dict:
        """Return what tells this architecture from others of its family."""
        heads = [head.name for head in self.heads]
        return {
            **self.backbone.summary(),
            "heads": heads,
            "normalization": self.normalization,
        }

    def _pyramid(self):
        shapes, expansion = {}, 4 if self.backbone.bottleneck else 1
        for level, filters in zip(LEVELS, FILTERS, strict=True):
            lateral = (1, 1, filters * expansion, self.fpn_filters)
            output = (3, 3, self.fpn_filters, self.fpn_filters)
            shapes |= conv(f"feature_pyramid/lateral{level}", lateral, self.normalization)
            shapes |= conv(f"feature_pyramid/output{level}", output, self.normalization)
        return shapes

    def _rpn(self):
        shapes, channels = {}, self.fpn_filters
        for number in range(1, self.rpn_convs + 1):
            shapes |= biased(f"rpn_head/conv{number}", (3, 3, channels, self.rpn_filters))
            channels = self.rpn_filters
        shapes |= biased("rpn_head/objectness", (1, 1, channels, self.anchors_per_cell))
        return shapes | biased("rpn_head/deltas", (1, 1, channels, 4 * self.anchors_per_cell))

    def _box_head(self):
        shapes, channels = {}, self.fpn_filters
        for number, filters in enumerate(self.box_convs, start=1):
            shapes |= conv(f"box_head/conv{number}", (3, 3, channels, filters), self.normalization)
            channels = filters
        features = 7 * 7 * channels
        for number, units in enumerate(self.dense_dims, start=1):
            shapes |= biased(f"box_head/fc{number}", (features, units))
            features = units
        shapes |= biased("box_head/class_logits", (features, self.num_classes + 1))
        return shapes | biased("box_head/box_deltas", (features, 4 * self.num_classes))


@dataclasses.dataclass(frozen=True)
class Converted:
    """A checkpoint in our terms.

    Args:
        architecture: `DetectorArchitecture` or `BackboneArchitecture`, as read from the shapes.
        config: dict that Keras builds the model from.
        weights: dict from frozen key to array; views of the checkpoint where possible.
    """

    architecture: DetectorArchitecture | BackboneArchitecture
    config: dict
    weights: dict
