"""What synthetic data sets have in common: scenes that are drawn and need no files."""

from abc import abstractmethod

import cv2
import numpy as np

from keras_maskrcnn.data.source import Sample, Source


class SceneSource(Source):
    """Scenes that are drawn when asked for.

    A scene depends on `(seed, index)` and nothing else, so two sources with other seeds never share
    a scene and one can be drawn again years later.

    Args:
        num_images: number of scenes.
        image_size: (height, width) or one number for both, pixels, at least 32.
        seed: int of at least 0.

    Raises:
        ValueError: a number is out of its range.
    """

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
        return self.draw(np.random.default_rng([self.seed, index]), index)

    @abstractmethod
    def draw(self, rng, index) -> Sample:
        """Draw one scene with the numbers of `rng` alone."""

    def image_sizes(self) -> np.ndarray:
        """Return the (height, width) of each image, int64, shape (len, 2)."""
        return np.tile(np.array(self.image_size, np.int64), (len(self), 1))

    def lacks_masks(self) -> list[tuple[int, ...]]:
        """Return an empty tuple for each image: all objects have masks."""
        return [()] * len(self)


def background(rng, image_size, colour) -> np.ndarray:
    """Draw a background of one colour with soft stains: uint8, shape (H, W, 3)."""
    coarse = rng.normal(0, 22, (6, 6, 3)).astype(np.float32)
    fine = rng.normal(0, 9, (24, 24, 1)).astype(np.float32)
    size = image_size[::-1]
    stains = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    stains += cv2.resize(fine, size, interpolation=cv2.INTER_LINEAR)[:, :, None]
    return np.clip(stains + colour, 0, 255).astype(np.uint8)


def standing_out(rng, background) -> np.ndarray:
    """Return a colour that stands out from that of the background, int, shape (3,)."""
    colour = rng.integers(0, 256, 3)
    while np.abs(colour - background).sum() < 120:
        colour = rng.integers(0, 256, 3)
    return colour


def paint(rng, image, visible, colours) -> None:
    """Colour the visible pixels of one object, shaded across.

    Args:
        rng: `numpy.random.Generator`.
        image: uint8 (H, W, 3), changed in place.
        visible: bool (H, W).
        colours: (3,), or (n, 3) for each visible pixel.
    """
    rows, columns = np.nonzero(visible)
    slope = rng.uniform(-0.6, 0.6, 2)
    shade = (rows - rows.mean()) * slope[0] + (columns - columns.mean()) * slope[1]
    image[rows, columns] = np.clip(colours + shade[:, None], 0, 255)


def noise(rng, image_size) -> np.ndarray:
    """Pixel noise, int16, shape (H, W, 3), of a strength that differs from scene to scene."""
    noise = rng.standard_normal((*image_size, 3), np.float32)
    return (noise * np.float32(rng.uniform(1, 7))).astype(np.int16)
