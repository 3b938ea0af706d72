"""Scores in files that people read and compare.

The same network gives the same image scores that differ by about 1e-6 from backend to backend, as
sums are taken in another order. Four decimals hide that. COCO's results keep every digit: there the
order of nearly equal scores is part of what is measured.
"""

import numbers

from keras_maskrcnn.wording import shown

DECIMALS = 4


def rounded(score) -> float:
    """Return the score as a file states it."""
    return round(float(score), DECIMALS)


def check_score(**scores) -> None:
    """Raise ValueError unless each is a number in 0..1.

    >>> check_score(score_threshold=50)
    Traceback (most recent call last):
    ...
    ValueError: `score_threshold` must be a number in 0..1. Received: score_threshold=50. Type ...
    """
    for name, value in scores.items():
        if not _is_score(value):
            raise ValueError(
                f"`{name}` must be a number in 0..1. Received: {name}={shown(value, 40)}. "
                f"Type {name}=0.5 for scores of at least 50 %."
            )


def read_score(value, place) -> float | None:
    """Return the score that a file states; None if it states none.

    Raises:
        ValueError: it is not a number in 0..1. The message begins with the place.
    """
    if value is None:
        return None
    if not _is_score(value):
        raise ValueError(f"{place} has a score that is not a number in 0..1: {shown(value, 40)}.")
    return float(value)


def _is_score(value) -> bool:
    known = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return known and 0 <= value <= 1
