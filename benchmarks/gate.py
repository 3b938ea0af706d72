"""Fails on a slowdown: compares two result sets that `run.py` has recorded.

    python benchmarks/gate.py BASE NEW [--tolerance 1.2] [--machine NAME]

BASE and NEW are result files, or commits: then all machines that hold results of both are compared.
Gated is everything of which less is better: times, ratios to torchvision, peak memory. Exit status:
0, 1 for a number beyond the tolerance or a benchmark that failed or disappeared, 2 where there is
nothing to compare.
"""

import argparse
import sys
from pathlib import Path

import results

SAME = ("machine", "cpu", "gpu", "backend")
BAD = ("slower", "failed", "disappeared")


def main(arguments=None):
    """Exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base")
    parser.add_argument("new")
    parser.add_argument("--tolerance", type=float, default=1.2, help="new / base that still passes")
    parser.add_argument("--machine", help="only this folder of the results")
    parser.add_argument("--any-machine", action="store_true", help="compare unlike machines")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    args = parser.parse_args(arguments)
    if args.tolerance < 1:
        parser.error(f"--tolerance must be at least 1. Received: {args.tolerance}")
    try:
        compared = [
            compare(*pair, args.tolerance, args.any_machine)
            for pair in pairs(args.base, args.new, args.results, args.machine)
        ]
    except results.Unusable as error:
        print(f"gate.py: {error}", file=sys.stderr)
        return 2
    for title, rows in compared:
        print_rows(title, rows)
    bad = sum(row[0] in BAD for _, rows in compared for row in rows)
    gated = sum(row[0] not in ("shown", "new") for _, rows in compared for row in rows)
    print(f"{gated} gated, {bad} failed, tolerance {args.tolerance}")
    return int(bad > 0)


def pairs(base, new, folder, machine=None):
    """List of `(base file, new file)`."""
    if Path(base).is_file() and Path(new).is_file():
        return [(Path(base), Path(new))]
    for name in (base, new):
        if Path(name).suffix == ".json" and not Path(name).is_file():
            raise results.Unusable(f"{name}: no such file")
    sets = [found(name, folder, machine) for name in (base, new)]
    both = sorted(sets[0].keys() & sets[1].keys())
    if not both:
        raise results.Unusable(f"no machine in {folder} has results of both {base} and {new}")
    for name in sorted(sets[0].keys() - sets[1].keys()):
        print(f"note: {name} has results of {base}, none of {new}")
    return [(sets[0][name], sets[1][name]) for name in both]


def found(commit, folder, machine):
    """Dict from machine to its result file of a commit, which may be shortened."""
    if len(commit) < 4:
        raise results.Unusable(f"{commit!r} is neither a file nor at least 4 digits of a commit")
    files = {}
    for path in sorted(Path(folder).glob(f"{machine or '*'}/{commit[:8]}*-*.json")):
        if path.parent.name in files:
            raise results.Unusable(f"{commit} could be {files[path.parent.name]} or {path}")
        files[path.parent.name] = path
    return files


def compare(base_path, new_path, tolerance, any_machine=False):
    """`(title, rows)`, a row being `(verdict, benchmark, base, new)`."""
    base, new = results.read(base_path), results.read(new_path)
    for key in SAME:
        one, other = (content.get("params", {}).get(key) for content in (base, new))
        if one != other and not any_machine:
            raise results.Unusable(
                f"the two differ in {key}: {one!r} and {other!r}. Numbers of unlike machines tell "
                "nothing about a commit. Add --any-machine to compare them all the same"
            )
    base_values, new_values = results.values(base), results.values(new)
    rows = [
        (verdict(name, old, new_values, tolerance), name, old, new_values.get(name))
        for name, old in base_values.items()
        if old is not None and not results.skipped(old)
    ]
    known = {row[1] for row in rows}
    rows += [
        ("failed" if number is None else "new", name, None, number)
        for name, number in new_values.items()
        if name not in known and not results.skipped(number)
    ]
    if not any(results.is_gated(name) for name in known):
        raise results.Unusable(f"{base_path} holds nothing that is gated")
    return f"{base_path} -> {new_path}", sorted(rows, key=lambda row: row[1])


def verdict(name, old, new_values, tolerance):
    """One word."""
    if name not in new_values or results.skipped(new_values[name]):
        return "disappeared"
    new = new_values[name]
    if new is None:
        return "failed"
    if not results.is_gated(name):
        return "shown"
    if new > old * tolerance:
        return "slower"
    return "faster" if new < old / tolerance else "same"


def print_rows(title, rows):
    """A table."""
    print(f"\n{title}\n{'':12}{'base':>12}{'new':>12}{'new/base':>10}  benchmark")
    for word, name, old, new in rows:
        usable = old and new is not None and not results.skipped(new)
        ratio = f"{new / old:.2f}" if usable else ""
        print(f"{word:12}{number(old):>12}{number(new):>12}{ratio:>10}  {name}")


def number(value):
    """Four digits, or nothing."""
    return "" if value is None or results.skipped(value) else f"{value:.4g}"


if __name__ == "__main__":
    sys.exit(main())
