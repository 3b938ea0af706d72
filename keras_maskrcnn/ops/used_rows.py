"""Leaving out the work for padding rows where the device gains by it.

Shapes: B images, R rows per image (`keras_maskrcnn.ops`).
"""

from keras import ops

from keras_maskrcnn.ops.device import on_cpu
from keras_maskrcnn.ops.tensor import Tensor

#: The work is done for one in so many rows; each share adds to the compile time.
SHARES = (8, 4, 2, 1)


def on_used_rows(function, valid) -> Tensor:
    """`function(n)`, of the first n rows, for the smallest n on offer that spans all valid rows.

    Shapes stay static: the graph holds `function` for an eighth, a quarter, half and all of the
    rows, and the one that suffices runs. A CPU saves the time of the others. On a GPU, where the
    choice would make the host wait and the rows cost little, all rows are always computed.

    Args:
        function: takes the number of rows n, gives a `(B, n, ...)` tensor.
        valid: `(B, R)` bool, False for padding rows, which follow all valid ones.

    Returns:
        `(B, R, ...)`; rows that were left out are 0.

    >>> from keras import ops
    >>> valid = ops.array([[True] * 3 + [False] * 13])
    >>> y = on_used_rows(lambda n: ops.ones((1, n)), valid)
    >>> int(ops.sum(y)) in (4, 16)  # on a CPU, on a GPU
    True
    """
    rows = valid.shape[1]
    if not on_cpu(valid):
        return function(rows)
    counts = sorted({-(-rows // share) for share in SHARES})
    used = ops.max(ops.sum(ops.cast(valid, "int32"), axis=1))  # ()
    number = sum(ops.cast(used > count, "int32") for count in counts[:-1])
    branches = [_padded(function, count, rows) for count in counts]
    return ops.switch(number, branches) if len(counts) > 1 else branches[0]()


def _padded(function, count, rows):
    def branch():
        y = function(count)  # (B, count, ...)
        return ops.pad(y, [(0, 0), (0, rows - count)] + [(0, 0)] * (len(y.shape) - 2))

    return branch
