"""EfficientNet-Lite0 written once more, after the paper, with `torch.nn.functional` alone."""

import math

import numpy as np
import torch
from torch.nn import functional

from tests.conversion.states import published_state

MODEL = "efficientnet_lite0"
# blocks, kernel size, stride, expansion, channels of each stage
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def random_state(seed=0):
    """A state dict with the names and shapes of the published file, classifier included."""
    rng, state = np.random.default_rng(seed), published_state("efficientnet_lite", MODEL)
    for key, array in state.items():
        kind = key.rpartition(".")[2]
        if array.ndim == 4:
            deviation = math.sqrt(2 / math.prod(array.shape[1:]))
            state[key] = rng.normal(0, deviation, array.shape).astype("float32")
        elif kind in ("weight", "running_var"):
            state[key] = rng.uniform(0.8, 1.2, array.shape).astype("float32")
        elif kind in ("bias", "running_mean"):
            state[key] = rng.normal(0, 0.1, array.shape).astype("float32")
    return state


def maps(state, images):
    """The outputs of stages 2, 3, 5 and 7, (B, H, W, C) arrays, of (B, H, W, 3) images."""
    state = {key: torch.from_numpy(array) for key, array in state.items()}

    def conv(x, name, bn, stride=1, groups=1):
        kernel = state[f"{name}.weight"]
        x = functional.conv2d(same(x, kernel.shape[-1], stride), kernel, None, stride, 0, 1, groups)
        mean, var = state[f"{bn}.running_mean"], state[f"{bn}.running_var"]
        return functional.batch_norm(
            x, mean, var, state[f"{bn}.weight"], state[f"{bn}.bias"], eps=1e-3
        )

    found, index = [], 0
    x = torch.from_numpy(images).permute(0, 3, 1, 2)
    x = functional.relu6(conv(x, "_conv_stem", "_bn0", 2))
    for number, (blocks, _, stride, expansion, filters) in enumerate(STAGES, start=1):
        for block in range(blocks):
            name, inputs, step = f"_blocks.{index}.", x, stride if block == 0 else 1
            if expansion > 1:
                x = functional.relu6(conv(x, f"{name}_expand_conv", f"{name}_bn0"))
            x = conv(x, f"{name}_depthwise_conv", f"{name}_bn1", step, groups=x.shape[1])
            x = conv(functional.relu6(x), f"{name}_project_conv", f"{name}_bn2")
            if step == 1 and inputs.shape[1] == filters:
                x = x + inputs
            index += 1
        if number in (2, 3, 5, 7):
            found.append(x.permute(0, 2, 3, 1).numpy())
    return found


def same(x, size, stride):
    """Zeros around the map as TensorFlow pads it: one more at the bottom and right if uneven."""
    height, width = (max((math.ceil(n / stride) - 1) * stride + size - n, 0) for n in x.shape[-2:])
    return functional.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
