"""AnchorGenerator layer."""

import keras
from keras import ops

from keras_maskrcnn.layers.levels import check_dict, check_levels, level_number, stride_of
from keras_maskrcnn.ops import anchors as anchor_ops
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class AnchorGenerator(keras.layers.Layer):
    """Anchor boxes for every cell of every pyramid level.

    With ratio `r = height / width` and size `s`, an anchor is `s sqrt(r)` high and `s / sqrt(r)`
    wide, centred on `k * stride` (no half-cell shift), the stride of level "Pk" being `2**k`.

    Coordinates: xyxy float32 pixels of the padded network input; anchors are not clipped.

    Args:
        sizes: dict from level to the side lengths in pixels of its anchors. Default
            `{"P2": (32,), "P3": (64,), "P4": (128,), "P5": (256,), "P6": (512,)}` (Lin et al.).
        aspect_ratios: height / width of the anchors, the same on every level.
        rounded: round the corners of the cell anchors to whole pixels (half to even), as
            torchvision's published weights need.
        strides: "level" (default), `2**k` for "Pk", or "features": padded image size // feature
            size for each axis, as torchvision's weights need. The two differ where a level's size
            was rounded up: of an image padded to 800, "P6" has 13 cells and steps by 61. The
            padded size is read off the finest level, so it must be a multiple of its stride.
        align_corners: coordinates as Matterport's weights need, see
            `keras_maskrcnn.ops.anchors.align_corners`.

    Call arguments:
        features: dict from level to `(B, H, W, C)` feature map. Only sizes are read.

    Returns:
        Dict from level to `(H * W * A, 4)` float32 anchors in y, x, anchor order, where
        `A = len(aspect_ratios) * len(sizes[level])` and the ratio is the outer loop.

    Raises:
        ValueError: if a feature level has no sizes, or `strides` is neither of the two.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import AnchorGenerator
    >>> generator = AnchorGenerator(sizes={"P2": (8,)}, aspect_ratios=(1.0,))
    >>> np.asarray(generator({"P2": np.zeros((1, 1, 2, 16))})["P2"]).tolist()
    [[-4.0, -4.0, 4.0, 4.0], [0.0, -4.0, 8.0, 4.0]]

    References:
        Ren et al. 2015, Faster R-CNN, section 3.1.1; Lin et al. 2017, FPN, section 4.1.
    """

    def __init__(
        self,
        sizes=None,
        aspect_ratios=(0.5, 1.0, 2.0),
        rounded=False,
        strides="level",
        align_corners=False,
        **kwargs,
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if strides not in ("level", "features"):
            raise ValueError(
                f"`strides` must be 'level' or 'features'. Received: strides={strides!r}."
            )
        sizes = sizes or {f"P{k}": (2 ** (k + 3),) for k in range(2, 7)}
        check_levels("sizes", sizes)
        self.sizes = {level: tuple(map(float, values)) for level, values in sizes.items()}
        self.aspect_ratios = tuple(map(float, aspect_ratios))
        self.rounded = rounded
        self.strides = strides
        self.align_corners = align_corners
        self.anchors_per_cell = len(self.aspect_ratios) * len(next(iter(self.sizes.values())))
        if len({len(values) for values in self.sizes.values()}) > 1:
            raise ValueError(
                "`sizes` must hold equally many sizes for every level, because one RPN head "
                f"serves them all. Received: sizes={sizes}."
            )
        self.built = True

    def call(self, features) -> dict[str, Tensor]:
        check_dict("features", features)
        anchors = {}
        finest = min(features, key=level_number)
        padded_size = [cells * stride_of(finest) for cells in ops.shape(features[finest])[1:3]]
        for level, feature in features.items():
            if level not in self.sizes:
                raise ValueError(
                    f"`sizes` must name every feature level. Received: sizes for "
                    f"{sorted(self.sizes)}, features with {sorted(features)}. "
                    f"Add sizes={{'{level}': (...)}}."
                )
            cells = anchor_ops.cell_anchors(self.sizes[level], self.aspect_ratios, self.rounded)
            grid_size = ops.shape(feature)[1:3]
            stride = stride_of(level)
            if self.strides == "features":
                stride = tuple(p // g for p, g in zip(padded_size, grid_size, strict=True))
            boxes = anchor_ops.grid_anchors(cells, grid_size, stride)
            if self.align_corners:
                boxes = anchor_ops.align_corners(boxes, padded_size)
            anchors[level] = boxes
        return anchors

    def compute_output_spec(self, features) -> dict[str, keras.KerasTensor]:
        check_dict("features", features)
        specs = {}
        for level, feature in features.items():
            height, width = feature.shape[1:3]
            known = height is not None and width is not None
            count = height * width * self.anchors_per_cell if known else None
            specs[level] = keras.KerasTensor((count, 4), "float32")
        return specs

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "sizes": self.sizes,
            "aspect_ratios": self.aspect_ratios,
            "rounded": self.rounded,
            "strides": self.strides,
            "align_corners": self.align_corners,
        }
