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


def check_dict(argument, levels, like=None) -> None:
    """Raise ValueError unless `levels` is a dict of levels, or of shapes of their maps.

    Args:
        argument: its name in the message.
        levels: what was given for it.
        like: (name, dict) of the argument whose levels it must have, or None.
    """
    if not isinstance(levels, dict) or not levels:
        raise ValueError(
            f"`{argument}` must be a dict of levels, such as {{'P2': ..., 'P3': ...}}. Received: "
            f"{_described(levels)}. Type {{'P2': tensor}} for a single tensor whose cells are 4 "
            "pixels wide."
        )
    if like is not None and set(levels) != set(like[1]):
        raise ValueError(
            f"`{argument}` must have the levels of `{like[0]}`, {list(like[1])}. "
            f"Received: {list(levels)}."
        )


def _described(given):
    """Say what it is, without its numbers; a tuple is the shape of a tensor."""
    is_shape = isinstance(given, tuple) and all(isinstance(n, int | None) for n in given)
    shape = given if is_shape else getattr(given, "shape", None)
    if shape is not None:
        return f"a tensor of shape {tuple(shape)}"
    return f"a {type(given).__name__}" if given else "no level"


def check_levels(argument, levels) -> None:
    """Raise ValueError unless `levels` is a dict of consecutive levels in rising order."""
    check_dict(argument, levels)
    numbers = [level_number(level) for level in levels]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise ValueError(
            f"`{argument}` must have consecutive levels in rising order, such as 'P2', 'P3', "
            f"'P4'. Received: {list(levels)}."
        )
