"""How large everything is: the paper's sizes, or tiny ones that only show that the suite runs."""

import os
from dataclasses import dataclass

QUICK = os.environ.get("MASKRCNN_BENCHMARKS") == "quick"
STRIDES = (4, 8, 16, 32)
TRAIN_CPU, TRAIN_GPU = "2 x 512 x 512", "16 x 800 x 1344"


@dataclass(frozen=True)
class Sizes:
    """Pixels are (height, width)."""

    image: tuple = (800, 1066)
    padded: tuple = (800, 1088)
    channels: int = 256
    boxes: int = 1000
    training_boxes: int = 512
    masks: int = 100
    keypoint_dims: tuple = (512,) * 8
    classes: int = 90
    photo: tuple = (3000, 4000)
    large_batch: int = 8
    objects: int = 8  # per image; COCO has 7.3
    loader: tuple = (16, 640, 480, 512)  # images, their width and height, the canvas
    matmul: int = 8192
    copied: int = 2**30
    seconds: float = 10.0  # that one timing goes on for, compilation and warm-up aside
    most_runs: int = 30


TINY = Sizes(
    image=(64, 90),
    padded=(64, 96),
    channels=8,
    boxes=40,
    training_boxes=16,
    masks=4,
    keypoint_dims=(8,),
    classes=3,
    photo=(300, 400),
    large_batch=2,
    objects=2,
    loader=(4, 96, 64, 64),
    matmul=64,
    copied=2**16,
    seconds=0.0,
    most_runs=1,
)
SIZES = TINY if QUICK else Sizes()


def train_batch(name):
    """(images, height, width) of a training batch that a benchmark's parameter names."""
    return (2, 64, 64) if QUICK else tuple(map(int, name.split(" x ")))
