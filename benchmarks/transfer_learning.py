"""What transfer learning saves: new shapes from mask_rcnn_tiny_shapes, and from random weights.

    KERAS_BACKEND=tensorflow python benchmarks/transfer_learning.py OUT [--steps 400]

The preset knows circles, squares and triangles; here are stars, crosses and rings. From random
weights the same network trains for `--steps` steps, from the preset with replaced heads for a
quarter of them, each with a schedule over its own steps.
"""

import argparse
import sys
from pathlib import Path

import cv2
import keras
import numpy as np

import keras_maskrcnn as km
from keras_maskrcnn.training import Optimization, Recipe, train

BATCH, SIDE, PRESET = 16, 128, "mask_rcnn_tiny_shapes"


class OtherShapes(km.data.ShapesSource):
    """Scenes of five-pointed stars, crosses and rings."""

    class_names = ("star", "cross", "ring")

    def _shape(self, rng, label):
        """One shape wholly inside the image: bool, shape (H, W)."""
        radius = rng.uniform(8, 30)
        centre = radius + rng.uniform(0, 1, 2) * (np.array(self.image_size[::-1]) - 2 * radius)
        mask = np.zeros(self.image_size, np.uint8)
        if label == 3:
            middle = centre.round().astype(int).tolist()
            width = max(2, round(radius / 3))
            cv2.circle(mask, middle, round(radius - width / 2), 1, width)
            return mask != 0
        turn = rng.uniform(0, 2 * np.pi)
        if label == 1:
            corners = polar(turn, 10, np.tile([1, 0.45], 5))
        else:
            corners = polar(turn, 12, np.tile([1, 1, 0.42], 4), np.tile([-0.3, 0.3, 0.785], 4))
        cv2.fillPoly(mask, [(centre + (radius - 1) * corners).round().astype(np.int32)], 1)
        return mask != 0


def polar(turn, count, lengths, angles=None):
    """Corners around (0, 0): evenly, or four times the given angles."""
    if angles is None:
        angles = 2 * np.pi * np.arange(count) / count
    else:
        angles = angles + np.repeat(np.pi / 2 * np.arange(4), 3)
    return np.asarray(lengths)[:, None] * np.column_stack(
        [np.cos(angles + turn), np.sin(angles + turn)]
    )


def trained(name, steps, folder, load_weights):
    """Mask AP after a training of so many steps."""
    keras.utils.set_random_seed(0)
    model = km.MaskRCNN.from_preset(PRESET, load_weights=load_weights)
    model = km.transfer.replace_heads(model, OtherShapes.class_names)
    recipe = Recipe(
        epochs=1,
        batch_size=BATCH,
        image_size=SIDE,
        augment=("orient",),
        optimization=Optimization(learning_rate=2e-3),
    )
    scenes = OtherShapes(BATCH * steps, SIDE, seed=1)
    val = OtherShapes(200, SIDE, seed=2)
    state = train(model, scenes, folder / name, recipe, val_source=val, verbose=2)
    return state.history[-1]["val_mask_AP"], state.history[-1]["val_mask_AP50"]


def main():
    """Trains both and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="new folder for both presets")
    parser.add_argument("--steps", type=int, default=400, help="of the training from scratch")
    args = parser.parse_args()
    for name, steps, load in (("preset", args.steps // 4, True), ("scratch", args.steps, False)):
        ap, ap50 = trained(name, steps, args.out, load)
        print(f"from {name}: {steps} steps, mask AP {ap:.3f}, AP50 {ap50:.3f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
