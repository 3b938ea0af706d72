"""How good a semantic map is: the IoU of each class, and the share of pixels that are right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_maskrcnn.semantics import IGNORED


class SemanticMetrics:
    """The confusions of pixels over any number of images, and the figures made of them.

    Pixels whose true class is unknown count nowhere.

    Args:
        class_names: the S names of the values 0..S-1.

    Attributes:
        class_names: as given.
        counts: int64 (S, S + 1), pixels by true class and class found; the last column counts those
            found as something else.

    Example:

    >>> metrics = SemanticMetrics(["sky", "sea"])
    >>> metrics.add(found=np.array([[0, 0, 1, 1]]), truth=np.array([[0, 1, 1, 255]]))
    >>> metrics.iou.tolist(), metrics.mean_iou, round(metrics.pixel_accuracy, 3)
    ([0.5, 0.5], 0.5, 0.667)

    References:
        Long et al. 2015, Fully Convolutional Networks for Semantic Segmentation, section 5.
    """

    def __init__(self, class_names: Sequence[str]):
        self.class_names = tuple(class_names)
        self.counts = np.zeros((len(self.class_names), len(self.class_names) + 1), np.int64)

    def add(self, found, truth) -> None:
        """Count the pixels of one image.

        Args:
            found: (H, W) int, the class of each pixel.
            truth: (H, W) int, the true class, 255 where it is unknown.

        Raises:
            ValueError: they differ in size, or a true class has no name.
        """
        found, truth = np.asarray(found, np.int64), np.asarray(truth, np.int64)
        size = len(self.class_names)
        known = truth != IGNORED
        if found.shape != truth.shape or (truth[known] >= size).any():
            raise ValueError(
                f"`truth` must have the size of `found`, {found.shape}, and values below {size} or "
                f"{IGNORED}. Received: truth.shape={truth.shape}, values up to "
                f"{truth[known].max(initial=0)}."
            )
        cells = truth[known] * (size + 1) + np.minimum(found[known], size)
        self.counts += np.bincount(cells, minlength=self.counts.size).reshape(self.counts.shape)

    @property
    def iou(self) -> np.ndarray:
        """The IoU of each class, float64 (S,); NaN for a class that is neither there nor found."""
        right, true = np.diagonal(self.counts), self.counts.sum(axis=1)
        union = true + self.counts[:, :-1].sum(axis=0) - right
        return np.divide(right, union, out=np.full(len(union), np.nan), where=union > 0)

    @property
    def mean_iou(self) -> float:
        """The mean IoU of the classes that are there or found, NaN without pixels."""
        known = ~np.isnan(self.iou)
        return float(self.iou[known].mean()) if known.any() else float("nan")

    @property
    def pixel_accuracy(self) -> float:
        """The share of the pixels of known class that are right, NaN without pixels."""
        total = self.counts.sum()
        return float(np.trace(self.counts) / total) if total else float("nan")

    def to_json(self) -> dict:
        """Return the figures: "mIoU", "pixel_accuracy" and "per_class"; -1 for what is undefined.

        "per_class" is a dict from name to {"IoU", "pixels"}, the true ones.
        """
        per_class = {
            name: {"IoU": _defined(iou), "pixels": int(pixels)}
            for name, iou, pixels in zip(
                self.class_names, self.iou, self.counts.sum(axis=1), strict=True
            )
        }
        figures = {"mIoU": _defined(self.mean_iou), "pixel_accuracy": _defined(self.pixel_accuracy)}
        return {**figures, "per_class": per_class}


def _defined(figure):
    return -1.0 if np.isnan(figure) else float(figure)
