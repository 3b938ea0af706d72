"""Reads damaged and hostile files by the thousand: each must be read, or refused in words.

python -m benchmarks.fuzz_readers [--inputs 500000] [--seed 0] [--first 0] [--kinds WORD ...]
                                  [--keep DIR]

Takes small files of every kind that the package reads, but for the checkpoints of
`fuzz_checkpoints`, changes them at random, knowing their structure, and reads them in a child
process that may take little memory and 2 minutes per file. A file must either be read or give an
error of those that its reader names, with the file or the place in its message. Whatever else
happens (another exception or a warning, a crash, no end, too much memory) is a failure: the file is
kept and the exit status is 1.
The same seed gives the same files. Runs on Linux.
"""

import argparse
import collections
import importlib
import multiprocessing
import random
import sys
import tempfile
import time
import warnings
from pathlib import Path

from benchmarks.fuzzing import children

MODULES = ("annotations", "contents", "presets", "runs", "pictures")
SECONDS = 120.0  # that one file may take, on a busy machine
MEMORY = 2**31  # bytes beyond those of the idle process
BATCH = 5000  # files that one child reads
LONGEST = 10_000  # characters of a message
READ, REFUSED = "read", "refused"


def targets(words=()) -> list:
    """Return the kinds of files whose name holds one of the words, each as often as its share."""
    found = []
    for name in MODULES:
        for target in importlib.import_module(f"benchmarks.fuzzing.{name}").targets():
            if not words or any(word.lower() in target.name.lower() for word in words):
                found += [target] * target.share
    return found


class Files:
    """The whole files of the kinds, each in a folder of its own."""

    def __init__(self, kinds, folder):
        self.kinds, self.folders, self.originals = kinds, {}, {}
        for kind in dict.fromkeys(kinds):
            self.folders[kind.name] = Path(folder) / kind.name.replace(" ", "_")
            self.folders[kind.name].mkdir(parents=True)
            kind.write(self.folders[kind.name])
            for victim in kind.victims:
                path = self.folders[kind.name] / victim
                self.originals[path] = path.read_bytes()

    def check(self) -> None:
        """Fail unless all files are read as they are."""
        for kind in dict.fromkeys(self.kinds):
            for victim in kind.victims:
                kind.read(self.folders[kind.name], self.folders[kind.name] / victim)

    def input(self, seed, number):
        """Return the kind of input `number`, the file and its changed bytes."""
        kind, rng = self.kinds[number % len(self.kinds)], random.Random(f"{seed}:{number}")
        file = self.folders[kind.name] / rng.choice(kind.victims)
        of_kind = [path for path in self.originals if path.parent == file.parent]
        others = [self.originals[path] for path in of_kind]
        return kind, file, kind.change(self.originals[file], others, rng)

    def outcome(self, seed, number) -> tuple[str, str, str]:
        """Return the kind of input `number`, what became of it, and a word on it."""
        kind, file, data = self.input(seed, number)
        file.write_bytes(data)
        try:
            kind.read(self.folders[kind.name], file)
            return kind.name, READ, ""
        except kind.named as error:
            return kind.name, *_judged(error, kind.place(self.folders[kind.name], file))
        except BaseException as error:  # whatever it is, it is the finding
            return kind.name, type(error).__name__, f"{error!s:.200} ({_where(error)})"
        finally:
            file.write_bytes(self.originals[file])


def _judged(error, places):
    """Return what becomes of an error of a class that may be, and a word on it."""
    message = str(error)
    if isinstance(error, UnicodeError) or type(error).__module__ == "json.decoder":
        return type(error).__name__, f"{message:.200} ({_where(error)})"
    if not any(place in message for place in places):
        return "a message without a place", f"{message:.200} ({_where(error)})"
    if len(message) > LONGEST:
        return "a message without end", f"{message:.100} ({_where(error)})"
    return REFUSED, ""


def _where(error):
    """Return the last line of the package that an error came through."""
    where, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "keras_maskrcnn" in name or not where:
            where = f"{name.rpartition('keras_maskrcnn/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where


def read_batch(kinds, seed, numbers, folder, pipe) -> None:
    """Read the inputs `numbers` and send number, kind and outcome of each; in a child."""
    warnings.simplefilter("error")
    files = Files(kinds, folder)
    files.check()  # which imports what reading does
    children.limit_memory(MEMORY)
    pipe.send(None)
    for number in numbers:
        pipe.send((number, *files.outcome(seed, number)))
    pipe.close()


def outcomes(kinds, seed, first, count):
    """Yield number, kind, outcome and a word on it of every input, in order."""

    def reader(numbers, folder, pipe):
        read_batch(kinds, seed, range(first + numbers.start, first + numbers.stop), folder, pipe)

    for number, name, *word in children.outcomes(reader, count, BATCH, SECONDS):
        if word:
            yield number, name, *word
        else:
            number += first
            yield number, kinds[number % len(kinds)].name, name, ""


def main() -> bool:
    """Print how many inputs of each kind had which outcome; return whether all were right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--kinds", nargs="+", default=(), help="words of the kinds of files")
    parser.add_argument("--keep", type=Path, default=Path("fuzzed"), help="for files that failed")
    args = parser.parse_args()
    counts, start = collections.defaultdict(collections.Counter), time.perf_counter()
    kinds, failures = targets(args.kinds), 0
    with tempfile.TemporaryDirectory() as folder:
        files = Files(kinds, folder)
        child = multiprocessing.get_context("fork").Process(target=files.check)
        child.start()
        child.join()
        if child.exitcode:
            raise SystemExit("The files as they are must be read.")
        for number, name, result, word in outcomes(kinds, args.seed, args.first, args.inputs):
            counts[name][result] += 1
            if result not in (READ, REFUSED):
                failures += 1
                args.keep.mkdir(parents=True, exist_ok=True)
                _, file, data = files.input(args.seed, number)
                kept = args.keep / f"{args.seed}_{number}_{name.replace(' ', '_')}{file.suffix}"
                kept.write_bytes(data)
                print(f"{result}: {kept} {word}", flush=True)
    for name, results in counts.items():
        print(f"{name}: " + ", ".join(f"{n} {result}" for result, n in results.most_common()))
    seconds = time.perf_counter() - start
    print(f"{args.inputs} inputs, {failures} failures, {seconds:.0f} s")
    return failures == 0


if __name__ == "__main__":
    sys.exit(not main())
