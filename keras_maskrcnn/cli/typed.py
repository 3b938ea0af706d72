"""Messages of the package in the words that a person typed: of options, not of arguments."""

import argparse
import re

ARGUMENTS = {"handle": "--preset", "images_dir": "--images"}  # of every verb that has the option


def typed_names(parser, names=None) -> dict[str, str]:
    """Return how the arguments of the package are called on the command line of a verb.

    Args:
        parser: that of the verb.
        names: dict from argument to option, where they are called otherwise.

    Returns:
        dict from the name of an argument to the option, such as "batch_size" to "--batch-size".
    """
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for other in action.choices.values():
                found |= typed_names(other)
        elif action.option_strings:
            found[action.dest] = action.option_strings[-1]
    shared = {name: option for name, option in ARGUMENTS.items() if option in found.values()}
    return found | shared | (names or {})


def in_typed_words(message, names) -> str:
    """Return a message with the options in the place of arguments.

    Args:
        message: str.
        names: dict from argument to option, of `typed_names`.

    >>> names = {"patience": "--patience", "images_dir": "--images"}
    >>> in_typed_words("`patience` must be 0. Received: patience=3.", names)
    '`--patience` must be 0. Received: --patience 3.'
    >>> in_typed_words("`images_dir` must name one. Received: images_dir=None.", names)
    '`--images` must name one. Received: no --images.'
    """
    if not names:
        return message
    known = "|".join(map(re.escape, names))
    message = re.sub(f"`({known})`", lambda match: f"`{names[match[1]]}`", message)
    message = re.sub(rf"(?<![\w'`./-])({known})=None\b", lambda m: f"no {names[m[1]]}", message)
    return re.sub(rf"(?<![\w'`./-])({known})=(?=\S)", lambda m: f"{names[m[1]]} ", message)
