"""Convolution for PyTorch without the copies that Keras makes of channels-last maps.

A channels-last map is to PyTorch a map in its own order with the strides of channels last, which
its kernels take as it is. Keras copies it into the other order and back at every convolution.

Shapes: B images, H W map, h w kernel, C channels, F filters, g groups (`keras_maskrcnn.ops`).
"""

import torch
from torch.nn import functional


def conv2d(x, kernel, strides, padding) -> torch.Tensor:
    """Two-dimensional convolution, see `keras_maskrcnn.ops.convolution.conv2d`."""
    x = torch.permute(x, (0, 3, 1, 2))  # (B, C, H, W)
    kernel = torch.permute(kernel, (3, 2, 0, 1))  # (F, C / g, h, w)
    if tuple(kernel.shape[2:]) == (1, 1) and max(strides) > 1:
        # PyTorch 2.13 (oneDNN 3.12, AVX2) writes the kernel's gradient of such a convolution of
        # fewer than 8 channels wrong, and past its end. Only these pixels are read.
        x, strides = x[:, :, :: strides[0], :: strides[1]], (1, 1)
    pads = [0, 0]
    if padding == "same":
        sides = zip(x.shape[2:], kernel.shape[2:], strides, strict=True)
        before, after = zip(*(_same_padding(*side) for side in sides), strict=True)
        if before == after:
            pads = before
        else:
            x = functional.pad(x, (before[1], after[1], before[0], after[0]))
    groups = x.shape[1] // kernel.shape[1]
    y = functional.conv2d(
        x,
        kernel.contiguous(memory_format=torch.channels_last),
        stride=strides,
        padding=pads,
        groups=groups,
    )
    return torch.permute(y, (0, 2, 3, 1))


def _same_padding(size, kernel, stride):
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
