"""RoIAlign layer."""

import keras

from keras_maskrcnn.layers.levels import check_levels, level_number, stride_of
from keras_maskrcnn.ops.roi_align import assign_levels, roi_align
from keras_maskrcnn.ops.roi_align_points import AxisPoints, sampling_points
from keras_maskrcnn.ops.tensor import Tensor

POOLINGS = ("average", "max", "crop_and_resize")


@keras.saving.register_keras_serializable("keras_maskrcnn")
class RoIAlign(keras.layers.Layer):
    """Crops every box from the pyramid level of its size and resizes it to `P x P` bins.

    The level is `floor(4 + log2(sqrt(area) / 224) + 1e-6)`, clamped to the levels that
    `features` holds. Each bin averages (or takes the maximum of) bilinear samples; nothing is
    rounded. The gradient flows to the features only.

    Coordinates: boxes are xyxy pixels of the padded network input, handled in float32.

    Args:
        output_size: bins per side `P`; 7 for the box head, 14 for the mask head.
        sampling_ratio: samples per bin and axis. Default 2 (torchvision; paper: 4 samples a bin).
            0: as many as the bin has cells, rounded up, at most 32 (Detectron2), at about twice
            the cost.
        aligned: shift by half a cell so that pixel centres are met (Detectron2). False for
            torchvision's published weights.
        pooling: "average" (the paper's choice), "max" or "crop_and_resize": one sample a bin on a
            grid from corner to corner (Matterport), see `keras_maskrcnn.ops.roi_align`.
        canonical_size: side in pixels of a box that belongs to level 4. Default 224; smaller
            values send boxes to coarser levels.
        level_rounding: "floor", or "nearest" (Matterport).

    Call arguments:
        features: dict from level to `(B, H, W, C)` feature map.
        boxes: `(B, R, 4)` boxes. Padding boxes (all 0) give the value at the corner.

    Returns:
        `(B, R, P, P, C)` crops in the dtype of the features.

    Raises:
        ValueError: if `pooling`, `sampling_ratio` or `level_rounding` is none of the above, or
            levels are not consecutive.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn.layers import RoIAlign
    >>> ramp = np.tile(np.arange(8.0)[None, None, :, None] * 4 + 2, (1, 8, 1, 1))  # x of centres
    >>> crops = RoIAlign(output_size=2)({"P2": ramp}, np.array([[[8.0, 8.0, 24.0, 24.0]]]))
    >>> np.asarray(crops)[0, 0, :, :, 0].tolist()
    [[12.0, 20.0], [12.0, 20.0]]

    References:
        He et al. 2017, Mask R-CNN, section 3; Lin et al. 2017, FPN, equation 1.
    """

    def __init__(
        self,
        output_size,
        sampling_ratio=2,
        aligned=True,
        pooling="average",
        canonical_size=224,
        level_rounding="floor",
        **kwargs,
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if pooling not in POOLINGS:
            raise ValueError(f"`pooling` must be one of {POOLINGS}. Received: pooling={pooling!r}.")
        if sampling_ratio < 0 or (sampling_ratio == 0 and pooling == "max"):
            raise ValueError(
                "`sampling_ratio` must be at least 1, or 0 with pooling='average'. Received: "
                f"sampling_ratio={sampling_ratio}, pooling={pooling!r}. Use 2 for the common "
                "choice."
            )
        if level_rounding not in ("floor", "nearest"):
            raise ValueError(
                "`level_rounding` must be 'floor' or 'nearest'. "
                f"Received: level_rounding={level_rounding!r}."
            )
        self.output_size = output_size
        self.sampling_ratio = sampling_ratio
        self.aligned = aligned
        self.pooling = pooling
        self.canonical_size = canonical_size
        self.level_rounding = level_rounding
        self.built = True

    def call(self, features, boxes) -> Tensor:
        levels = self.levels(features, boxes)
        return roi_align(*self._arguments(features, boxes, levels))

    def levels(self, features, boxes) -> Tensor:
        """`(B, R)` int32: from which of the feature maps, counted from 0, each box is cropped."""
        check_levels("features", features)
        lowest, highest = level_number(list(features)[0]), level_number(list(features)[-1])
        levels = assign_levels(
            boxes, lowest, highest, self.canonical_size, rounding=self.level_rounding
        )
        return levels - lowest

    def sampling_points(self, features, boxes) -> tuple[AxisPoints, AxisPoints]:
        """Where a call of the same arguments reads: see `keras_maskrcnn.ops.roi_align`.

        Returns:
            `AxisPoints` of y and those of x, in cells of the map of each box's level.
        """
        levels = self.levels(features, boxes)
        return sampling_points(*self._arguments(features, boxes, levels))

    def _arguments(self, features, boxes, levels):
        return (
            list(features.values()),
            [stride_of(level) for level in features],
            boxes,
            levels,
            self.output_size,
            self.sampling_ratio,
            self.aligned,
            self.pooling,
        )

    def compute_output_spec(self, features, boxes) -> keras.KerasTensor:
        check_levels("features", features)
        feature = next(iter(features.values()))
        size = (self.output_size, self.output_size)
        return keras.KerasTensor((*boxes.shape[:2], *size, feature.shape[-1]), feature.dtype)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "output_size": self.output_size,
            "sampling_ratio": self.sampling_ratio,
            "aligned": self.aligned,
            "pooling": self.pooling,
            "canonical_size": self.canonical_size,
            "level_rounding": self.level_rounding,
        }
