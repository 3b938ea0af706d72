"""Times this package against torchvision, on this machine's CPU, in one process, in turns.

    pip install ".[jax,tensorflow]" torch torchvision
    KERAS_BACKEND=jax python benchmarks/against_torchvision.py [--rounds 5] [--json FILE]

Both sides get the same images, boxes and scores; their runs alternate, and medians are printed.
Weights are random; the class scores are spread so that both sides fill their 100 detections. The
peak memory of each side is that of a process of its own that runs it twice.
"""

import argparse
import functools
import json
import os
import platform
import statistics
import subprocess
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle OpenMP threads must not burn our cores
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import torch  # before TensorFlow: the other order may crash
import torchvision

# isort: split
import keras
import numpy as np

import keras_maskrcnn as km
from keras_maskrcnn import ops as km_ops

BACKEND = keras.backend.backend()
HEIGHT, WIDTH, PADDED_WIDTH = 800, 1066, 1088
STRIDES = (4, 8, 16, 32)
TRAIN_SIZE, TRAIN_BATCH, OBJECTS = 512, 2, 8


def alternate(ours, theirs, rounds, repeats):
    """Median seconds of both: `repeats` runs of one, then of the other, `rounds` times over.

    One round before warms up. Before each turn a pause, for the other side's worker threads to
    stop spinning.
    """
    times = ([], [])
    for turn in range(rounds + 1):
        for function, kept in zip((ours, theirs), times, strict=True):
            time.sleep(0.3)
            for _ in range(repeats):
                start = time.perf_counter()
                function()
                if turn:
                    kept.append(time.perf_counter() - start)
    return [statistics.median(kept) for kept in times]


def compiled(function):
    """`function` of tensors as the backend runs it in a model; it waits for the result."""
    if BACKEND == "jax":
        import jax

        jitted = jax.jit(function)
        return lambda *args: jax.block_until_ready(jitted(*args))
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.function(function)

    def eager(*args):
        with torch.inference_mode():
            return function(*args)

    return eager


def gradient(function):
    """Gradient of a scalar function with respect to its first argument, a list of tensors."""
    if BACKEND == "jax":
        import jax

        return compiled(jax.grad(function))
    if BACKEND == "tensorflow":
        import tensorflow as tf

        def differentiated(first, *args):
            with tf.GradientTape() as tape:
                tape.watch(first)
                value = function(first, *args)
            return tape.gradient(value, first)

        return tf.function(differentiated)

    def backward(first, *args):
        leaves = [x.clone().requires_grad_() for x in first]
        with torch.enable_grad():
            function(leaves, *args).backward()

    return backward


def tensors(*arrays):
    """The arrays as tensors of the backend."""
    return [keras.ops.convert_to_tensor(array) for array in arrays]


def random_boxes(count):
    """Boxes of an 800 x 1066 image, of all sizes."""
    rng = np.random.default_rng(1)
    side = np.exp(rng.uniform(np.log(16), np.log(500), (count, 2)))
    corner = rng.uniform(0, 1, (count, 2)) * (np.array([WIDTH, HEIGHT]) - side).clip(1)
    boxes = np.concatenate([corner, corner + side], axis=1)
    return boxes.clip(0, [WIDTH, HEIGHT] * 2).astype("float32")


def nms():
    """1000 boxes, threshold 0.7."""
    boxes, scores = random_boxes(1000), np.random.default_rng(2).random(1000).astype("float32")
    ours, arguments = compiled(lambda b, s: km_ops.nms(b, s, 0.7)), tensors(boxes, scores)
    theirs = [torch.from_numpy(x) for x in (boxes, scores)]
    indices, kept = (keras.ops.convert_to_numpy(x) for x in ours(*arguments))
    same = np.array_equal(indices[kept], torchvision.ops.nms(*theirs, 0.7))
    assert same, "the two NMS must keep the same boxes"
    return lambda: ours(*arguments), lambda: torchvision.ops.nms(*theirs, 0.7)


