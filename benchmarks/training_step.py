"""Times a training step of mask_rcnn_resnet18_fpn_nuclei on the backend that runs.

KERAS_BACKEND=tensorflow python benchmarks/training_step.py [--batch-size 8] [--steps 5]

The batch is random: 256 x 256 pixels, 64 objects of 15 to 50 pixels in each image.
"""

import argparse
import resource
import statistics
import time

import keras
import numpy as np

import keras_maskrcnn as km

SIZE, OBJECTS = 256, 64


def random_batch(batch_size):
    """A batch as `Loader` gives it."""
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, SIZE - 50, (batch_size, OBJECTS, 2))
    side = rng.uniform(15, 50, (batch_size, OBJECTS, 2))
    return {
        "images": rng.integers(0, 256, (batch_size, SIZE, SIZE, 3)).astype("uint8"),
        "image_sizes": np.full((batch_size, 2), SIZE, "int32"),
        "gt_boxes": np.concatenate([corner, corner + side], axis=-1).astype("float32"),
        "gt_labels": np.ones((batch_size, OBJECTS), "int32"),
        "gt_masks": np.ones((batch_size, OBJECTS, 56, 56), "uint8"),
    }


def main():
    """Prints the first step, compilation included, and the median of the others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=5)
    args = parser.parse_args()
    model = km.MaskRCNN.from_preset("mask_rcnn_resnet18_fpn_nuclei")
    model.compile("adamw")
    batch, seconds = random_batch(args.batch_size), []
    for _ in range(args.steps + 1):
        start = time.perf_counter()
        model.train_on_batch(batch)
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{keras.backend.backend()}: first step {seconds[0]:.1f} s, "
        f"then {statistics.median(seconds[1:]):.2f} s; "
        f"peak memory {peak:.1f} GiB"
    )


if __name__ == "__main__":
    main()
