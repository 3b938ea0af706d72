"""How `Detections` hold their masks: as the network gives them, pixel by pixel, or not at all."""

from __future__ import annotations

from typing import NoReturn, Self

import numpy as np

from keras_maskrcnn.detections.checks import check_finite
from keras_maskrcnn.mask_crops import paste, scaled


def masks_of(given) -> NoMasks | GridMasks | PixelMasks:
    """Return what holds the masks, from the argument `mask_probabilities` of `Detections`."""
    if given is None:
        return NoMasks()
    return given if isinstance(given, NoMasks | GridMasks | PixelMasks) else GridMasks(given)


class NoMasks:
    """The masks of detections that have none."""

    exist = False
    probabilities = None

    def __getitem__(self, rows):
        return self

    def check(self, count) -> None:
        """Nothing can be wrong with them."""

    def resized(self, across, down, image_size) -> Self:
        """There are none at any size."""
        return self

    def crops(self, boxes, image_size) -> NoReturn:
        """Raise ValueError: there are none."""
        raise ValueError(
            "`mask_crops` must have masks to work on. Received: mask_probabilities=None. "
            "Use a model with a mask head, or only `boxes`."
        )


class GridMasks:
    """One small grid of probabilities within each box, pasted when asked for.

    Args:
        probabilities: (n, m, m) float in 0..1.
    """

    exist = True

    def __init__(self, probabilities):
        self.probabilities = np.asarray(probabilities, np.float32)

    def __getitem__(self, rows):
        return GridMasks(self.probabilities[rows])

    def check(self, count) -> None:
        """Raise ValueError unless there is one grid for each of `count` boxes."""
        shape = self.probabilities.shape
        if len(shape) != 3 or shape[0] != count:
            raise ValueError(
                f"`mask_probabilities` must have shape ({count}, m, m). Received: "
                f"mask_probabilities.shape={shape}. Pass the masks of each box's own class."
            )
        check_finite("`mask_probabilities`", self.probabilities)

    def resized(self, across, down, image_size) -> Self:
        """Return the grids as they are: they go with their boxes."""
        return self

    def crops(self, boxes, image_size) -> list[tuple[np.ndarray, int, int]]:
        """Each mask as `(crop, x, y)`, made anew."""
        pairs = zip(self.probabilities, boxes, strict=True)
        return [paste(mask, box, image_size) for mask, box in pairs]


class PixelMasks:
    """The exact pixels of each object, whatever its box.

    Args:
        crops: `(crop, x, y)` for each object: (h, w) uint8 of 0 and 1 and where its corner lies.
    """

    exist = True
    probabilities = None

    def __init__(self, crops):
        self._crops = list(crops)

    def __getitem__(self, rows):
        return PixelMasks([self._crops[row] for row in rows])

    def check(self, count) -> None:
        """Raise ValueError unless there is one crop for each of `count` boxes."""
        if len(self._crops) != count:
            raise ValueError(
                f"`masks` must be one for each of the {count} boxes. "
                f"Received: {len(self._crops)} masks."
            )

    def resized(self, across, down, image_size) -> PixelMasks:
        """Return the masks in an image that is scaled by these factors, see `mask_crops.scaled`."""
        return PixelMasks([scaled(mask, across, down, image_size) for mask in self._crops])

    def crops(self, boxes, image_size) -> list[tuple[np.ndarray, int, int]]:
        """Return the crops themselves."""
        return list(self._crops)