def roi_align_inputs(count):
    """Features of an 800 x 1088 image, boxes and their levels; and torchvision's of the same."""
    rng = np.random.default_rng(0)
    sizes = [(HEIGHT // s, PADDED_WIDTH // s) for s in STRIDES]
    maps = [rng.normal(size=(1, *size, 256)).astype("float32") for size in sizes]
    boxes = random_boxes(count)
    (batch,) = tensors(boxes[None])
    levels = km_ops.assign_levels(batch) - 2
    names = {
        str(i): torch.from_numpy(f).permute(0, 3, 1, 2).contiguous() for i, f in enumerate(maps)
    }
    return (tensors(*maps), batch, levels), (names, torch.from_numpy(boxes))


def align(features, boxes, levels):
    """Four levels of 256 channels, 7 x 7 bins of 4 samples."""
    return km_ops.roi_align(features, STRIDES, boxes, levels, 7)


def roi_align():
    """1000 boxes, forward."""
    arguments, (names, boxes) = roi_align_inputs(1000)
    ours = compiled(align)
    pooler = torchvision.ops.MultiScaleRoIAlign(list("0123"), 7, 2)

    def theirs():
        with torch.inference_mode():
            pooler(names, [boxes], [(HEIGHT, WIDTH)])

    return lambda: ours(*arguments), theirs


def roi_align_gradient():
    """512 boxes, forward and backward."""
    arguments, (names, boxes) = roi_align_inputs(512)
    ours = gradient(lambda *args: keras.ops.sum(align(*args) ** 2))
    pooler = torchvision.ops.MultiScaleRoIAlign(list("0123"), 7, 2)

    def theirs():
        with torch.enable_grad():
            leaves = {k: v.clone().requires_grad_() for k, v in names.items()}
            (pooler(leaves, [boxes], [(HEIGHT, WIDTH)]) ** 2).sum().backward()

    return lambda: ours(*arguments), theirs


def new_models(**options):
    """Both libraries' R50-FPN with 90 classes and random weights that keep activations small."""
    keras.utils.set_random_seed(0)
    model = km.MaskRCNN(km.backbones.ResNet(50), num_classes=90)
    for weight in model.backbone.weights:
        if weight.path.endswith("_3_bn/gamma"):
            weight.assign(0.2 * weight)
    torch.manual_seed(0)
    build = torchvision.models.detection.maskrcnn_resnet50_fpn
    peer = build(weights=None, weights_backbone=None, **options)
    for name, weight in peer.named_parameters():
        if name.endswith("bn3.weight"):
            weight.data *= 0.2
    return model, peer


def predict():
    """One 800 x 1066 image, 1000 proposals, 100 detections with masks."""
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype("uint8")
    model, peer = new_models()
    kernel = model.box_head.class_logits.kernel
    kernel.assign(kernel * 60.0)
    peer.eval().roi_heads.box_predictor.cls_score.weight.data *= 60.0
    tensor = torch.from_numpy(image).permute(2, 0, 1).float() / 255
    padded = np.zeros((1, HEIGHT, PADDED_WIDTH, 3), "uint8")
    padded[0, :, :WIDTH] = image
    inputs = {"images": padded, "image_sizes": np.array([[HEIGHT, WIDTH]], "int32")}

    def ours():
        assert np.asarray(model.predict_on_batch(inputs)["valid"]).sum() == 100

    def theirs():
        with torch.inference_mode():
            assert len(peer([tensor])[0]["scores"]) == 100

    return ours, theirs


def train():
    """Forward, losses, backward and SGD with momentum: 2 images of 512 x 512, 8 objects each."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (TRAIN_BATCH, TRAIN_SIZE, TRAIN_SIZE, 3)).astype("uint8")
    side = rng.uniform(30, 200, (TRAIN_BATCH, OBJECTS, 2))
    corner = rng.uniform(0, 1, side.shape) * (TRAIN_SIZE - side)
    boxes = np.concatenate([corner, corner + side], axis=-1).astype("float32")
    labels = rng.integers(1, 91, (TRAIN_BATCH, OBJECTS))
    batch = {
        "images": images,
        "image_sizes": np.full((TRAIN_BATCH, 2), TRAIN_SIZE, "int32"),
        "gt_boxes": boxes,
        "gt_labels": labels.astype("int32"),
        "gt_masks": np.ones((TRAIN_BATCH, OBJECTS, 56, 56), "uint8"),
    }
    model, peer = new_models(min_size=TRAIN_SIZE, max_size=TRAIN_SIZE)
    model.compile(keras.optimizers.SGD(1e-4, momentum=0.9))
    optimizer = torch.optim.SGD(peer.train().parameters(), 1e-4, momentum=0.9)
    pictures = [torch.from_numpy(image).permute(2, 0, 1).float() / 255 for image in images]
    targets = [_target(*objects) for objects in zip(boxes, labels, strict=True)]

    def theirs():
        with torch.enable_grad():
            optimizer.zero_grad()
            sum(peer(pictures, targets).values()).backward()
            optimizer.step()

    return lambda: model.train_on_batch(batch), theirs


def _target(boxes, labels):
    masks = np.zeros((len(boxes), TRAIN_SIZE, TRAIN_SIZE), "uint8")
    for mask, (x1, y1, x2, y2) in zip(masks, boxes.round().astype(int), strict=True):
        mask[y1:y2, x1:x2] = 1
    return {
        "boxes": torch.from_numpy(boxes),
        "labels": torch.from_numpy(labels),
        "masks": torch.from_numpy(masks),
    }


# Name -> what is run, how it is called in the table, and how often in a turn.
ROWS = {
    "nms": (nms, "NMS, 1000 boxes", 100),
    "roi_align": (roi_align, "RoIAlign forward, 1000 boxes", 5),
    "roi_align_gradient": (roi_align_gradient, "RoIAlign forward + backward, 512 boxes", 3),
    "predict": (predict, "R50-FPN 800x1066, 1 image", 1),
    "train": (train, "training step, R50-FPN 512x512, batch 2", 1),
}


def peak_memory(row, side):
    """GiB that a process of its own reaches that runs one side of a row twice."""
    command = [sys.executable, __file__, "--alone", row, side]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(run.stdout.split()[-1])


def alone(row, side):
    """Runs one side of a row twice and prints the peak memory of this process in GiB."""
    function = ROWS[row][0]()[("ours", "torchvision").index(side)]
    function(), function()
    with open("/proc/self/status", encoding="ascii") as file:  # getrusage would count the parent's
        peak = next(line for line in file if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / 2**20)


def versions():
    """Of the libraries that take part."""
    names = {"keras", "torch", "torchvision", BACKEND}
    return {name: sys.modules[name].__version__ for name in sorted(names)}


def main():
    """Runs the rows asked for and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--json", help="file for the figures")
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        return alone(*args.alone)
    say = functools.partial(print, flush=True)
    say(f"{BACKEND:42}{'ours, ms':>10}{'torchvision, ms':>17}{'ratio':>7}{'GiB: ours, theirs':>19}")
    results = {}
    for row in args.rows:
        make, name, repeats = ROWS[row]
        ours, theirs = alternate(*make(), args.rounds, repeats)
        memory = [peak_memory(row, side) for side in ("ours", "torchvision")]
        results[name] = {"seconds": [ours, theirs], "peak GiB": memory}
        say(
            f"{name:42}{1e3 * ours:10.2f}{1e3 * theirs:17.2f}{theirs / ours:7.2f}"
            f"{memory[0]:11.1f}{memory[1]:8.1f}"
        )
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    say(machine, versions())
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            report = {"backend": BACKEND, **machine, "versions": versions(), "rows": results}
            json.dump(report, file, indent=2)


if __name__ == "__main__":
    sys.exit(main())
