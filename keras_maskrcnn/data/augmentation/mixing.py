"""Samples made of several: copy-paste and mosaic."""

import dataclasses

import numpy as np

from keras_maskrcnn.data.augmentation.affine import compose, scaling, warp_image
from keras_maskrcnn.data.augmentation.kinds import MIN_VISIBLE, Mixing, check_range
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.formats.files import DatasetError

_MOST_DRAWS = 8  # images that are drawn to find one with masks


class CopyPaste(Mixing):
    """Paste objects of another image in front of this one; masks and boxes lose what they hide.

    The other image is brought to the network's scale, mirrored with probability one half, scaled,
    and moved; then a random choice of its objects is taken over. Only objects with a mask are
    pasted: what else is in a box would come along, and its straight edges give it away.

    Args:
        low, high: factor of its scale, 0 < low <= high. Default 0.5 and 1.25.
        probability: share of the samples that are changed. Default 0.5.

    Raises:
        DatasetError: eight images in a row have objects, but none with a mask.

    References:
        Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance
        Segmentation", CVPR 2021, section 3.
    """

    def __init__(self, low=0.5, high=1.25, probability=0.5):
        super().__init__(probability)
        check_range(low, high)
        self.low = low
        self.high = high

    def mix(self, rng, sample, canvas, size_of, draw) -> tuple[np.ndarray, Instances]:
        """Return the image with more objects on it."""
        height, width = sample.image.shape[:2]
        matrix, size = scaling((height, width), size_of(height, width))
        image, instances = moved(sample, matrix, size)
        other = _drawn_with_masks(draw)
        pasted, chosen = moved(other, self._placement(rng, other, size, size_of), size)
        if not len(chosen):
            return image, instances
        count = int(rng.integers(1, len(chosen) + 1))
        chosen = chosen.select(np.sort(rng.permutation(len(chosen))[:count]))
        cover = chosen.union()
        image[cover] = pasted[cover]
        rest = instances.without(cover, MIN_VISIBLE)
        return image, Instances.joined([rest, chosen.on_other_ground()])

    def _placement(self, rng, other, size, size_of):
        """Return the matrix that puts the other image somewhere over this one."""
        height, width = other.image.shape[:2]
        new = np.array(size_of(height, width)) * rng.uniform(self.low, self.high)
        matrix, new = scaling((height, width), np.maximum(1, new.round()).astype(int).tolist())
        if rng.random() < 0.5:
            matrix = compose(np.array([[-1.0, 0.0, new[1]], [0.0, 1.0, 0.0]]), matrix)
        room = np.array(size) - new
        top, left = np.round(rng.uniform(np.minimum(room, 0), np.maximum(room, 0)))
        return compose(np.array([[1.0, 0.0, left], [0.0, 1.0, top]]), matrix)


class Mosaic(Mixing):
    """Pieces of four images around a random point, each a quadrant of the canvas.

    Args:
        low: each image is scaled by a factor drawn from low..1, beside the scale that the resizer
            brings it to, but never so small that it does not fill its quadrant. Default 0.5.
        probability: share of the samples that are changed. Default 0.5.

    References:
        Bochkovskiy et al., "YOLOv4", 2020, section 3.3.
    """

    def __init__(self, low=0.5, probability=0.5):
        super().__init__(probability)
        check_range(low, 1.0)
        self.low = low

    def mix(self, rng, sample, canvas, size_of, draw) -> tuple[np.ndarray, Instances]:
        """Return the image of four pieces, as large as the canvas, and the objects in it."""
        across, down = (round(side * rng.uniform(0.3, 0.7)) for side in canvas[::-1])
        image = np.zeros((*canvas, sample.image.shape[2]), np.uint8)
        parts = []
        for number, place in enumerate(rng.permutation(4)):
            rows = slice(0, down) if place < 2 else slice(down, canvas[0])
            columns = slice(across, canvas[1]) if place % 2 else slice(0, across)
            size = (rows.stop - rows.start, columns.stop - columns.start)
            part = sample if number == 0 else draw()
            matrix = self._window(rng, part.image.shape[:2], size, size_of)
            image[rows, columns], instances = moved(part, matrix, size)
            shift = [[1, 0, columns.start], [0, 1, rows.start]]
            parts.append(instances.warp(shift, canvas))
        return image, Instances.joined(parts)

    def _window(self, rng, old, size, size_of):
        """Return the matrix that brings a random window of an image into a quadrant."""
        old, size = np.array(old), np.array(size)
        usual = size_of(*old.tolist())[0] / old[0]
        scale = max(usual * rng.uniform(self.low, 1), (size / old).max())
        top, left = rng.uniform(0, np.maximum(old * scale - size, 0))
        return np.array([[scale, 0.0, -left], [0.0, scale, -top]])


def _drawn_with_masks(draw):
    """Another sample, of which only the objects with a mask are left."""
    for _ in range(_MOST_DRAWS):
        other = draw()
        instances = other.instances
        if instances.has_masks.all():
            return other
        if instances.has_masks.any():
            return dataclasses.replace(other, instances=instances.select(instances.has_masks))
    raise DatasetError(
        f"CopyPaste cuts objects out along their masks, but none of the {len(instances)} objects "
        f"of '{other.file_name}' has one, nor those of {_MOST_DRAWS - 1} images before. Use Mosaic "
        "('mosaic'), which needs boxes only, or outline the objects."
    )


def moved(sample, matrix, size) -> tuple[np.ndarray, Instances]:
    """Image and objects of a sample after an affine map."""
    image = warp_image(sample.image, matrix, size)
    return image, sample.instances.warp(matrix, size, min_visible=MIN_VISIBLE)
