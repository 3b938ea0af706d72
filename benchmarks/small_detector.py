"""The small detector beside Mask R-CNN with ResNet-50, and its depthwise convolutions.

    KERAS_BACKEND=jax python benchmarks/small_detector.py

Seconds of `detect` on one photo of 640 x 480, both models in turns, and of depthwise convolutions
at sizes of EfficientNet-Lite0 at 640 pixels, forward and with gradients, ours and `keras.ops`'.
Weights are random: what is found has no bearing on the time, which masks of 100 detections take at
most. Medians; compilation is left out. `--memory lite0|resnet50` prints the peak of one process.
"""

import argparse
import statistics
import time

import keras
import numpy as np
from cases.device import compiled, compiled_gradient, process_peak_bytes
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.ops.convolution import conv2d

PHOTO, TURNS = (480, 640, 3), 7
# Side of the map, channels, kernel size, stride.
DEPTHWISE = ((320, 32, 3, 1), (320, 96, 3, 2), (160, 144, 5, 2), (40, 480, 5, 1), (20, 1152, 5, 1))


def detector(name):
    """One of the two models, for one class."""
    resizer = km.data.ImageResizer(480, 640)
    if name == "lite0":
        known = {"load_weights": False, "image_resizer": resizer}
        return km.MaskRCNN.from_backbone("efficientnet_lite0_imagenet", ["object"], **known)
    return km.MaskRCNN(km.backbones.ResNet(50, freeze_bn=True), 1, image_resizer=resizer)


def medians(runs):
    """Median seconds of each of several functions, by name, after one call that compiles."""
    seconds = {name: [] for name in runs}
    for turn in range(TURNS + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(all_seconds) for name, all_seconds in seconds.items()}


def detections():
    """Print what `detect` takes, and what share of ResNet-50's the small one takes."""
    photo = np.random.default_rng(0).integers(0, 256, PHOTO, "uint8")
    models = {name: detector(name) for name in ("lite0", "resnet50")}
    found = medians({name: lambda m=model: m.detect(photo) for name, model in models.items()})
    times = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in found.items())
    print(f"detect, 640 x 480: {times}, ratio {found['lite0'] / found['resnet50']:.3f}")


def convolutions():
    """Print milliseconds of depthwise convolutions, ours and Keras'."""
    rng = np.random.default_rng(0)
    for side, channels, size, stride in DEPTHWISE:
        x = ops.convert_to_tensor(rng.standard_normal((1, side, side, channels), "float32"))
        kernel = rng.standard_normal((size, size, 1, channels), "float32")
        kernel = ops.convert_to_tensor(kernel)

        def ours(x, kernel, stride=stride):
            return conv2d(x, kernel, (stride, stride), "same")

        def theirs(x, kernel, stride=stride):
            kernel = ops.transpose(kernel, (0, 1, 3, 2))
            return ops.depthwise_conv(x, kernel, stride, "same", data_format="channels_last")

        runs = {}
        for name, function in (("ours", ours), ("keras", theirs)):
            forward = compiled(function)
            gradient = compiled_gradient(lambda pair, f=function: f(*pair))
            runs[f"{name} forward"] = lambda f=forward, x=x, k=kernel: f(x, k)
            runs[f"{name} with gradients"] = lambda f=gradient, pair=[x, kernel]: f(pair)
        found = ", ".join(f"{name} {1e3 * s:.1f}" for name, s in medians(runs).items())
        print(f"{size} x {size} / {stride}, {side} x {side} x {channels}, ms: {found}", flush=True)


def main():
    """Print the times, or the memory of one model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", choices=("lite0", "resnet50"))
    args = parser.parse_args()
    if args.memory:
        model, photo = detector(args.memory), np.zeros(PHOTO, "uint8")
        for _ in range(3):
            model.detect(photo)
        peak = process_peak_bytes() / 2**20
        print(f"{args.memory}, {keras.backend.backend()}: peak of the process {peak:.0f} MiB")
        return
    print(keras.backend.backend())
    convolutions()
    detections()


if __name__ == "__main__":
    main()
