"""Choosing rows by score, with shapes that stay static when there are too few rows.

Shapes: B images, N rows of which M are chosen (`keras_maskrcnn.ops`).
"""

from keras import ops

from keras_maskrcnn.ops.tensor import Tensor


def best(scores, count) -> tuple[Tensor, Tensor]:
    """Find the `count` highest scores of each image, best first.

    Args:
        scores: `(B, N)` floats; `-inf` marks rows that do not take part.
        count: length of the result; may exceed N.

    Returns:
        `(B, count)` scores, `-inf` where there is none, and `(B, count)` int32 indices into N
        (0 for padding).

    >>> from keras import ops
    >>> values, index = best(ops.array([[1.0, 3.0]]), 3)
    >>> ops.convert_to_numpy(values).tolist(), ops.convert_to_numpy(index).tolist()
    ([[3.0, 1.0, -inf]], [[1, 0, 0]])
    """
    length = scores.shape[-1]
    if length is None or length < count:
        missing = count if length is None else count - length
        padding = ops.full((ops.shape(scores)[0], missing), float("-inf"), dtype=scores.dtype)
        scores = ops.concatenate([scores, padding], axis=-1)  # (B, N + missing)
    values, index = ops.top_k(scores, count)  # (B, count)
    return values, ops.where(values > float("-inf"), ops.cast(index, "int32"), 0)


def gather(rows, index) -> Tensor:
    """Rows of each image: `(B, N, ...)` and `(B, M)` indices give `(B, M, ...)`."""
    index = ops.reshape(index, (*ops.shape(index), *([1] * (len(rows.shape) - 2))))  # (B, M, 1..)
    return ops.take_along_axis(rows, index, axis=1)
