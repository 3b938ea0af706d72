"""Figures of a GPU: this package against torchvision, beside what the GPU can do at most.

    KERAS_BACKEND=jax python benchmarks/gpu.py --json gpu-jax.json
    KERAS_BACKEND=jax python benchmarks/gpu.py --quick      # tiny, also on a CPU: does it run?

Each row is measured in a process of its own: first call, then the median of the others, waiting for
the device each time, images coming from host memory and results going back to it. RoIAlign's bytes
are those that must move at least (maps and crops, twice with the gradient), held against a measured
copy; the model's operations are its convolutions and matrix products as PyTorch counts them, held
against a measured bfloat16 product. `--quick` prints no figures. Exit status: 0, 1 if a row failed,
2 without a GPU.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

import machine

AMP = {"batch": 8, "amp": True}
BATCH = "16 x 800 x 1344"
ROWS = (
    ("copy", "ours", "copy", {}),
    ("matrix product, bfloat16", "ours", "matmul", {}),
    *(
        row
        for name, case in (("forward", "roi_align"), ("forward + backward", "roi_align_gradient"))
        for row in (
            (f"RoIAlign {name}, float32", "ours", case, {"batch": 8}),
            (f"RoIAlign {name}, bfloat16", "ours", case, {"batch": 8, "dtype": "bfloat16"}),
            (f"RoIAlign {name}, torchvision", "theirs", case, {"batch": 8}),
        )
    ),
    ("predict 8, bfloat16", "ours", "predict", {"batch": 8, "dtype": "mixed_bfloat16"}),
    ("predict 8, torchvision AMP", "theirs", "predict", AMP),
    ("predict 8, torchvision AMP compiled", "theirs", "predict", {**AMP, "compiled": True}),
    ("train 16, bfloat16", "ours", "train", {"batch": BATCH, "dtype": "mixed_bfloat16"}),
    ("train 16, torchvision AMP", "theirs", "train", {"batch": BATCH, "amp": True}),
)
QUICK_TRAIN = "2 x 512 x 512"  # the name that a CPU may train with; as tiny as the other


def main(arguments=None):
    """Exit status."""
    args = parse(arguments)
    gpu = machine.gpu()["gpu"]
    if gpu == "none" and not args.quick:
        print("gpu.py: nvidia-smi finds no GPU, so there is nothing to measure.", file=sys.stderr)
        return 2
    backend = os.environ["KERAS_BACKEND"]
    content = {"machine": machine.describe(backend, args.machine), "rows": {}}
    for name, side, case, arguments in ROWS:
        if not re.search(args.rows, name):
            continue
        content["rows"][name] = row = measured(side, case, arguments, args.quick)
        print(f"{name:40}{progress(row, args.quick)}", flush=True)
        if args.json and not args.quick:
            args.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if not args.quick:
        operations(content["rows"])
        print_table(content)
        if args.json:
            args.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return int(any("failed" in row for row in content["rows"].values()))


def parse(arguments):
    """Command line; also says how large everything is, for this process and those it starts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, no figures")
    parser.add_argument("--json", type=Path, help="file for the figures, rewritten after each row")
    parser.add_argument("--rows", default="", help="only those whose name this regex finds")
    parser.add_argument("--machine", help="its name in the file")
    args = parser.parse_args(arguments)
    if os.environ.get("KERAS_BACKEND") not in machine.LIBRARIES:
        parser.error(f"set KERAS_BACKEND to one of {', '.join(machine.LIBRARIES)}")
    os.environ["MASKRCNN_BENCHMARKS"] = "quick" if args.quick else "full"
    os.environ.pop("MASKRCNN_BENCHMARKS_MEMO", None)
    return args


def measured(side, case, arguments, quick):
    """The figures of a row, or why there are none: `{"skipped": ...}`, `{"failed": ...}`."""
    from cases.measuring import figures

    if quick and case == "train":
        arguments = {**arguments, "batch": QUICK_TRAIN}
    try:
        found = figures(case, side, **arguments)
    except NotImplementedError as error:
        return {"skipped": str(error)}
    except RuntimeError as error:
        return {"failed": str(error)}
    if not quick and not found["on_gpu"]:
        return {"failed": f"{side} ran on the CPU: install the library's build for CUDA"}
    return found


def progress(row, quick):
    """What is said of a row as soon as it is there."""
    for word in ("failed", "skipped"):
        if word in row:
            return f"{word}: {row[word]}"
    return "ran" if quick else f"{row['ms']:.2f} ms"


def operations(rows):
    """Adds TFLOP/s to the rows of `predict`, if torchvision is there to count them."""
    from cases.measuring import figures

    named = [row for name, row in rows.items() if name.startswith("predict") and "ms" in row]
    if not named:
        return
    try:
        count = figures("predict_operations", "theirs", batch=8)["operations"]
    except (NotImplementedError, RuntimeError) as error:
        print(f"operations not counted: {error}")
        return
    for row in named:
        row["tflop_per_s"] = count / row["ms"] / 1e9


def print_table(content):
    """Rows as Markdown."""
    about, rows = content["machine"], content["rows"]
    print(f"\n{about['gpu']}, driver {about['driver']}, CUDA {about['cuda']}, {about['backend']}")
    print("\n| | ms | images/s | peak GiB | GB/s | TFLOP/s | first call, s |\n|" + "---|" * 7)
    copied = rows.get("copy", {}).get("gb_per_s")
    multiplied = rows.get("matrix product, bfloat16", {}).get("tflop_per_s")
    for name, row in rows.items():
        if "ms" not in row:
            print(f"| {name} |" + " |" * 6)
            continue
        cells = [f"{row['ms']:.2f}", f"{row['images_per_s']:.1f}" if row["images_per_s"] else ""]
        cells.append(f"{row['peak_bytes'] / 2**30:.2f}")
        cells += [share(row["gb_per_s"], copied), share(row["tflop_per_s"], multiplied)]
        cells.append(f"{row['first_s']:.1f}")
        print(f"| {' | '.join([name, *cells])} |")


def share(figure, ceiling):
    """A rate and, if the ceiling was measured, its part of it."""
    if not figure:
        return ""
    return f"{figure:.0f} ({figure / ceiling:.0%})" if ceiling else f"{figure:.0f}"


if __name__ == "__main__":
    sys.exit(main())
