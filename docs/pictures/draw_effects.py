"""Draws the strip of docs/guides/effects.md.

    python docs/pictures/draw_effects.py

`docs/pictures/effects/strip.jpg`: a scene of shapes and what the five effects make of it, with what
`mask_rcnn_tiny_shapes` finds; the transparent part is shown as checks.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

import keras_maskrcnn as km
from keras_maskrcnn.data import ShapesSource

SIDE, GAP, LINE = 256, 4, 30
SCENE = max(ShapesSource(64, image_size=SIDE, seed=2), key=lambda one: one.instances.areas.sum())


def strip():
    """The scene and the five pictures made of it, named, uint8 (rows, width, 3)."""
    image = SCENE.image
    found = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes").detect(image)[0]
    found = found.filter(min_score=0.5)
    cut_out = km.effects.cut_out(image, found)
    pictures = {
        "image": image,
        "cutout": over_checks(cut_out),
        "background": km.effects.replace_background(image, found, sunset()),
        "blur": km.effects.blur_background(image, found, strength=0.03),
        "splash": km.effects.color_splash(image, found),
        "pixelate": km.effects.pixelate(image, found, blocks=6),
    }
    tiles = [named(picture, name) for name, picture in pictures.items()]
    rows = [np.hstack(tiles[:3]), np.hstack(tiles[3:])]
    return np.vstack(rows)


def over_checks(picture):
    """An RGBA picture over the gray checks that stand for nothing."""
    rows, columns = np.indices(picture.shape[:2]) // 16
    checks = np.where((rows + columns) % 2, 255, 205)[..., None]
    alpha = picture[..., 3:] / 255
    return np.rint(alpha * picture[..., :3] + (1 - alpha) * checks).astype(np.uint8)


def sunset():
    """A sky whose colour changes from the top to the bottom."""
    colours = np.linspace((40, 60, 130), (250, 170, 90), SIDE)[:, None]
    return np.rint(colours).astype(np.uint8).repeat(SIDE, axis=1)


def named(picture, name):
    """The picture with a white margin and its name below."""
    tile = np.full((SIDE + LINE, SIDE + 2 * GAP, 3), 255, np.uint8)
    tile[:SIDE, GAP : SIDE + GAP] = picture
    place = (GAP + 2, SIDE + LINE - 10)
    cv2.putText(tile, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (40, 40, 40), 1, cv2.LINE_AA)
    return tile


def main(folder=Path(__file__).parent / "effects"):
    """Writes the strip."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = cv2.cvtColor(strip(), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(folder / "strip.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    sys.exit(main())
