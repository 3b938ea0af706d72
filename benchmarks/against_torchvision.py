"""Times this package on JAX against torchvision, on this machine's CPU, in one process.

    pip install ".[jax]" torch torchvision
    python benchmarks/against_torchvision.py [--rounds 5] [--json FILE]

Both sides get the same images, boxes and scores; their runs alternate, and medians are printed.
Weights are random; the class scores are spread so that both sides fill their 100 detections.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import time

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle OpenMP threads must not burn our cores

import jax
import keras
import numpy as np
import torch
import torchvision

import keras_maskrcnn as km
from keras_maskrcnn import ops as km_ops

HEIGHT, WIDTH, PADDED_WIDTH = 800, 1066, 1088
STRIDES = (4, 8, 16, 32)


def alternate(ours, theirs, rounds, repeats=1):
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


def whole_model(rounds):
    """R50-FPN, one 800 x 1066 image, 1000 proposals, 100 detections with masks."""
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype("uint8")
    keras.utils.set_random_seed(0)
    model = km.MaskRCNN(km.backbones.ResNet(50), num_classes=90)
    for weight in model.backbone.weights:
        if weight.path.endswith("_3_bn/gamma"):  # keeps the activations of a random network small
            weight.assign(0.2 * weight)
    kernel = model.box_head.class_logits.kernel
    kernel.assign(kernel * 60.0)
    torch.manual_seed(0)
    peer = torchvision.models.detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    peer.eval().roi_heads.box_predictor.cls_score.weight.data *= 60.0
    tensor = torch.from_numpy(image).permute(2, 0, 1).float() / 255
    padded = np.zeros((1, HEIGHT, PADDED_WIDTH, 3), "uint8")
    padded[0, :, :WIDTH] = image
    inputs = {"images": padded, "image_sizes": np.array([[HEIGHT, WIDTH]], "int32")}
    found = {}

    def ours():
        found["ours"] = int(np.asarray(model.predict_on_batch(inputs)["valid"]).sum())

    def theirs():
        with torch.inference_mode():
            found["torchvision"] = len(peer([tensor])[0]["scores"])

    times = alternate(ours, theirs, rounds)
    return {"R50-FPN 800x1066, 1 image": times}, found


def pyramid(channels=256):
    """Random features of an 800 x 1088 image, channels last."""
    rng = np.random.default_rng(0)
    sizes = [(HEIGHT // s, PADDED_WIDTH // s) for s in STRIDES]
    return [rng.normal(size=(1, *size, channels)).astype("float32") for size in sizes]


def random_boxes(count):
    """Boxes of an 800 x 1066 image, of all sizes."""
    rng = np.random.default_rng(1)
    side = np.exp(rng.uniform(np.log(16), np.log(500), (count, 2)))
    corner = rng.uniform(0, 1, (count, 2)) * (np.array([WIDTH, HEIGHT]) - side).clip(1)
    boxes = np.concatenate([corner, corner + side], axis=1)
    return boxes.clip(0, [WIDTH, HEIGHT] * 2).astype("float32")


def roi_align(rounds):
    """1000 boxes, 7 x 7, four levels of 256 channels; forward, then with the gradient (512)."""
    maps, boxes = pyramid(), random_boxes(1000)
    levels = km_ops.assign_levels(boxes[None]) - 2

    def forward(features, boxes, levels):
        return km_ops.roi_align(features, STRIDES, boxes, levels, 7)

    def loss(features, boxes, levels):
        return (forward(features, boxes, levels) ** 2).sum()

    compiled, gradient = jax.jit(forward), jax.jit(jax.grad(loss))
    features = [jax.numpy.asarray(f) for f in maps]
    pooler = torchvision.ops.MultiScaleRoIAlign(list("0123"), 7, 2)
    names = dict(
        zip(
            "0123",
            [torch.from_numpy(f).permute(0, 3, 1, 2).contiguous() for f in maps],
            strict=True,
        )
    )
    rois, size = torch.from_numpy(boxes), [(HEIGHT, WIDTH)]

    def theirs_backward():
        leaves = {k: v.clone().requires_grad_() for k, v in names.items()}
        (pooler(leaves, [rois[:512]], size) ** 2).sum().backward()

    half = boxes[None, :512], levels[:, :512]
    return {
        "RoIAlign forward, 1000 boxes": alternate(
            lambda: jax.block_until_ready(compiled(features, boxes[None], levels)),
            lambda: pooler(names, [rois], size),
            rounds,
            repeats=5,
        ),
        "RoIAlign forward + backward, 512 boxes": alternate(
            lambda: jax.block_until_ready(gradient(features, *half)), theirs_backward, rounds
        ),
    }


def nms(rounds):
    """1000 boxes, threshold 0.7."""
    boxes, scores = random_boxes(1000), np.random.default_rng(2).random(1000).astype("float32")
    compiled = jax.jit(lambda b, s: km_ops.nms(b, s, 0.7))
    ours = [jax.numpy.asarray(x) for x in (boxes, scores)]
    theirs = [torch.from_numpy(x) for x in (boxes, scores)]
    indices, kept = compiled(*ours)
    same = np.array_equal(np.asarray(indices)[np.asarray(kept)], torchvision.ops.nms(*theirs, 0.7))
    assert same, "the two NMS must keep the same boxes"
    return {
        "NMS, 1000 boxes": alternate(
            lambda: jax.block_until_ready(compiled(*ours)),
            lambda: torchvision.ops.nms(*theirs, 0.7),
            rounds,
            repeats=100,
        )
    }


def main():
    """Runs all and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="file for the figures")
    args = parser.parse_args()
    rows = {**nms(args.rounds), **roi_align(args.rounds)}
    model_rows, found = whole_model(args.rounds)
    rows |= model_rows
    print(f"{'':42}{'ours, ms':>10}{'torchvision, ms':>17}{'ratio':>7}")
    for name, (ours, theirs) in rows.items():
        print(f"{name:42}{1e3 * ours:10.2f}{1e3 * theirs:17.2f}{theirs / ours:7.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"detections: {found}; peak memory of this process: {peak:.1f} GiB")
    versions = {m.__name__: m.__version__ for m in (jax, keras, torch, torchvision)}
    print(f"{platform.machine()}, {os.cpu_count()} cores, {versions}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"seconds": rows, "detections": found, "versions": versions}, file, indent=2)


if __name__ == "__main__":
    main()
