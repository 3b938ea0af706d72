"""What is wrong with a checkpoint file, said in a way that is safe to print."""

import contextlib
from collections.abc import Iterator

_LONGEST_SHOWN = 80


class CheckpointError(ValueError):
    """A checkpoint file is damaged, is of another kind, or holds what no checkpoint may hold.

    The message names the file, the place in it, and what to do.
    """


@contextlib.contextmanager
def naming(path) -> Iterator[None]:
    """Put the name of the file before the message of every `CheckpointError` raised inside."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{str(path)!r}: {error}") from None


def shown(text) -> str:
    """Text of a file as it may be printed: short, in one line, without control characters.

    Args:
        text: anything that the file gave; what is not a str is shown by its type.

    Returns:
        str of ASCII characters.

    Example:

    >>> shown("os\\nsystem")
    'os\\\\nsystem'
    >>> shown(["a list"])
    'an object of type list'
    """
    if not isinstance(text, str):
        return f"an object of type {type(text).__name__}"
    cut = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
    return ascii(cut)[1:-1]
