"""One synthetic figure: its skeleton, how it stands, and the parts that are drawn."""

import cv2
import numpy as np

from keras_maskrcnn.data.scenes import standing_out
from keras_maskrcnn.skeletons import Skeleton

_SHIFT = 4  # fractional bits of OpenCV's coordinates: figures lie at sub-pixel places

_PAIRED = ("shoulder", "elbow", "hand", "hip", "knee", "foot")

# COCO's sigmas: of an ear for the head, and of shoulder, elbow, wrist, hip, knee, ankle.
_SIGMAS = (0.035, *np.repeat([0.079, 0.072, 0.062, 0.107, 0.087, 0.089], 2).tolist())

#: A figure: 13 keypoints, the head and six of each side.
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
    sigmas=_SIGMAS,
)


# Lengths as shares of the height of a standing figure; radii of the rounded parts likewise.
_SHOULDERS, _HIPS, _TRUNK, _NECK = 0.105, 0.07, 0.30, 0.15
_UPPER_ARM, _FOREARM, _THIGH, _SHIN = 0.17, 0.16, 0.23, 0.22
_HEAD_RADIUS, _EYE_RADIUS, _ARM_RADIUS, _LEG_RADIUS, _TRUNK_RADIUS = (
    0.085,
    0.014,
    0.034,
    0.043,
    0.045,
)


def pose(rng) -> np.ndarray:
    """Return joints (13, 2) of a figure of height 1, in the order of `FIGURE`, its middle at 0."""
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


def draw_parts(rng, canvas, joints, tall) -> None:
    """Draw the parts of a figure over one another, those behind first.

    Args:
        rng: `numpy.random.Generator`.
        canvas: uint8 (H, W), changed in place to the part (1..5) at each pixel of the figure.
        joints: (13, 2) x, y in pixels of the canvas.
        tall: height of the standing figure, pixels.
    """
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
    """Draw the neck, the head, and two eyes that say that it faces the viewer."""
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
    ring = np.stack([np.cos(around), np.sin(around)], axis=-1)
    ring = np.round(max(radius - 0.5, 0) * 2**_SHIFT * ring).astype(np.int32)
    hull = cv2.convexHull((fixed[:, None] + ring).reshape(-1, 2))
    cv2.fillPoly(canvas, [hull], value, cv2.LINE_8, _SHIFT)


def part_colours(rng, background) -> np.ndarray:
    """Return the colour of each part, (6, 3), by the value of its pixels."""
    trousers, shirt, skin = (standing_out(rng, background) for _ in range(3))
    sleeve = shirt * 0.75 if shirt.sum() > 200 else shirt + 50
    eye = np.full(3, 255 if skin.sum() < 380 else 0)
    return np.array([background, trousers, shirt, sleeve, skin, eye])
