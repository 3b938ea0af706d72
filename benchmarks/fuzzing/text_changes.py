"""Changes of text files, word by word and line by line."""

import re

from benchmarks.fuzzing import byte_changes

WORDS = (
    *("nan", "inf", "-inf", "1e308", "1e400", "-1", "0", "1", "0.5", "2", "99999999999999999999"),
    *("9" * 5000, "9" * 4000, "1_0", "٣", "0x10", "", "a", "\0", "\ud800", "\u2028", "\x85", "\t"),
    *("null", "~", "no", "on", "[]", "{}", "[", "{", "}", "- ", ": ", "? ", "| ", "> ", "#", "''"),
    *("&a", "*a", "&a [*a]", "{&a [*a]: 1}", "<<: *a", "!!python/object:os.system", "!!binary x"),
    *("!!float x", "%YAML 9.9\n---\n", "---\n", "[" * 400, "{a: " * 400, "- " * 400, "a" * 3000),
    *("[" * 300 + "]" * 300, "{[1]: 2}", "? [1, 2]\n: 3", "0: a", "\n0: a", '"\\ud800"', "'", '"'),
    "[&a [x, x, x], &b [*a, *a, *a], &c [*b, *b, *b], &d [*c, *c, *c], &e [*d, *d, *d], *e, *e]",
)


def changed_file(data, others, rng) -> bytes:
    """Return the bytes of a text file with changes of its words, lines, bytes or encoding."""
    if rng.random() < 0.2:
        return byte_changes.changed(data, others, rng, byte_changes.ANY)
    parts = re.findall(r"[^\S\n]+|\n|[^\s]+", data.decode("utf-8"))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        place = rng.randrange(len(parts)) if parts else 0
        parts[place : place + rng.choice((0, 1, 1, 1))] = rng.choice(
            ([rng.choice(WORDS)],) * 5 + ([], parts[place : place + 1] * 2, parts[:place])
        )
    encoding = "utf-8" if rng.random() < 0.95 else rng.choice(("utf-16", "latin-1", "utf-8-sig"))
    handler = "surrogatepass" if encoding == "utf-8" else "replace"
    return "".join(parts).encode(encoding, handler)
