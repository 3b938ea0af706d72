"""What the shapes in a checkpoint say of the network, and the weights that such a network has."""

import dataclasses

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
FILTERS = (64, 128, 256, 512)
LEVELS = (2, 3, 4, 5)
NORM = ("gamma", "beta", "moving_mean", "moving_variance")


@dataclasses.dataclass(frozen=True)
class Trunk:
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
    def bottleneck(self):
        """Whether blocks are of three convolutions."""
        return self.depth >= 50

    def blocks(self):
        """Yields stage (2 to 5) and block (from 1) of every residual block, in order."""
        for stage, count in zip(LEVELS, BLOCKS[self.depth], strict=True):
            for block in range(1, count + 1):
                yield stage, block

    def has_shortcut(self, stage, block):
        """Whether the shortcut of a block has a convolution of its own."""
        return block == 1 and (stage > 2 or self.bottleneck)

    def shapes(self):
        """Dict from frozen key to shape of every weight."""
        shapes = _normalized("stem", (7, 7, self.in_channels, FILTERS[0]), "_")
        channels = FILTERS[0]
        for stage, block in self.blocks():
            name, filters = f"stage{stage}_block{block}", FILTERS[stage - 2]
            out = 4 * filters if self.bottleneck else filters
            for number, shape in enumerate(self._kernels(channels, filters), start=1):
                shapes |= _normalized(f"{name}_{number}", shape, "_")
            if self.has_shortcut(stage, block):
                shapes |= _normalized(f"{name}_shortcut", (1, 1, channels, out), "_")
            channels = out
        return shapes

    def _kernels(self, channels, filters):
        if not self.bottleneck:
            return (3, 3, channels, filters), (3, 3, filters, filters)
        width = filters * self.width_per_group // 64 * self.groups
        middle = (3, 3, width // self.groups, width)
        return (1, 1, channels, width), middle, (1, 1, width, 4 * filters)


@dataclasses.dataclass(frozen=True)
class Detector:
    """A Faster or Mask R-CNN with feature pyramid on a trunk.

    Args:
        trunk: `Trunk`.
        num_classes: K, foreground classes.
        fpn_filters: channels of the pyramid.
        normalization: None, or "batch": of pyramid and heads.
        anchors_per_cell: A.
        rpn_filters: channels of the RPN's 3x3 convolutions.
        rpn_convs: how many of them.
        box_convs: widths of the box head's convolutions.
        dense_dims: widths of its dense layers.
        mask_convs: widths of the mask head's convolutions; None without masks.
        deconv_dim: width of its deconvolution.
    """

    trunk: Trunk
    num_classes: int
    fpn_filters: int = 256
    normalization: str | None = None
    anchors_per_cell: int = 3
    rpn_filters: int = 256
    rpn_convs: int = 1
    box_convs: tuple[int, ...] = ()
    dense_dims: tuple[int, ...] = (1024, 1024)
    mask_convs: tuple[int, ...] | None = (256,) * 4
    deconv_dim: int = 256

    def shapes(self):
        """Dict from frozen key to shape of every weight."""
        shapes = {f"backbone/{key}": shape for key, shape in self.trunk.shapes().items()}
        expansion = 4 if self.trunk.bottleneck else 1
        for level, filters in zip(LEVELS, FILTERS, strict=True):
            lateral = (1, 1, filters * expansion, self.fpn_filters)
            output = (3, 3, self.fpn_filters, self.fpn_filters)
            shapes |= self._conv(f"feature_pyramid/lateral{level}", lateral)
            shapes |= self._conv(f"feature_pyramid/output{level}", output)
        return {**shapes, **self._rpn(), **self._box_head(), **self._mask_head()}

    def _conv(self, name, kernel):
        if self.normalization is None:
            return _biased(name, kernel)
        return _normalized(name, kernel, "/")

    def _rpn(self):
        shapes, channels = {}, self.fpn_filters
        for number in range(1, self.rpn_convs + 1):
            shapes |= _biased(f"rpn_head/conv{number}", (3, 3, channels, self.rpn_filters))
            channels = self.rpn_filters
        shapes |= _biased("rpn_head/objectness", (1, 1, channels, self.anchors_per_cell))
        return shapes | _biased("rpn_head/deltas", (1, 1, channels, 4 * self.anchors_per_cell))

    def _box_head(self):
        shapes, channels = {}, self.fpn_filters
        for number, filters in enumerate(self.box_convs, start=1):
            shapes |= self._conv(f"box_head/conv{number}", (3, 3, channels, filters))
            channels = filters
        features = 7 * 7 * channels
        for number, units in enumerate(self.dense_dims, start=1):
            shapes |= _biased(f"box_head/fc{number}", (features, units))
            features = units
        shapes |= _biased("box_head/class_logits", (features, self.num_classes + 1))
        return shapes | _biased("box_head/box_deltas", (features, 4 * self.num_classes))

    def _mask_head(self):
        if self.mask_convs is None:
            return {}
        shapes, channels = {}, self.fpn_filters
        for number, filters in enumerate(self.mask_convs, start=1):
            shapes |= self._conv(f"mask_head/conv{number}", (3, 3, channels, filters))
            channels = filters
        deconv = (2, 2, self.deconv_dim, channels)
        shapes["mask_head/deconv/kernel"] = deconv
        shapes["mask_head/deconv/bias"] = (self.deconv_dim,)
        return shapes | _biased("mask_head/mask_logits", (1, 1, self.deconv_dim, self.num_classes))


@dataclasses.dataclass(frozen=True)
class Converted:
    """A checkpoint in our terms.

    Args:
        architecture: `Detector` or `Trunk`, as read from the shapes.
        config: dict that Keras builds the model from.
        weights: dict from frozen key to array; views of the checkpoint where possible.
    """

    architecture: Detector | Trunk
    config: dict
    weights: dict


def _biased(name, kernel):
    return {f"{name}/kernel": kernel, f"{name}/bias": kernel[-1:]}


def _normalized(name, kernel, separator):
    norm = {f"{name}{separator}bn/{kind}": kernel[-1:] for kind in NORM}
    return {f"{name}{separator}conv/kernel": kernel, **norm}
