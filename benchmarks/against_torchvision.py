"""The CPU table of docs/performance.md: this package against torchvision, in turns in one process.

    KERAS_BACKEND=jax python benchmarks/against_torchvision.py [--rows REGEX] [--json FILE]

Both sides get the same images, boxes and scores, and must find the same boxes and as many objects.
Every row is a process of its own, and so is the peak memory of each side.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

import machine
from cases.measuring import figures
from cases.sizes import TRAIN_CPU

FLOAT = {"dtype": "float32"}
# What the table calls it, the case, and the arguments of our side and of theirs.
ROWS = (
    ("R50-FPN 800x1066, 1 image", "predict", {"batch": 1, **FLOAT}, {"batch": 1, "amp": False}),
    (
        "Keypoint R-CNN R50-FPN 800x1066, 1 image",
        "keypoint_predict",
        {"batch": 1, **FLOAT},
        {"batch": 1, "amp": False},
    ),
    (
        "training step, R50-FPN 512x512, batch 2",
        "train",
        {"batch": TRAIN_CPU, **FLOAT},
        {"batch": TRAIN_CPU, "amp": False},
    ),
    ("RoIAlign forward, 1000 boxes", "roi_align", {}, {}),
    ("RoIAlign forward + backward, 512 boxes", "roi_align_gradient", {}, {}),
    ("NMS, 1000 boxes", "nms", {}, {}),
)


def main():
    """Measures the rows asked for and prints each as a line of Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="", help="only those whose name this regex finds")
    parser.add_argument("--json", type=Path, help="file for the figures")
    args = parser.parse_args()
    backend = os.environ.setdefault("KERAS_BACKEND", "jax")
    content = {"machine": machine.describe(backend), "rows": {}}
    print("| | backend | ours, ms | torchvision, ms | ratio | peak, GiB: ours, theirs |")
    print("|---|---|---|---|---|---|", flush=True)
    for name, case, ours, theirs in ROWS:
        if not re.search(args.rows, name):
            continue
        row = figures(case, "ratio", **ours)
        row["peak_bytes"] = [
            figures(case, side, **arguments)["peak_bytes"]
            for side, arguments in (("ours", ours), ("theirs", theirs))
        ]
        content["rows"][name] = row
        peaks = ", ".join(f"{peak / 2**30:.1f}" for peak in row["peak_bytes"])
        print(
            f"| {name} | {backend} | {row['ours_ms']:.4g} | {row['theirs_ms']:.4g} "
            f"| {1 / row['ratio']:.2f} | {peaks} |",
            flush=True,
        )
    if args.json:
        args.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
