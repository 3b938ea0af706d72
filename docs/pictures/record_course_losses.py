"""Trains the network of `mask_rcnn_tiny_shapes` from random weights; writes down its losses.

    KERAS_BACKEND=tensorflow python docs/pictures/record_course_losses.py

It writes `docs/pictures/course/losses.csv`, which `draw_course_heads.py` draws for the chapter on
the losses: the five losses of each batch of 4 scenes, which are new in every step.
"""

import csv
import sys
from pathlib import Path

import keras

import keras_maskrcnn as km

STEPS, BATCH_SIZE, IMAGE_SIZE = 1500, 4, 96


def main(path=Path(__file__).parent / "course" / "losses.csv"):
    """Trains and writes a line after every step."""
    keras.utils.set_random_seed(0)
    model = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes", load_weights=False)
    model.compile(keras.optimizers.Adam(1e-3))
    scenes = km.data.ShapesSource(STEPS * BATCH_SIZE, IMAGE_SIZE, seed=1)
    loader = km.data.Loader(scenes, BATCH_SIZE, IMAGE_SIZE)
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("step", *model.loss_names))
        for step in range(STEPS):
            model.reset_metrics()
            (batch,) = loader[step]
            values = model.train_on_batch(batch, return_dict=True)
            table.writerow([step + 1, *(f"{float(values[name]):.4g}" for name in model.loss_names)])
            file.flush()


if __name__ == "__main__":
    sys.exit(main())
