"""A synthetic data set that needs no files."""

import cv2
import numpy as np

from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.source import Sample, Source

_MIN_VISIBLE = 0.35  # share of a shape that later shapes leave uncovered
_SHIFT = 4  # fractional bits of OpenCV's coordinates: shapes lie at sub-pixel places


class ShapesSource(Source):
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

    def __init__(self, num_images, image_size=(128, 128), seed=0):
        size = (image_size, image_size) if np.isscalar(image_size) else tuple(image_size)
        if num_images < 1 or seed < 0 or len(size) != 2 or min(size) < 32:
            raise ValueError(
                "`num_images` must be at least 1, `seed` at least 0 and `image_size` at least 32. "
                f"Received: num_images={num_images}, image_size={image_size}, seed={seed}."
            )
        self.num_images = int(num_images)
        self.image_size = (int(size[0]), int(size[1]))
        self.seed = int(seed)

    def __len__(self):
        return self.num_images

    def __getitem__(self, index):
        if not -self.num_images <= index < self.num_images:
            raise IndexError(f"index {index} is outside 0..{self.num_images - 1}")
        index = int(index) % self.num_images
        rng = np.random.default_rng([self.seed, index])
        colour = rng.integers(20, 236, 3)
        image = _background(rng, self.image_size, colour)
        owner, labels = self._place_shapes(rng)
        for number in range(1, len(labels) + 1):
            _paint(rng, image, owner == number, colour)
        image = cv2.add(image, _noise(rng, self.image_size), dtype=cv2.CV_8U)
        masks = owner == np.arange(1, len(labels) + 1)[:, None, None]
        instances = Instances.from_dense(masks, labels)
        return Sample(image, instances, index, f"shapes_{self.seed}_{index:06d}.png")

    def image_sizes(self) -> np.ndarray:
        """Return the (height, width) of each image, int64, shape (len, 2)."""
        return np.tile(np.array(self.image_size, np.int64), (len(self), 1))

    def lacks_masks(self) -> list[tuple[int, ...]]:
        """Return an empty tuple for each image: all objects have masks."""
        return [()] * len(self)

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


def _background(rng, image_size, colour):
    """Draw a background of one colour with soft stains: uint8, shape (H, W, 3)."""
    coarse = rng.normal(0, 22, (6, 6, 3)).astype(np.float32)
    fine = rng.normal(0, 9, (24, 24, 1)).astype(np.float32)
    size = image_size[::-1]
    stains = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    stains += cv2.resize(fine, size, interpolation=cv2.INTER_LINEAR)[:, :, None]
    return np.clip(stains + colour, 0, 255).astype(np.uint8)


def _paint(rng, image, visible, background):
    """Colour the visible pixels of one shape with a colour that stands out, shaded across."""
    colour = rng.integers(0, 256, 3)
    while np.abs(colour - background).sum() < 120:
        colour = rng.integers(0, 256, 3)
    rows, columns = np.nonzero(visible)
    slope = rng.uniform(-0.6, 0.6, 2)
    shade = (rows - rows.mean()) * slope[0] + (columns - columns.mean()) * slope[1]
    image[rows, columns] = np.clip(colour + shade[:, None], 0, 255)


def _noise(rng, image_size):
    """Pixel noise, int16, shape (H, W, 3), of a strength that differs from scene to scene."""
    noise = rng.standard_normal((*image_size, 3), np.float32)
    return (noise * np.float32(rng.uniform(1, 7))).astype(np.int16)
