"""Rebuilds the weights of the reference networks from their seed, and the pictures they saw.

One stream of NumPy's legacy generator for each array, seeded by its name: the same everywhere.
"""

import json
import zlib
from pathlib import Path

import cv2
import numpy as np

DATA = Path(__file__).parent / "data"
SEEDS = {"torchvision": 20240, "detectron2": 777, "matterport": 7}
# Transposed convolutions of stride 2 have one tap of the 2 x 2 kernel for each output.
DECONVS = ("conv5_mask", "mask_head.deconv")
LAST_NORMS = (".bn3", ".conv3.norm", "branch2c")


def load(name):
    """The arrays of a file in `data/`, in a dict of dicts by the part of their name before a /."""
    parts = {}
    with np.load(DATA / f"{name}.npz") as file:
        for key in file.files:
            part, _, rest = key.partition("/")
            if rest:
                parts.setdefault(part, {})[rest] = file[key]
            else:
                parts[part] = file[key]
    return parts


def pictures():
    """The two RGB pictures."""
    return [cv2.imread(str(DATA / f"{name}.png"))[..., ::-1].copy() for name in "ST"]


def torch_state(family, data, keys="keys"):
    """The state dict of a network of torchvision or Detectron2: {key: float32 array}."""
    shapes = json.loads(bytes(data[keys]))
    norms = {key[: -len(".running_mean")] for key in shapes if key.endswith(".running_mean")}
    state = {}
    for key, shape in shapes.items():
        layer, kind = key.rsplit(".", 1)
        random = np.random.RandomState(zlib.crc32(key.encode()) ^ SEEDS[family])
        if kind == "num_batches_tracked":
            state[key] = np.array(0, np.int64)
        elif layer in norms:
            state[key] = _norm(random, layer, kind, shape, data["calib"])
        else:
            state[key] = _weight(random, layer, kind, shape, data["calib"])
    return state


def _weight(random, layer, kind, shape, calib):
    if kind == "bias":
        drawn = random.uniform(-0.1, 0.1, shape) + calib.get("bias:" + layer, 0.0)
    else:
        fan_in = shape[0] if layer.endswith(DECONVS) else int(np.prod(shape[1:]))
        fan_in = 4 * shape[0] if layer.endswith("score_lowres") else fan_in  # of a 4 x 4 kernel
        drawn = random.standard_normal(shape) * np.sqrt(2.0 / fan_in)
        drawn = drawn * float(calib.get("scale:" + layer, 1.0))
    return drawn.astype(np.float32)


def _norm(random, layer, kind, shape, calib):
    variance = calib.get("var:" + layer, np.ones(shape))
    if kind in ("weight", "gamma"):
        low, high = (0.2, 0.6) if layer.endswith(LAST_NORMS) else (0.6, 1.4)
        drawn = random.uniform(low, high, shape)
    elif kind in ("bias", "beta"):
        drawn = random.uniform(-0.3, 0.3, shape)
    elif kind in ("running_mean", "moving_mean"):
        noise = 0.1 * np.sqrt(variance) * random.standard_normal(shape)
        drawn = calib.get("mean:" + layer, np.zeros(shape)) + noise
    else:
        drawn = variance * random.uniform(0.75, 1.35, shape)
    return np.asarray(drawn, np.float32)


def matterport_state(data, classes=4):
    """The weights of a Matterport ResNet-50 network: {"<layer>/<kind>": float32 array}."""
    calib, state = data["calib"], {}
    for key, shape in matterport_shapes(classes).items():
        layer, kind = key.split("/")
        seed = zlib.crc32(f"{key}:0".encode()) ^ SEEDS["matterport"]
        random = np.random.RandomState(seed)
        if kind == "kernel":
            fan_in = shape[3] if layer == "mrcnn_mask_deconv" else int(np.prod(shape[:-1]))
            drawn = random.standard_normal(shape) * np.sqrt(2.0 / fan_in)
            drawn = drawn * float(calib.get("scale:" + layer, 1.0))
        elif kind == "bias":
            drawn = random.uniform(-0.1, 0.1, shape) * float(calib.get("bscale:" + layer, 1.0))
            drawn = drawn + calib.get("bias:" + layer, 0.0)
        else:
            drawn = _norm(random, layer, kind, shape, calib)
        state[key] = drawn.astype(np.float32)
    return state


def matterport_shapes(classes):
    shapes = {}

    def conv(layer, *kernel, norm=None):
        shapes[f"{layer}/kernel"], shapes[f"{layer}/bias"] = kernel, kernel[-1:]
        for kind in ("gamma", "beta", "moving_mean", "moving_variance") if norm else ():
            shapes[f"{norm}/{kind}"] = kernel[-1:]

    conv("conv1", 7, 7, 3, 64, norm="bn_conv1")
    channels = 64
    for stage, blocks in zip((2, 3, 4, 5), (3, 4, 6, 3), strict=True):
        filters = 16 * 2**stage
        for letter in "abcdef"[:blocks]:
            name, norm = f"res{stage}{letter}_branch", f"bn{stage}{letter}_branch"
            conv(f"{name}2a", 1, 1, channels, filters, norm=f"{norm}2a")
            conv(f"{name}2b", 3, 3, filters, filters, norm=f"{norm}2b")
            conv(f"{name}2c", 1, 1, filters, 4 * filters, norm=f"{norm}2c")
            if letter == "a":
                conv(f"{name}1", 1, 1, channels, 4 * filters, norm=f"{norm}1")
            channels = 4 * filters
        conv(f"fpn_c{stage}p{stage}", 1, 1, channels, 256)
        conv(f"fpn_p{stage}", 3, 3, 256, 256)
    conv("rpn_conv_shared", 3, 3, 256, 512)
    conv("rpn_class_raw", 1, 1, 512, 6)
    conv("rpn_bbox_pred", 1, 1, 512, 12)
    conv("mrcnn_class_conv1", 7, 7, 256, 1024, norm="mrcnn_class_bn1")
    conv("mrcnn_class_conv2", 1, 1, 1024, 1024, norm="mrcnn_class_bn2")
    conv("mrcnn_class_logits", 1024, classes)
    conv("mrcnn_bbox_fc", 1024, 4 * classes)
    for number in (1, 2, 3, 4):
        conv(f"mrcnn_mask_conv{number}", 3, 3, 256, 256, norm=f"mrcnn_mask_bn{number}")
    shapes["mrcnn_mask_deconv/kernel"] = (2, 2, 256, 256)
    shapes["mrcnn_mask_deconv/bias"] = (256,)
    conv("mrcnn_mask", 1, 1, 256, classes)
    return shapes
