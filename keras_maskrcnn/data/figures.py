"""Synthetic scenes of articulated figures, with masks and keypoints."""

import cv2
import numpy as np

from keras_maskrcnn.data import scenes
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.keypoints import HIDDEN, UNKNOWN, VISIBLE, Keypoints
from keras_maskrcnn.data.source import Sample
from keras_maskrcnn.skeletons import Skeleton

_MIN_VISIBLE = 0.45  # share of a figure that the border and later figures leave to be seen
_SHIFT = 4  # fractional bits of OpenCV's coordinates: figures lie at sub-pixel places
_TRIES = 4  # places tried for each figure that is wanted

_PAIRED = ("shoulder", "elbow", "hand", "hip", "knee", "foot")

#: A figure: 13 keypoints. Sigmas are those of COCO for ear, shoulder, elbow, wrist, hip, knee, ankle.
FIGURE = Skeleton(
    names=("head", *(f"{side}_{part}" for part in _PAIRED for side in ("left", "right"))),
    limbs=(
        ("left_shoulder", "right_shoulder"),
        ("left_hip", "right_hip"),
        *(
            (f"{side}_{a}", f"{side}_{b}")
            for side in ("left", "right")
            for a, b in (
                ("shoulder", "elbow"),
                ("elbow", "hand"),
                ("shoulder", "hip"),
                ("hip", "knee"),
                ("knee", "foot"),
            )
        ),
        ("head", "left_shoulder"),
        ("head", "right_shoulder"),
    ),
    mirrored=tuple((f"left_{part}", f"right_{part}") for part in _PAIRED),
    sigmas=(0.035, *(s for sigma in (0.079, 0.072, 0.062, 0.107, 0.087, 0.089) for s in (sigma,) * 2)),
)


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
            colours = _colours(rng, colour)[parts[visible]]
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
        tall = float(rng.uniform(min(50, 0.4 * min(height, width)), min(105, 0.85 * min(height, width))))
        joints = _pose(rng) * tall
        centre = rng.uniform(0, 1, 2) * (width, height)
        margin = int(np.ceil(1.2 * tall))
        canvas = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
        _draw_parts(rng, canvas, joints + centre + margin, tall)
        area = np.count_nonzero(canvas)
        return joints + centre, canvas[margin : margin + height, margin : margin + width], area


# Lengths as shares of the height of a standing figure; radii of the rounded parts likewise.
_SHOULDERS, _HIPS, _TRUNK, _NECK = 0.105, 0.07, 0.30, 0.15
_UPPER_ARM, _FOREARM, _THIGH, _SHIN = 0.17, 0.16, 0.23, 0.22
_HEAD_RADIUS, _ARM_RADIUS, _LEG_RADIUS, _TRUNK_RADIUS, _EYE_RADIUS = 0.085, 0.034, 0.043, 0.045, 0.014


def _pose(rng):
    """The joints (13, 2) of a figure of height 1, in the order of `FIGURE`, its middle at 0."""
    hips = np.array([0.0, _TRUNK / 2])
    shoulders = np.array([0.0, -_TRUNK / 2])
    joints = [shoulders - (0, _NECK)]
    sides = []
    for side in (1, -1):  # its left is on the viewer's right
        shoulder, hip = shoulders + (side * _SHOULDERS, 0), hips + (side * _HIPS, 0)
        arm = rng.uniform(-0.5, 2.9)
        elbow = shoulder + _step(_UPPER_ARM, arm, side)
        hand = elbow + _step(_FOREARM, arm + rng.uniform(-0.3, 2.2), side)
        leg = rng.uniform(-0.25, 0.9)
        knee = hip + _step(_THIGH, leg, side)
        foot = knee + _step(_SHIN, leg - rng.uniform(-0.2, 1.0), side)
        sides.append((shoulder, elbow, hand, hip, knee, foot))
    joints += [joint for pair in zip(*sides, strict=True) for joint in pair]
    lean = float(np.clip(rng.normal(0, 0.4), -1.3, 1.3))
    turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
    return np.array(joints) @ turn


