"""Changes of JSON that know its structure: values, keys and nesting that no tool would write."""

import copy
import json
import math
import re

from benchmarks.fuzzing import byte_changes

WRITTEN, TWICE = "@written@", "@twice@"


def written(text) -> str:
    """Return what stands in the file as this text, where a value would."""
    return f"{WRITTEN}{text}{WRITTEN}"


NESTED = [written("[" * n + "]" * n) for n in (900, 960, 985, 990)]  # the parser takes about 990
NESTED += [written('{"a":' * n + "1" + "}" * n) for n in (900, 985)]
VALUES = (
    *(None, True, False, 0, 1, -1, 2, 7, 0.5, -0.0, 1e-320, 1e9, 1e20, 1e200, 1e308, -1e308),
    *(255, 2**15, 2**20, 2**20 + 1, 2**31, 2**32, -(2**31), 2**62, 2**63, 2**64, 10**20, 10**400),
    *(math.nan, math.inf, -math.inf, written("1e999"), written("9" * 4000), written("9" * 5000)),
    *("", " ", "0", "1", "a", "nan", "1e400", "\0", "\ud800", "\u202e", "é", "a" * 3000, "../a"),
    *("..", "/", "a/b\\c", "%00", "%ff", "\n", "true", "a.png", ".", "C:\\a.png", "~", "{}"),
    *([], {}, [[]], [{}], [None], {"": None}, [0], [0, 0, 0, 0], [1e308, 1e308, 1e308, 1e308]),
    *([-1e308, 1e308, 5, 5], [[1, 2, 3, 4, 5, 6]], ["a"], {"a": 1}, {"size": [1, 1], "counts": []}),
    *(written("["), written("}"), written(""), written("[" * 200000), written('{"a":' * 100000)),
    *NESTED,
)
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp500", "utf-7")


def changed(content, rng) -> str:
    """Return JSON of `content`, which is changed as well, in one or a few places."""
    root = [content]
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        rng.choice(CHANGES)(*_slot(root, rng), root, rng)
    return text_of(root[0] if root else None)


def changed_file(data, others, rng) -> bytes:
    """Return the bytes of a JSON file with changes of its content, its text or its encoding."""
    if rng.random() < 0.15:
        return byte_changes.changed(data, others, rng, byte_changes.ANY)
    text = changed(json.loads(data), rng)
    if rng.random() < 0.04:
        return text.encode(rng.choice(ENCODINGS), "replace")
    data = text.encode("utf-8", "surrogatepass")
    return byte_changes.changed(data, others, rng, byte_changes.ANY) if rng.random() < 0.1 else data


def text_of(content) -> str:
    """Return the JSON of a value that may hold `written` text, and keys that stand twice."""
    text = json.dumps(content).replace(f'{TWICE}"', '"')
    if WRITTEN not in text:
        return text
    pattern = f'"{WRITTEN}(.*?){WRITTEN}"'
    return re.sub(pattern, lambda match: match[1].replace('\\"', '"'), text)


def _slot(root, rng):
    """Return a list or dict within `root` and one of its keys, at any depth."""
    place, key = root, 0
    while True:
        child = place[key]
        if not isinstance(child, list | dict) or not child or rng.random() < 0.15:
            return place, key
        place, key = child, rng.choice(list(_keys(child)))


def _keys(node):
    return node.keys() if isinstance(node, dict) else range(len(node))


def put(place, key, root, rng) -> None:
    """A value that is often wrong."""
    place[key] = copy.deepcopy(rng.choice(VALUES))


def remove(place, key, root, rng) -> None:
    """A key or an element less."""
    if place is not root:
        del place[key]


def repeat(place, key, root, rng) -> None:
    """An element, or a key, twice."""
    if isinstance(place, list):
        place.insert(rng.randrange(len(place) + 1), copy.deepcopy(place[key]))
    else:
        place[f"{key}{TWICE}"] = copy.deepcopy(rng.choice(VALUES))


def swap(place, key, root, rng) -> None:
    """Another value of the file."""
    other, other_key = _slot(root, rng)
    place[key] = copy.deepcopy(other[other_key])


def shift(place, key, root, rng) -> None:
    """A number a little or much beside itself, or of another type."""
    value = place[key]
    if isinstance(value, int | float) and abs(value) < 1e308:
        others = (-value, value + 1, value - 1, value + 0.5, value * 10**9, value * 1e300)
        place[key] = rng.choice((*others, str(value), bool(value), float(value), [value]))
    elif isinstance(value, str):
        others = (
            value * 2,
            value[1:],
            value.upper(),
            f"{value} ",
            value.encode("utf-8", "replace").hex(),
        )
        place[key] = rng.choice((*others, [value], {value: value}))
    else:
        wrap(place, key, root, rng)


def wrap(place, key, root, rng) -> None:
    """A value in a list or an object, or what is in it instead."""
    value = place[key]
    others = [[value], {"a": value}, [value, value]]
    if isinstance(value, list | dict) and value:
        inner = list(value.values()) if isinstance(value, dict) else value
        others += [inner, inner[0]]
    place[key] = rng.choice(others)


def rename(place, key, root, rng) -> None:
    """A key by another name."""
    if isinstance(place, dict):
        place[rng.choice(("", "a", key.upper(), "id", "0", key + " "))] = place.pop(key)
    else:
        put(place, key, root, rng)


CHANGES = (put, put, put, remove, repeat, swap, shift, shift, wrap, rename)
