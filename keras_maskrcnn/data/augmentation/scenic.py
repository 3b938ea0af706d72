"""Random changes of image and objects that no affine map can do."""

import threading

import cv2
import numpy as np

from keras_maskrcnn.data.augmentation.affine import warp_image
from keras_maskrcnn.data.augmentation.kinds import Scenic, check_at_least, check_range
from keras_maskrcnn.data.checks import check_whole
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.formats.images import list_images, read_image

#: An object of which less than this share stays visible is dropped.
MIN_VISIBLE = 0.1


class ElasticDeformation(Scenic):
    """Bend the image: a random displacement of each point of a grid, smooth in between.

    Args:
        strength: standard deviation of the displacements, as a share of the grid's spacing.
            Default 0.1; beyond 0.25 the image begins to fold.
        cell: spacing of the grid in pixels. Default 64.
        probability: share of the samples that are changed. Default 0.5.

    References:
        Ronneberger et al., "U-Net", MICCAI 2015, section 3.1; Simard et al., ICDAR 2003.
    """

    def __init__(self, strength=0.1, cell=64, probability=0.5):
        super().__init__(probability)
        check_at_least(0, strength=strength)
        check_whole(2, cell=cell)
        self.strength = strength
        self.cell = cell

    def change_scene(self, rng, image, instances):
        """Return the bent image and objects."""
        height, width = image.shape[:2]
        grid = (height // self.cell + 3, width // self.cell + 3, 2)
        moves = rng.standard_normal(grid, np.float32) * np.float32(self.strength * self.cell)
        moves = cv2.resize(moves, (grid[1] * self.cell, grid[0] * self.cell), None, 0, 0, 2)
        moves = moves[self.cell : self.cell + height, self.cell : self.cell + width]
        x = np.arange(width, dtype=np.float32) + moves[..., 0]
        y = np.arange(height, dtype=np.float32)[:, None] + moves[..., 1]
        bent = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return bent.reshape(image.shape), instances.remap(x, y)


class Cutout(Scenic):
    """Black squares in front of the scene; masks lose what they hide.

    Args:
        count: most squares; 1..count are drawn. Default 4.
        size: side of a square, as a share of the image's shorter side. Default 0.15.
        probability: share of the samples that are changed. Default 0.5.

    References:
        DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout",
        2017, section 3.
    """

    def __init__(self, count=4, size=0.15, probability=0.5):
        super().__init__(probability)
        check_whole(1, count=count)
        check_at_least(0, size=size)
        self.count = count
        self.size = size

    def change_scene(self, rng, image, instances):
        """Return the image with squares and the objects without what they hide."""
        height, width = image.shape[:2]
        half = self.size * min(height, width) / 2
        cover = np.zeros((height, width), bool)
        for _ in range(int(rng.integers(1, self.count + 1))):
            y, x = rng.uniform(0, height), rng.uniform(0, width)
            rows = slice(max(0, round(y - half)), round(y + half))
            cover[rows, max(0, round(x - half)) : round(x + half)] = True
        image = image.copy()
        image[cover] = 0
        return image, instances.without(cover, MIN_VISIBLE)


class RandomErasing(Scenic):
    """A rectangle of noise in front of the scene; masks lose what it hides.

    Args:
        low, high: area of the rectangle, as a share of the image's. Default 0.02 and 0.2.
        ratio: height / width is drawn log-uniformly from 1 / ratio..ratio. Default 3.3.
        probability: share of the samples that are changed. Default 0.5.

    References:
        Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, section 3.2.
    """

    def __init__(self, low=0.02, high=0.2, ratio=3.3, probability=0.5):
        super().__init__(probability)
        check_range(low, high)
        check_at_least(1, ratio=ratio)
        self.low = low
        self.high = high
        self.ratio = ratio

    def change_scene(self, rng, image, instances):
        """Return the image with the rectangle and the objects without what it hides."""
        height, width = image.shape[:2]
        area = rng.uniform(self.low, self.high) * height * width
        ratio = np.exp(rng.uniform(-np.log(self.ratio), np.log(self.ratio)))
        rows = int(np.clip(round(np.sqrt(area * ratio)), 1, height))
        columns = int(np.clip(round(np.sqrt(area / ratio)), 1, width))
        top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
        window = np.s_[top : top + rows, left : left + columns]
        image, cover = image.copy(), np.zeros((height, width), bool)
        image[window] = rng.integers(0, 256, image[window].shape, np.uint8)
        cover[window] = True
        return image, instances.without(cover, MIN_VISIBLE)


class BackgroundReplacement(Scenic):
    """Everything that is no object is replaced by one colour or by a piece of another picture.

    Only for data whose objects are all annotated: the others vanish.

    Args:
        backgrounds: a folder, or a list of paths and uint8 (H, W, 3) arrays. Default: colours,
            drawn at random.
        softness: standard deviation in pixels of the transition at the objects' edges. Default 1.
        probability: share of the samples that are changed. Default 0.5.

    Raises:
        ImageReadError: a picture cannot be read.
        ValueError: there are no pictures.
    """

    def __init__(self, backgrounds=None, softness=1.0, probability=0.5):
        super().__init__(probability)
        check_at_least(0, softness=softness)
        self.backgrounds = None if backgrounds is None else _pictures(backgrounds)
        self.softness = softness

    def change_scene(self, rng, image, instances):
        """Return the objects on another background, and the objects as they are."""
        new = self._background(rng, image)
        share = instances.union().astype(np.float32)
        if self.softness:
            share = cv2.GaussianBlur(share, (0, 0), self.softness)
        mixed = share[..., None] * image + (1 - share[..., None]) * new
        return (mixed + 0.5).astype(np.uint8), instances

    def _background(self, rng, image):
        if self.backgrounds is None:
            return rng.integers(0, 256, (1, 1, image.shape[2])).astype(np.float32)
        picture = self.backgrounds[rng.integers(len(self.backgrounds))]
        picture = picture if isinstance(picture, np.ndarray) else read_image(picture)
        size, old = np.array(image.shape[:2]), np.array(picture.shape[:2])
        scale = (size / old).max() * rng.uniform(1, 1.5)
        top, left = rng.uniform(0, old * scale - size)
        return warp_image(picture, [[scale, 0, -left], [0, scale, -top]], tuple(size.tolist()))


class External(Scenic):
    """A callable of another library, called as `function(image=image, masks=[mask, ...])`.

    That is how albumentations' transforms are called. It returns a dict with `image`, uint8 of any
    size, and `masks`, as many and in the same order, of the image's size; what lost its last pixel
    is dropped, and boxes are those of the masks. `make_augmentations` puts callables into it.

    Args:
        function: the callable. If it has a method `set_random_seed`, it is called with a number of
            ours before, so that the same seed gives the same result; without one, randomness is
            the function's own affair. It is called by one thread at a time.
        probability: share of the samples that are changed. Default 1.
    """

    def __init__(self, function, probability=1.0):
        super().__init__(probability)
        self.function = function
        self._lock = threading.Lock()

    def __getstate__(self):
        return {"function": self.function, "probability": self.probability}

    def __setstate__(self, state):
        self.__init__(**state)

    def change_scene(self, rng, image, instances):
        """Return what the function makes of image and masks."""
        masks = list(instances.to_dense().astype(np.uint8))
        seed = int(rng.integers(2**31))
        with self._lock:
            if hasattr(self.function, "set_random_seed"):
                self.function.set_random_seed(seed)
            found = self.function(image=image, masks=masks)
        image, masks = np.asarray(found["image"]), [np.asarray(mask) for mask in found["masks"]]
        shapes = {mask.shape for mask in masks} | {image.shape[:2]}
        if len(masks) != len(instances) or len(shapes) > 1 or image.dtype != np.uint8:
            raise ValueError(
                "`function` must return a uint8 image and one mask of its size for each object, in "
                f"order. Received: image of {image.dtype} and shape {image.shape}, {len(masks)} "
                f"masks of shapes {sorted({mask.shape for mask in masks})} for {len(instances)} "
                "objects."
            )
        dense = np.array(masks).reshape(-1, *image.shape[:2])
        return image, Instances.from_dense(dense, instances.labels, instances.iscrowd)


def _pictures(backgrounds):
    """Paths and arrays of the pictures."""
    single = not isinstance(backgrounds, list | tuple)
    pictures = list_images(backgrounds) if single else list(backgrounds)
    if not pictures:
        raise ValueError(
            f"`backgrounds` must hold at least one picture. Received: backgrounds={backgrounds!r}."
        )
    return pictures