def _step(length, angle, side):
    """From a joint to the next: `angle` from straight down, outwards, radians."""
    return length * np.array([side * np.sin(angle), np.cos(angle)])


# Parts of a figure, the values of its pixels.
_TROUSERS, _SHIRT, _SLEEVE, _SKIN, _EYE = 1, 2, 3, 4, 5


def _draw_parts(rng, canvas, joints, tall):
    """Draw the parts of a figure over one another, those behind first."""
    at = dict(zip(FIGURE.names, joints, strict=True))
    sides = [("left", "right"), ("right", "left")][rng.integers(2)]
    behind = rng.random(2) < 0.3
    for side, is_behind in zip(sides, behind, strict=True):
        if is_behind:
            _draw_arm(canvas, at, side, tall)
    for side in sides:
        for start, end in (("hip", "knee"), ("knee", "foot")):
            a, b = at[f"{side}_{start}"], at[f"{side}_{end}"]
            _capsule(canvas, [a, b], _LEG_RADIUS * tall, _TROUSERS)
    trunk = [at[f"{side}_{part}"] for side, part in _ROUND_THE_TRUNK]
    _capsule(canvas, trunk, _TRUNK_RADIUS * tall, _SHIRT)
    _draw_head(canvas, at, tall)
    for side, is_behind in zip(sides, behind, strict=True):
        if not is_behind:
            _draw_arm(canvas, at, side, tall)


_ROUND_THE_TRUNK = (("left", "shoulder"), ("right", "shoulder"), ("right", "hip"), ("left", "hip"))


def _draw_arm(canvas, at, side, tall):
    shoulder, elbow, hand = (at[f"{side}_{part}"] for part in ("shoulder", "elbow", "hand"))
    _capsule(canvas, [elbow, hand], _ARM_RADIUS * tall, _SKIN)
    _capsule(canvas, [shoulder, elbow], _ARM_RADIUS * tall, _SLEEVE)


def _draw_head(canvas, at, tall):
    """The neck, the head, and two eyes that say that it faces the viewer."""
    neck = (at["left_shoulder"] + at["right_shoulder"]) / 2
    _capsule(canvas, [at["head"], neck], _ARM_RADIUS * tall, _SKIN)
    _capsule(canvas, [at["head"]], _HEAD_RADIUS * tall, _SKIN)
    across = (at["left_shoulder"] - at["right_shoulder"]) / 2
    for side in (-1, 1):
        eye = at["head"] + side * 0.3 * across + 0.1 * (at["head"] - neck)
        _capsule(canvas, [eye], _EYE_RADIUS * tall, _EYE)


def _capsule(canvas, corners, radius, value):
    """Fill everything within `radius` of the convex polygon, line or point of `corners` (x, y)."""
    fixed = np.round((np.array(corners) - 0.5) * 2**_SHIFT).astype(np.int32)
    around = 2 * np.pi * np.arange(16) / 16
    ring = np.round(max(radius - 0.5, 0) * 2**_SHIFT * np.stack([np.cos(around), np.sin(around)], -1))
    hull = cv2.convexHull((fixed[:, None] + ring.astype(np.int32)).reshape(-1, 2))
    cv2.fillPoly(canvas, [hull], value, cv2.LINE_8, _SHIFT)


def _colours(rng, background):
    """The colour of each part, float (6, 3); trousers, shirt and skin stand out from all behind."""
    trousers, shirt, skin = (scenes.standing_out(rng, background) for _ in range(3))
    sleeve = shirt * 0.75 if shirt.sum() > 200 else shirt + 50
    return np.array([background, trousers, shirt, sleeve, skin, 255 * (skin.sum() < 380) * np.ones(3)])


def _known(joints, number, owner):
    """The keypoints (13, 3) of a figure: joints with what is known of each."""
    height, width = owner.shape
    inside = ((joints >= 0) & (joints <= (width, height))).all(axis=-1)
    column = np.clip(joints[:, 0].astype(int), 0, width - 1)
    row = np.clip(joints[:, 1].astype(int), 0, height - 1)
    known = np.where(owner[row, column] == number, VISIBLE, HIDDEN)
    return np.column_stack([joints, np.where(inside, known, UNKNOWN)])
