"""Reads damaged and hostile checkpoints by the thousand: each must be read, or refused in words.

python -m benchmarks.fuzz_checkpoints [--inputs 100000] [--seed 0] [--keep DIR]

Takes the small files in tests/checkpoints/files, of all five kinds in turn, changes each copy at
random and reads it in a child process that may take little memory and 5 seconds per file. An audit
hook of the interpreter sees every file opened, process started, module imported and code compiled.
A file must either be read, every array to its last number, or give a CheckpointError; and reading
it must do nothing but open the file itself. Whatever else happens (another exception, a crash, no
end, too much memory, a forbidden event) is a failure: the file is kept and the exit status is 1.
The same seed gives the same files. Runs on Linux.
"""

import argparse
import codecs
import collections
import functools
import random
import struct
import sys
import time
import warnings
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np

from benchmarks.fuzzing import byte_changes, children
from keras_maskrcnn.checkpoints import CheckpointError, read

FILES = Path(__file__).parent.parent / "tests" / "checkpoints" / "files"
NAMES = ("torch_zip.pth", "torch_legacy.pth", "detectron2.pkl", "caffe2.pkl", "matterport.h5")
SECONDS = 5.0  # that one file may take
MEMORY = 2**30  # bytes beyond those of the idle process
BATCH = 2000  # files that one child reads
OUTCOMES = ("the same arrays", "something else", "CheckpointError")
OPCODES = (
    b"cos\nsystem\n(S'touch fuzzed'\ntR",
    b"(S'touch fuzzed'\nios\nsystem\n",
    b"cbuiltins\neval\nX\x04\0\0\0open\x85R",
    b"\x8c\x02os\x8c\x06system\x93",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"cnumpy\ndtype\nX\x02\0\0\0O8\x85R",
    b"ccollections\nOrderedDict\n)R",
    b"r\xff\xff\xff\xff",
    b"\x8b\xff\xff\xff\x7f",
    b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x96\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x82\x01",
    b"I99999999999999999999\n",
    b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
    *(bytes([code]) for code in b"()}]0123.NQRabdehijlopqrstu\x81\x85\x86\x87\x88\x89\x94"),
)


def insert_opcode(data, others, rng):
    """An instruction of pickles, where it may mean something."""
    place = rng.randrange(len(data))
    data[place:place] = rng.choice(OPCODES)


def edit_record(data, others, rng):
    """A field of a record of the zip directory, or of a block of HDF5."""
    records = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07")
    records += (b"TREE", b"SNOD", b"HEAP", b"GCOL", b"\x89HDF")
    places = [at for at in (data.find(record, rng.randrange(len(data))) for record in records)]
    places = [at for at in places if at >= 0]
    if places:
        at = rng.choice(places) + rng.randrange(4, 64)
        layout = rng.choice(("<B", "<H", "<I", "<Q"))
        if at + struct.calcsize(layout) <= len(data):
            number = rng.choice((*byte_changes.NUMBERS, len(data), rng.randrange(len(data))))
            struct.pack_into(layout, data, at, number % 2 ** (8 * struct.calcsize(layout)))


CHANGES = (*byte_changes.ANY, insert_opcode, edit_record)


def changed(data, others, rng):
    """A copy of `data` (bytes) with one or a few changes; `others` are pieces to splice in."""
    return byte_changes.changed(data, others, rng, CHANGES)


def zip_of_changed_members(data, others, rng):
    """The archive packed anew with one member changed, so that the directory is right."""
    source, target = zipfile.ZipFile(BytesIO(data)), BytesIO()
    victim = rng.choice(("archive/data.pkl",) * 4 + tuple(source.namelist()))
    compression = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(target, "w", compression) as file:
        for name in source.namelist():
            content = source.read(name)
            file.writestr(name, changed(content, others, rng) if name == victim else content)
    return target.getvalue()


def make_input(seed, number, originals):
    """Name of the file that input `number` is made from, and its bytes."""
    rng = random.Random(f"{seed}:{number}")
    name = NAMES[number % len(NAMES)]
    change = changed
    if name == "torch_zip.pth" and rng.random() < 0.6:
        change = zip_of_changed_members
    return name, change(originals[name], list(originals.values()), rng)


class Watch:
    """An audit hook that notes every event that reading a file has no need of."""

    def __init__(self):
        self.path = None
        self.events = []
        sys.addaudithook(self._hook)

    def _hook(self, event, arguments):
        if self.path is None or event in ("mmap.__new__", "object.__getattr__"):
            return
        if event == "open" and str(arguments[0]) == self.path and arguments[1] in ("r", "rb"):
            return
        self.events.append(f"{event} {arguments!r:.100}")


def outcome(path, expected, watch):
    """What became of reading a file, and a word on it."""
    watch.events.clear()
    watch.path = str(path)
    try:
        arrays = {name: np.array(array) for name, array in read(path).items()}
    except CheckpointError as error:
        result = "CheckpointError", ""
        if not str(error).isprintable() or str(path) not in str(error):
            result = "a message that must not be", repr(str(error))
    except BaseException as error:  # whatever it is, it is the finding
        result = f"{type(error).__name__}", str(error)
    else:
        same = arrays.keys() == expected.keys() and all(
            np.array_equal(arrays[name], expected[name]) for name in expected
        )
        result = OUTCOMES[not same], ""
    finally:
        watch.path = None
    return ("a forbidden event", "; ".join(watch.events)) if watch.events else result


def read_batch(seed, numbers, folder, pipe):
    """Reads the inputs `numbers` and sends number, name and outcome of each."""
    warnings.simplefilter("error")
    codecs.lookup("raw-unicode-escape")  # Python imports it when it is first used
    originals = {name: (FILES / name).read_bytes() for name in NAMES}
    expected = {name: read(FILES / name) for name in NAMES}
    children.limit_memory(MEMORY)
    watch, path = Watch(), Path(folder) / "input"
    pipe.send(None)
    for number in numbers:
        name, data = make_input(seed, number, originals)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        pipe.send((number, name, *outcome(path, expected[name], watch)))
    pipe.close()


def outcomes(seed, count):
    """Yields number, name, outcome and a word on it of every input, in order."""
    reader = functools.partial(read_batch, seed)
    for number, name, *word in children.outcomes(reader, count, BATCH, SECONDS):
        yield (number, name, *word) if word else (number, NAMES[number % len(NAMES)], name, "")


def main():
    """Prints how many inputs of each kind had which outcome; returns whether all were right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzzed"), help="for files that failed")
    args = parser.parse_args()
    originals = {name: (FILES / name).read_bytes() for name in NAMES}
    counts, failures, start = collections.defaultdict(collections.Counter), 0, time.perf_counter()
    for number, name, result, word in outcomes(args.seed, args.inputs):
        counts[name][result] += 1
        if result not in OUTCOMES:
            failures += 1
            args.keep.mkdir(parents=True, exist_ok=True)
            kept = args.keep / f"{args.seed}_{number}_{name}"
            kept.write_bytes(make_input(args.seed, number, originals)[1])
            print(f"{result}: {kept} {word}", flush=True)
    for name in NAMES:
        print(f"{name}: " + ", ".join(f"{n} {result}" for result, n in counts[name].most_common()))
    seconds = time.perf_counter() - start
    print(f"{args.inputs} inputs, {failures} failures, {seconds:.0f} s")
    return failures == 0


if __name__ == "__main__":
    sys.exit(not main())
