"""Synthetic scenes of circles, squares and triangles."""

import cv2
import numpy as np

from keras_maskrcnn.data import scenes
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.source import Sample

_MIN_VISIBLE = 0.35  # share of a shape that later shapes leave uncovered
_SHIFT = 4  # fractional bits of OpenCV's coordinates: shapes lie at sub-pixel places


class ShapesSource(scenes.SceneSource):
    """Scenes of 1 to 6 circles, squares and triangles on a textured background.

    Shapes have sizes of 12 to 60 pixels (at most 0.6 of the image's shorter side), any colour that
    stands out from the background, and any rotation (circles excepted). They overlap: a later one
    covers an earlier one, of which at least a third stays to be seen, and masks hold the visible
    pixels only. A scene depends on `(seed, index)` and nothing else, so two sources with other
    seeds never share a scene and one can be drawn again years later.

    Args:
        num_images: number of scenes.
        image_size: (height, width) or one number for both, pixels, at least 32.
        seed: int of at least 0.

    Raises:
        ValueError: a number is out of its range.

    Example:

    >>> source = ShapesSource(100, image_size=(128, 128), seed=0)
    >>> sample = source[3]
    >>> sample.image.shape, source.class_names
    ((128, 128, 3), ('circle', 'square', 'triangle'))
    """

    class_names = ("circle", "square", "triangle")
    max_objects = 6

    def draw(self, rng, index) -> Sample:
        """Draw one scene."""
        colour = rng.integers(20, 236, 3)
        image = scenes.background(rng, self.image_size, colour)
        owner, labels = self._place_shapes(rng)
        for number in range(1, len(labels) + 1):
            scenes.paint(rng, image, owner == number, scenes.standing_out(rng, colour))
        image = cv2.add(image, scenes.noise(rng, self.image_size), dtype=cv2.CV_8U)
        masks = owner == np.arange(1, len(labels) + 1)[:, None, None]
        instances = Instances.from_dense(masks, labels)
        return Sample(image, instances, index, f"shapes_{self.seed}_{index:06d}.png")

    def _place_shapes(self, rng):
        """Return the number (1..n, 0 none) of the shape seen at each pixel, and the labels."""
        owner = np.zeros(self.image_size, np.uint8)
        full_areas, labels = [], []
        wanted = int(rng.integers(1, self.max_objects + 1))
        for _ in range(4 * wanted):
            if len(labels) == wanted:
                break
            label = int(rng.integers(1, len(self.class_names) + 1))
            shape = self._shape(rng, label)
            trial = np.where(shape, np.uint8(len(labels) + 1), owner)
            areas = [*full_areas, np.count_nonzero(shape)]
            visible = np.bincount(trial.ravel(), minlength=len(areas) + 1)[1:]
            if (visible >= np.maximum(_MIN_VISIBLE * np.array(areas), 1)).all():
                owner, full_areas = trial, areas
                labels.append(label)
        return owner, labels

    def _shape(self, rng, label):
        """Draw one shape of the class of `label`, wholly inside the image: bool, shape (H, W)."""
        side = float(rng.uniform(12, min(60, 0.6 * min(self.image_size))))
        limits = np.array(self.image_size[::-1]) - side
        centre = side / 2 + rng.uniform(0, 1, 2) * limits
        mask = np.zeros(self.image_size, np.uint8)
        if label == 1:
            centre_fixed = np.round((centre - 0.5) * 2**_SHIFT).astype(int).tolist()
            radius = round((side / 2 - 0.5) * 2**_SHIFT)
            cv2.circle(mask, centre_fixed, radius, 1, cv2.FILLED, cv2.LINE_8, _SHIFT)
            return mask != 0
        corners = 4 if label == 2 else 3
        angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(corners) / corners
        points = centre - 0.5 + (side / 2 - 0.5) * np.column_stack([np.cos(angles), np.sin(angles)])
        points = np.round(points * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(mask, [points], 1, cv2.LINE_8, _SHIFT)
        return mask != 0
