"""Checks of numbers that are given in Python."""

import numpy as np


def check_whole(least, **numbers) -> None:
    """Raise ValueError unless each is a whole number of at least `least`.

    >>> check_whole(1, batch_size=0)
    Traceback (most recent call last):
    ...
    ValueError: `batch_size` must be a whole number of at least 1. Received: batch_size=0.
    """
    for name, value in numbers.items():
        if not isinstance(value, int | np.integer) or value < least:
            raise ValueError(
                f"`{name}` must be a whole number of at least {least}. Received: {name}={value!r}."
            )
