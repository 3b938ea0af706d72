"""Draws the gallery of docs/guides/augmentation.md.

    python docs/pictures/draw_augmentations.py

For each name a strip of four pictures, `docs/pictures/augmentation/NAME.jpg`: a scene as it is, and
three times changed, with the objects that the loader would give.
"""

import itertools
import sys
from pathlib import Path

import cv2
import numpy as np

from keras_maskrcnn.data import Augmenter, ShapesSource
from keras_maskrcnn.data.augmentation import AUGMENTATION_NAMES, make_augmentations
from keras_maskrcnn.drawing import draw_ground_truth

SIDE, GAP = 192, 4
SOURCE = ShapesSource(64, image_size=SIDE, seed=2)
SCENE = max(SOURCE, key=lambda sample: sample.instances.areas.sum())


def strip(name):
    """The scene and three changes of it beside each other, uint8 (SIDE, width, 3)."""
    (item,) = make_augmentations(name)
    item.probability = 1.0
    augmenter = Augmenter([item])
    # A canvas smaller than the image, so that a crop has something to cut.
    canvas = (SIDE * 2 // 3,) * 2 if name == "crop" else (SIDE, SIDE)
    changed = (augmenter(SCENE, seed, canvas=canvas, draw=another) for seed in itertools.count())
    changed = (sample for sample in changed if not np.array_equal(sample.image, SCENE.image))
    samples = [SCENE, *itertools.islice(changed, 3)]
    pictures = [padded(draw_ground_truth(sample, SOURCE.class_names)) for sample in samples]
    gap = np.full((SIDE, GAP, 3), 255, np.uint8)
    return np.hstack([part for picture in pictures for part in (picture, gap)][:-1])


def another(rng):
    """Another scene, as the loader draws it."""
    return SOURCE[int(rng.integers(len(SOURCE)))]


def padded(picture):
    """The picture in the top left corner of the canvas, as in a batch."""
    full = np.zeros((SIDE, SIDE, 3), np.uint8)
    full[: picture.shape[0], : picture.shape[1]] = picture
    return full


def main(folder=Path(__file__).parent / "augmentation"):
    """Writes all strips."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in AUGMENTATION_NAMES:
        picture = cv2.cvtColor(strip(name), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    sys.exit(main())
