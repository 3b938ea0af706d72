"""From PyTorch's layout of weights to Keras'."""

from collections.abc import Callable

import numpy as np

from keras_maskrcnn.conversion.errors import check_complete

KINDS = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def keras_weights(state, sources, shapes, changes, ignored, family) -> dict:
    """Return the weights of our network, taken out of a state dict of PyTorch.

    Convolutions go from (out, in, h, w) to (h, w, in, out), transposed ones from (in, out, h, w) to
    (h, w, out, in), dense kernels from (out, in) to (in, out): all by the same transposition.

    Args:
        state: dict from key to array.
        sources: dict from layer of ours to layer in `state`, "rpn_head/conv1": "rpn.head.conv".
        shapes: dict from our key to shape, all that the network has.
        changes: dict from our key to a function of the transposed array.
        ignored: function of a key of `state` that says whether it need not be used.
        family: name of the library, for errors.

    Returns:
        Dict from our key to array, in the order of `shapes`; views where possible.

    Raises:
        ConversionError: if keys are missing or left over, or shapes differ.
    """
    weights, missing, wrong, used = {}, [], [], set()
    for key, shape in shapes.items():
        layer, _, kind = key.rpartition("/")
        source = f"{sources[layer]}.{KINDS[kind]}"
        if source not in state:
            missing.append(source)
            continue
        used.add(source)
        try:
            weights[key] = changes.get(key, _unchanged)(_transposed(state[source]))
        except (ValueError, IndexError) as error:
            wrong.append(f"{source} {state[source].shape}: {error}")
            continue
        if weights[key].shape != shape:
            wrong.append(
                f"{source} {state[source].shape}, which gives {weights[key].shape}, not {shape}"
            )
    unexpected = [key for key in state if key not in used and not ignored(key)]
    check_complete(missing, unexpected, wrong, family)
    return weights


def count(state, pattern, first=0) -> int:
    """How many of the keys `pattern.format(first)`, `pattern.format(first + 1)`, ... there are."""
    number = first
    while pattern.format(number) in state:
        number += 1
    return number - first


def widths(state, pattern, first=0) -> tuple[int, ...]:
    """Return the output channels of the layers that `count` counts."""
    numbers = range(first, first + count(state, pattern, first))
    return tuple(state[pattern.format(number)].shape[0] for number in numbers)


def conv_sources(ours, theirs) -> dict[str, str]:
    """Return the sources of a convolution of torchvision, with batch normalisation or without."""
    return {ours: f"{theirs}.0", f"{ours}/conv": f"{theirs}.0", f"{ours}/bn": f"{theirs}.1"}


def rows_from_chw(size) -> Callable:
    """Return a change of a dense kernel from rows over C, size, size to rows over size, size, C."""

    def change(kernel):
        units = kernel.shape[-1]
        return kernel.reshape(-1, size, size, units).transpose(1, 2, 0, 3).reshape(-1, units)

    return change


def without_first(count) -> Callable:
    """Return a change that drops the first entries of the last axis: those of the background."""
    return lambda array: array[..., count:]


def last_to_front(array) -> np.ndarray:
    """Move the last entry of the last axis to the front: the background's."""
    return np.roll(array, 1, axis=-1)


def reversed_inputs(kernel) -> np.ndarray:
    """Turn a convolution that reads BGR into one that reads RGB."""
    return kernel[:, :, ::-1]


def _transposed(array):
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    return array.T


def _unchanged(array):
    return array
