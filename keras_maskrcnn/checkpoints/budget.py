"""How much memory a checkpoint may ask for, by the size of its file."""

from keras_maskrcnn.checkpoints.errors import CheckpointError

RATIO = 20  # bytes for each byte of the file: room for compression, float32 from bfloat16, ties
FLOOR = 2**26  # bytes that the smallest file may ask for


class Budget:
    """Counts the bytes that a file declares before they are allocated.

    A file can declare far more than it holds: by compression, by many tensors on one storage, by
    chunks that are not there. The sum of all is bounded by 64 MiB and 20 times the file's size.

    Args:
        file_bytes: int, size of the file.

    Example:

    >>> budget = Budget(1000)
    >>> budget.take(2**25, "tensor 'a'")
    >>> budget.take(2**26, "tensor 'b'")
    Traceback (most recent call last):
        ...
    keras_maskrcnn.checkpoints.errors.CheckpointError: tensor 'b' declares 67108864 bytes, and ...
    """

    def __init__(self, file_bytes):
        self._allowed = FLOOR + RATIO * file_bytes
        self._taken = 0

    def take(self, count, what) -> None:
        """Count `count` bytes for `what` (str), or raise `CheckpointError` beyond the bound."""
        self._taken += count
        if self._taken > self._allowed:
            raise CheckpointError(
                f"{what} declares {count} bytes, and with it the file more than {self._allowed}: "
                f"more than {RATIO} times its own size (and {FLOOR >> 20} MiB). Do not use the "
                "file unless you know why; then load it where it was made and save it anew"
            )
