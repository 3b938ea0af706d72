"""Scores in files that people read and compare.

The same network gives the same image scores that differ by about 1e-6 from backend to backend, as
sums are taken in another order. Four decimals hide that. COCO's results keep every digit: there the
order of nearly equal scores is part of what is measured.
"""

import numbers

DECIMALS = 4


def rounded(score) -> float:
    """Return the score as a file states it."""
    return round(float(score), DECIMALS)


def read_score(value, place) -> float | None:
    """Return the score that a file states; None if it states none.

    Raises:
        ValueError: it is not a number in 0..1. The message begins with the place.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= value <= 1:
        raise ValueError(f"{place} has a score that is not a number in 0..1: {value!r:.40}.")
    return float(value)
