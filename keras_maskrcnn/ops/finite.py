"""Whether what a network gave are numbers.

Shapes: B images (`keras_maskrcnn.ops`).
"""

import math

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def all_finite(tensors) -> Tensor:
    """Say of each image whether no value is NaN or +inf.

    A logit may be -inf, the score 0 of a class that shall not be found.

    Args:
        tensors: list of `(B, ...)` floats.

    Returns:
        `(B,)` bool.

    >>> from keras import ops
    >>> ok = all_finite([ops.array([[1.0, float("-inf")], [float("nan"), 2.0]])])
    >>> ops.convert_to_numpy(ok).tolist()
    [True, False]
    """
    images = [ops.all(x < math.inf, axis=tuple(range(1, len(x.shape)))) for x in tensors]
    return ops.all(ops.stack(images), axis=0)
