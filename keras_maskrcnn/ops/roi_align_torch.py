"""RoIAlign on PyTorch: what its eager mode does faster in another way.

Shapes: B images, R RoIs per image, P bins per side, T taps, C channels (`keras_maskrcnn.ops`).
"""

import torch
from torch.nn import functional


class WithGradient(torch.autograd.Function):
    """Call a function of tensors that returns its result and the function of its gradient.

    As `keras.ops.custom_gradient`, which on PyTorch takes any exception of the function, Ctrl-C
    too, for a function without a gradient, and then goes on with the wrong result.
    """

    @staticmethod
    def forward(ctx, function, *tensors) -> torch.Tensor:
        """Return the result; see `torch.autograd.Function`."""
        result, ctx.gradient = function(*tensors)
        return result

    @staticmethod
    def backward(ctx, upstream) -> tuple:
        """Return None for the function, then the gradients of the tensors."""
        return None, *ctx.gradient(upstream)


def gather(flat, corners) -> torch.Tensor:
    """Cut as `roi_align_average.FixedTaps.gather` does, without an intermediate."""
    shape = corners[0][0].shape  # (B, R, P, P)
    # (B * R * P * P, T * T)
    index = torch.stack([index.reshape(-1) for index, _ in corners], dim=1)
    weights = torch.stack([weight.reshape(-1) for _, weight in corners], dim=1)
    crops = functional.embedding_bag(index, flat.float(), per_sample_weights=weights, mode="sum")
    return crops.reshape(*shape, flat.shape[-1])


def scatter(upstream, corners, cells) -> torch.Tensor:
    """Gradient of the maps, see `roi_align_average.FixedTaps.scatter`, added up in place."""
    total = torch.zeros((cells, upstream.shape[-1]), device=upstream.device)
    for index, weight in corners:
        updates = upstream * weight[..., None]  # (B, R, P, P, C)
        updates = updates.reshape(-1, upstream.shape[-1])
        total.index_add_(0, index.reshape(-1), updates)
    return total


def by_torchvision(features, boxes, levels, output_size, sampling_ratio, aligned) -> torch.Tensor:
    """Compute `keras_maskrcnn.ops.roi_align` by torchvision's operator, which has a CUDA kernel.

    Args:
        boxes: `(B, R, 4)` in cells of the map of each box.

    The rest as in `keras_maskrcnn.ops.roi_align`.
    """
    from torchvision.ops import roi_align

    # In float32: the boxes must have the dtype of the maps, and bfloat16 cannot hold them.
    batch, count = levels.shape
    image = torch.arange(batch, device=boxes.device).repeat_interleave(count)
    rois = torch.cat([image[:, None].to(boxes.dtype), boxes.reshape(-1, 4)], dim=1)  # (B * R, 5)
    size = (output_size, output_size)
    crops = torch.zeros((batch * count, features[0].shape[-1], *size), device=boxes.device)
    levels = levels.reshape(-1)
    for number, feature in enumerate(features):
        rows = torch.nonzero(levels == number)[:, 0]
        maps = torch.permute(feature, (0, 3, 1, 2)).float()  # (B, C, H, W)
        found = roi_align(maps, rois[rows], size, 1.0, sampling_ratio, aligned)  # (rows, C, P, P)
        crops = crops.index_copy(0, rows, found)
    crops = torch.permute(crops, (0, 2, 3, 1)).to(features[0].dtype)  # (B * R, P, P, C)
    return crops.reshape(batch, count, *size, -1)
