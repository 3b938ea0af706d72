"""The kinds of number that the verbs take, checked as they are read."""

import argparse


def positive_int(text) -> int:
    """Read a whole number of at least 1."""
    return _checked(text, int, lambda number: number >= 1, "a whole number of at least 1")


def natural(text) -> int:
    """Read a whole number of at least 0."""
    return _checked(text, int, lambda number: number >= 0, "a whole number of at least 0")


def positive_float(text) -> float:
    """Read a number above 0."""
    return _checked(text, float, lambda number: 0 < number < float("inf"), "a number above 0")


def natural_float(text) -> float:
    """Read a number of at least 0."""
    return _checked(text, float, lambda number: 0 <= number < float("inf"), "a number from 0 on")


def fraction(text) -> float:
    """Read a number from 0 to 1."""
    return _checked(text, float, lambda number: 0 <= number <= 1, "a number from 0 to 1")


def positive_fraction(text) -> float:
    """Read a number above 0, up to 1."""
    return _checked(text, float, lambda number: 0 < number <= 1, "a number above 0, up to 1")


def share(text) -> float:
    """Read a number between 0 and 1, neither of them."""
    return _checked(text, float, lambda number: 0 < number < 1, "a number above 0, below 1")


def _checked(text, kind, fits, rule):
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not fits(number):
        raise argparse.ArgumentTypeError(f"must be {rule}. Received: {text!r}.")
    return number
