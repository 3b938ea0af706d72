"""Pieces of sentences that messages are made of."""

import difflib
from collections.abc import Iterator


def closest(name, names) -> str:
    """Return a hint like " Did you mean 'cat'?" for a name that is not among `names`, or "".

    >>> closest("ct", ["cat", "dog"]), closest("bird", ["cat", "dog"])
    (" Did you mean 'cat'?", '')
    """
    match = nearest(name, names, least=0.6)
    return f" Did you mean '{match}'?" if match else ""


def nearest(name, names, least=0.0) -> str | None:
    """Return the most similar of `names`, however far; None below a similarity in 0..1.

    >>> nearest("ct", ["cat", "dog"]), nearest("bird", ["cat", "dog"])
    ('cat', 'dog')
    """
    known = [str(one) for one in names]
    matches = difflib.get_close_matches(str(name), known, n=1, cutoff=least)
    return matches[0] if matches else None


def listed(names, most=8) -> str:
    """Return the names, or the first of many and how many there are.

    >>> listed(["a", "b"]), listed("abcd", most=2)
    ('a, b', 'a, b, ... (4)')
    """
    names = [str(name) for name in names]
    return ", ".join(names[:most]) + (f", ... ({len(names)})" if len(names) > most else "")


def counted(number, noun) -> str:
    """Return a number and its noun: `1 image`, `2 images`.

    >>> counted(1, "image"), counted(0, "image")
    ('1 image', '0 images')
    """
    return f"{number} {noun}" + "s" * (number != 1)


def shown(value, most=60) -> str:
    """Return the start of a value's `repr`, without walking through all of a large or deep one.

    >>> shown({"a": [1, None, "b"]}), shown(["abc"] * 1000, most=9)
    ("{'a': [1, None, 'b']}", "['abc', '")
    """
    text = ""
    for piece in _pieces(value, most):
        text += piece
        if len(text) >= most:
            break
    return text[:most]


def _pieces(value, most) -> Iterator[str]:
    """Yield the `repr` of a value piece by piece."""
    if type(value) is list:
        yield "["
        for number, one in enumerate(value):
            yield ", " if number else ""
            yield from _pieces(one, most)
        yield "]"
    elif type(value) is dict:
        yield "{"
        for number, (key, one) in enumerate(value.items()):
            yield (", " if number else "") + shown(key, most) + ": "
            yield from _pieces(one, most)
        yield "}"
    else:
        yield repr(value[:most] if isinstance(value, str | bytes) else value)
