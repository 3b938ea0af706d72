"""The names of pyramid levels: "Pk" has a stride of `2**k` pixels."""

import re


def level_number(level) -> int:
    """Return number `k` of level "Pk"; ValueError for any other name."""
    match = re.fullmatch(r"P(\d+)", str(level))
    if match is None:
        raise ValueError(
            f"A pyramid level must be named 'P' and its number, such as 'P2' for stride 4. "
            f"Received: {level!r}."
        )
    return int(match.group(1))


def stride_of(level) -> int:
    """Pixels of the network input from one cell of the level to the next."""
    return 2 ** level_number(level)


def check_levels(argument, levels) -> None:
    """Raise ValueError unless `levels` are consecutive level names in rising order."""
    numbers = [level_number(level) for level in levels]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise ValueError(
            f"`{argument}` must have consecutive levels in rising order, such as 'P2', 'P3', "
            f"'P4'. Received: {list(levels)}."
        )
