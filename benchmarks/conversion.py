"""Time and memory of converting a checkpoint and of loading the preset.

    python benchmarks/conversion.py model.pth --from torchvision

Each step runs in a process of its own. Memory is the peak of the process less that of one that only
imports what the step imports.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MEASURED = """
import json, resource, sys, time
from pathlib import Path
{imports}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
{step}
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, (peak - before) * 1024]))
"""
CONVERT = "presets.convert(sys.argv[1], sys.argv[2], sys.argv[3])"
IMPORT_READER = "from keras_maskrcnn import checkpoints, presets"
LOAD = "models.FasterRCNN.from_preset(sys.argv[3])"
IMPORT_MODELS = "from keras_maskrcnn import models"
CONVERT_SECONDS, LOAD_SECONDS, FILE_SIZES = 20, 3, 3


def main():
    """Prints seconds and peak memory of both steps, medians of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint")
    parser.add_argument("--from", dest="family", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    size = Path(args.checkpoint).stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        arguments = (args.checkpoint, args.family, folder)
        converted = median(IMPORT_READER, CONVERT, arguments, args.rounds)
        loaded = median(IMPORT_MODELS, LOAD, arguments, args.rounds)
    print(f"{args.checkpoint}: {size / 1e6:.0f} MB, backend {os.environ.get('KERAS_BACKEND')}")
    for name, (seconds, memory), limit in (
        ("convert", converted, CONVERT_SECONDS),
        ("load", loaded, LOAD_SECONDS),
    ):
        print(
            f"{name:8} {seconds:6.2f} s (goal {limit} s)   {memory / 1e6:5.0f} MB, "
            f"{memory / size:.2f} times the file (goal for convert {FILE_SIZES})"
        )


def median(imports, step, arguments, rounds):
    """Seconds and bytes of the round of median time."""
    program = MEASURED.format(imports=imports, step=step)
    measured = []
    for _ in range(rounds):
        command = [sys.executable, "-c", program, *arguments]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        measured.append(json.loads(run.stdout.splitlines()[-1]))
    return sorted(measured)[len(measured) // 2]


if __name__ == "__main__":
    main()
