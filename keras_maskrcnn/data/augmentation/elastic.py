"""Bending of image and objects."""

import cv2
import numpy as np

from keras_maskrcnn.data.augmentation.kinds import Joint, check_at_least
from keras_maskrcnn.data.checks import check_whole
from keras_maskrcnn.data.instances import Instances


class ElasticDeformation(Joint):
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

    def change_both(self, rng, image, instances) -> tuple[np.ndarray, Instances]:
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
