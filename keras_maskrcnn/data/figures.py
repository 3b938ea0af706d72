"""Synthetic scenes of articulated figures, with masks and keypoints."""

import cv2
import numpy as np

from keras_maskrcnn.data import scenes
from keras_maskrcnn.data.articulation import FIGURE, draw_parts, part_colours, pose
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.keypoints import HIDDEN, UNKNOWN, VISIBLE, Keypoints
from keras_maskrcnn.data.source import Sample

_MIN_VISIBLE = 0.45  # share of a figure that the border and later figures leave to be seen
_TRIES = 4  # places tried for each figure that is wanted


class FiguresSource(scenes.SceneSource):
    """Scenes of 1 to 3 articulated figures on a textured background, with masks and keypoints.

    A figure faces the viewer, so that its left hand is on the right of an upright one. It is 50 to
    105 pixels tall when it stands (at most 0.85 of the image's shorter side), leans up to 75
    degrees, and has its arms and legs anywhere a person has them: before the trunk, behind it,
    crossed. Figures are cut by the border of the image and cover one another; nearly half of each
    stays to be seen, and masks hold the visible pixels only. A keypoint beyond the border is
    unknown, one that another figure covers is hidden.

    A scene depends on `(seed, index)` and nothing else.

    Args:
        num_images: number of scenes.
        image_size: (height, width) or one number for both, pixels, at least 32.
        seed: int of at least 0.

    Raises:
        ValueError: a number is out of its range.

    Example:

    >>> source = FiguresSource(100, image_size=(128, 128), seed=0)
    >>> sample = source[3]
    >>> sample.instances.fields["keypoints"].points.shape, source.class_names
    ((3, 13, 3), ('figure',))
    """

    class_names = ("figure",)
    skeleton = FIGURE
    max_objects = 3

    def draw(self, rng, index) -> Sample:
        """Draw one scene."""
        colour = rng.integers(20, 236, 3)
        image = scenes.background(rng, self.image_size, colour)
        owner, parts, points = self._place_figures(rng)
        for number in range(1, len(points) + 1):
            visible = owner == number
            colours = part_colours(rng, colour)[parts[visible]]
            scenes.paint(rng, image, visible, colours)
        image = cv2.add(image, scenes.noise(rng, self.image_size), dtype=cv2.CV_8U)
        masks = owner == np.arange(1, len(points) + 1)[:, None, None]
        keypoints = Keypoints([_known(p, n + 1, owner) for n, p in enumerate(points)], FIGURE)
        instances = Instances.from_dense(masks, [1] * len(points), fields={"keypoints": keypoints})
        return Sample(image, instances, index, f"figures_{self.seed}_{index:06d}.png")

    def _place_figures(self, rng):
        """Return the number (1..n) and the part of the figure at each pixel, and the joints."""
        owner, parts = np.zeros((2, *self.image_size), np.uint8)
        full_areas, joints = [], []
        wanted = int(rng.integers(1, self.max_objects + 1))
        for _ in range(_TRIES * wanted):
            if len(joints) == wanted:
                break
            places, figure, area = self._figure(rng)
            trial = np.where(figure > 0, np.uint8(len(joints) + 1), owner)
            areas = np.array([*full_areas, area])
            visible = np.bincount(trial.ravel(), minlength=len(areas) + 1)[1:]
            if (visible >= _MIN_VISIBLE * areas).all():
                owner, parts = trial, np.where(figure > 0, figure, parts)
                full_areas.append(area)
                joints.append(places)
        return owner, parts, joints

    def _figure(self, rng):
        """Draw one figure: joints (13, 2), its part at each pixel, and its area without border."""
        height, width = self.image_size
        side = min(height, width)
        tall = float(rng.uniform(min(50, 0.4 * side), min(105, 0.85 * side)))
        joints = pose(rng) * tall
        centre = rng.uniform(0, 1, 2) * (width, height)
        margin = int(np.ceil(1.2 * tall))
        canvas = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
        draw_parts(rng, canvas, joints + centre + margin, tall)
        area = np.count_nonzero(canvas)
        return joints + centre, canvas[margin : margin + height, margin : margin + width], area


def _known(joints, number, owner):
    """Return the keypoints (13, 3) of a figure: joints with what is known of each."""
    height, width = owner.shape
    inside = ((joints >= 0) & (joints <= (width, height))).all(axis=-1)
    column = np.clip(joints[:, 0].astype(int), 0, width - 1)
    row = np.clip(joints[:, 1].astype(int), 0, height - 1)
    known = np.where(owner[row, column] == number, VISIBLE, HIDDEN)
    return np.column_stack([joints, np.where(inside, known, UNKNOWN)])
