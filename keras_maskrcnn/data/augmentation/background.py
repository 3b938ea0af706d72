"""Objects on another background."""

import warnings
from pathlib import Path

import cv2
import numpy as np

from keras_maskrcnn.data.augmentation.affine import warp_image
from keras_maskrcnn.data.augmentation.kinds import Joint, check_at_least
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.formats.given_pixels import as_pixels
from keras_maskrcnn.formats.image_files import count_other_files, list_images, others_left_out


class BackgroundReplacement(Joint):
    """Everything that is no object is replaced by one colour or by a piece of another picture.

    Only for data whose objects are all annotated: the others vanish. An object that has only a box
    keeps all that is in it.

    Args:
        backgrounds: a folder, or a list of paths, PIL images and uint8 (H, W, 3) arrays. Default:
            colours, drawn at random.
        softness: standard deviation in pixels of the transition at the objects' edges. Default 1.
        probability: share of the samples that are changed. Default 0.5.

    Files of a folder that are no images, by their suffix, are counted in a `RuntimeWarning`.

    Raises:
        ImageReadError: a picture cannot be read.
        ValueError: there are no pictures.
    """

    def __init__(self, backgrounds=None, softness=1.0, probability=0.5):
        super().__init__(probability)
        check_at_least(0, softness=softness)
        self.backgrounds = None if backgrounds is None else _pictures(backgrounds)
        self.softness = softness

    def change_both(self, rng, image, instances) -> tuple[np.ndarray, Instances]:
        """Return the objects on another background, and the objects as they are."""
        new = self._background(rng, image)
        cover = instances.union()
        share = cover.astype(np.float32)
        if self.softness:
            share = cv2.GaussianBlur(share, (0, 0), self.softness)
        mixed = share[..., None] * image + (1 - share[..., None]) * new
        return (mixed + 0.5).astype(np.uint8), instances.on_other_ground()

    def _background(self, rng, image):
        if self.backgrounds is None:
            return rng.integers(0, 256, (1, 1, image.shape[2])).astype(np.float32)
        picture = as_pixels(self.backgrounds[rng.integers(len(self.backgrounds))])
        size, old = np.array(image.shape[:2]), np.array(picture.shape[:2])
        scale = (size / old).max() * rng.uniform(1, 1.5)
        top, left = rng.uniform(0, old * scale - size)
        return warp_image(picture, [[scale, 0, -left], [0, scale, -top]], tuple(size.tolist()))


def _pictures(backgrounds):
    """Paths and arrays of the pictures."""
    single = not isinstance(backgrounds, list | tuple)
    pictures = list_images(backgrounds) if single else list(backgrounds)
    there = Path(backgrounds).iterdir() if single and Path(backgrounds).is_dir() else ()
    if others := count_other_files(there):
        message = f"`backgrounds` '{backgrounds}': {others_left_out(others)}"
        warnings.warn(message, RuntimeWarning, stacklevel=3)
    if not pictures:
        raise ValueError(
            f"`backgrounds` must hold at least one picture. Received: backgrounds={backgrounds!r}."
        )
    return pictures
