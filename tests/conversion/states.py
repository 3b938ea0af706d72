"""State dicts of zeros, with the keys and shapes of the files that the libraries publish."""

import json

import numpy as np

from keras_maskrcnn.conversion.architecture import BLOCKS
from tests.parity.reference import load, matterport_shapes

# Depth, groups, width per group by what the names of the models say.
BACKBONES = {
    "resnet18": (18, 1, 64),
    "resnet34": (34, 1, 64),
    "resnet50": (50, 1, 64),
    "resnet101": (101, 1, 64),
    "resnext50_32x4d": (50, 32, 4),
    "resnext101_32x8d": (101, 32, 8),
    "R_50": (50, 1, 64),
    "R_101": (101, 1, 64),
    "X_50_32x4d": (50, 32, 4),
    "X_101_32x8d": (101, 32, 8),
}
# EfficientNet-Lite: blocks and channels of the seven stages; kernels and expansions are alike.
LITE = {
    "efficientnet_lite0": ((1, 2, 2, 3, 3, 4, 1), (16, 24, 40, 80, 112, 192, 320)),
    "efficientnet_lite1": ((1, 3, 3, 4, 4, 5, 1), (16, 24, 40, 80, 112, 192, 320)),
    "efficientnet_lite2": ((1, 3, 3, 4, 4, 5, 1), (16, 24, 48, 88, 120, 208, 352)),
    "efficientnet_lite3": ((1, 3, 3, 5, 5, 6, 1), (24, 32, 48, 96, 136, 232, 384)),
    "efficientnet_lite4": ((1, 4, 4, 6, 6, 8, 1), (24, 32, 56, 112, 160, 272, 448)),
}


def published_state(family, model):
    """What `keras_maskrcnn.checkpoints.read` gives of the file of a model."""
    if family == "efficientnet_lite":
        return _efficientnet_lite(*LITE[model])
    if family == "matterport":
        return _matterport(model)
    if family == "detectron2":
        return _detectron2(model)
    if model in BACKBONES:
        classifier = {"fc.weight": zeros(1000, 9), "fc.bias": zeros(1000)}
        return {**backbone(*BACKBONES[model]), **classifier}
    return _torchvision(model)


def zeros(*shape):
    """Takes no memory, whatever its shape."""
    return np.broadcast_to(np.float32(0), shape)


def backbone(depth, groups=1, width=64, prefix=""):
    """A state dict of torchvision's ResNet."""
    state = {f"{prefix}conv1.weight": zeros(64, 3, 7, 7), **batch_norm(f"{prefix}bn1", 64)}
    channels = 64
    for stage, count in enumerate(BLOCKS[depth], start=1):
        filters = 32 * 2**stage
        inner, out = filters * width * groups // 64, filters * (4 if depth >= 50 else 1)
        for block in range(count):
            name = f"{prefix}layer{stage}.{block}"
            kernels = [(filters, channels, 3, 3), (filters, filters, 3, 3)]
            if depth >= 50:
                middle = (inner, inner // groups, 3, 3)
                kernels = [(inner, channels, 1, 1), middle, (out, inner, 1, 1)]
            for number, kernel in enumerate(kernels, start=1):
                state[f"{name}.conv{number}.weight"] = zeros(*kernel)
                state |= batch_norm(f"{name}.bn{number}", kernel[0])
            if block == 0 and channels != out:
                state[f"{name}.downsample.0.weight"] = zeros(out, channels, 1, 1)
                state |= batch_norm(f"{name}.downsample.1", out)
            channels = out
    return state


def batch_norm(name, channels):
    kinds = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{kind}": zeros(channels) for kind in kinds}


def recorded_keys(name, keys="keys"):
    """Zeros for the keys and shapes that the library itself gave for the reference networks."""
    return {key: zeros(*shape) for key, shape in json.loads(bytes(load(name)[keys])).items()}


def _torchvision(model):
    if model.startswith("keypointrcnn"):
        state = recorded_keys("torchvision_keypointrcnn_resnet50_fpn")
    elif model.endswith("_v2"):
        state = recorded_keys("torchvision_maskrcnn_resnet50_fpn_v2")
    elif "resnext" in model:
        state = recorded_keys("torchvision_maskrcnn_resnext50_32x4d_fpn")
    else:
        state = recorded_keys("torchvision_maskrcnn_resnet50_fpn", "keys_published")
    if model.startswith("fasterrcnn"):
        state = {key: array for key, array in state.items() if "roi_heads.mask" not in key}
    if not model.endswith("_v2"):  # trained with frozen normalisation
        state = {k: array for k, array in state.items() if not k.endswith("num_batches_tracked")}
    return state


def _detectron2(model):
    name = model.partition("rcnn_")[2].partition("_FPN")[0]
    kind = "keypoint" if model.startswith("keypoint") else "mask"
    heads = recorded_keys(f"detectron2_{kind}_rcnn_R_50_FPN_3x")
    heads = {key: x for key, x in heads.items() if not key.startswith("backbone.bottom_up.")}
    if model.startswith("faster"):
        heads = {key: x for key, x in heads.items() if "mask_head" not in key}
    return {**detectron2_backbone(*BACKBONES[name]), **heads}


def detectron2_backbone(depth, groups=1, width=64):
    """The same ResNet under the names of Detectron2."""
    state = {}
    for key, array in backbone(depth, groups, width).items():
        for stage in (4, 3, 2, 1):
            key = key.replace(f"layer{stage}.", f"res{stage + 1}.")
        if key.startswith(("conv1", "bn1")):
            key = f"stem.{key}"
        for number in (1, 2, 3):
            key = key.replace(f"bn{number}.", f"conv{number}.norm.")
        key = key.replace("downsample.0.", "shortcut.").replace("downsample.1.", "shortcut.norm.")
        state[f"backbone.bottom_up.{key}"] = array
    return state


def _matterport(model):
    state = {key: zeros(*shape) for key, shape in matterport_shapes(81).items()}
    if model == "resnet101":
        for key, array in list(state.items()):
            if "4f_branch" in key:
                state |= {key.replace("4f_", f"4{x}_"): array for x in "ghijklmnopqrstuvw"}
    return state


def _efficientnet_lite(blocks, widths):
    state, channels, index = {}, 32, 0

    def add(name, bn, *shape):
        state[f"{name}.weight"] = zeros(*shape)
        state.update(batch_norm(bn, shape[0]))
        state[f"{bn}.num_batches_tracked"] = zeros()

    add("_conv_stem", "_bn0", 32, 3, 3, 3)
    for count, filters, size in zip(blocks, widths, (3, 3, 5, 3, 5, 5, 3), strict=True):
        for _ in range(count):
            name, inside = f"_blocks.{index}.", channels if index == 0 else 6 * channels
            if index:
                add(f"{name}_expand_conv", f"{name}_bn0", inside, channels, 1, 1)
            add(f"{name}_depthwise_conv", f"{name}_bn1", inside, 1, size, size)
            add(f"{name}_project_conv", f"{name}_bn2", filters, inside, 1, 1)
            channels, index = filters, index + 1
    add("_conv_head", "_bn1", 1280, channels, 1, 1)
    return {**state, "_fc.weight": zeros(1000, 1280), "_fc.bias": zeros(1000)}
