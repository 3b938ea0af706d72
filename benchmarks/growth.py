"""How time and memory grow with batch, image size, proposals and classes, as a table and a picture.

    KERAS_BACKEND=jax python benchmarks/growth.py [--json FILE] [--svg FILE]

R50-FPN with random weights, 100 detections with masks. Every point is a process of its own, with
its peak memory (of the GPU, else of the process).
"""

import argparse
import json
import os
import sys
from pathlib import Path

import machine
from cases.measuring import figures

USUAL = {"square": 512, "batch": 1, "proposals": 1000, "classes": 90}
LINES = {
    "image side, pixels": ("square", (256, 512, 768, 1024)),
    "images per batch": ("batch", (1, 2, 4, 8)),
    "proposals": ("proposals", (100, 300, 1000, 2000)),
    "classes": ("classes", (1, 20, 90, 400)),
}
# Images per batch by what is done and the side of the images.
MEMORY = {
    ("predict", 512): (1, 8),
    ("predict", 1024): (1, 4),
    ("train", 256): (8,),
    ("train", 512): (2,),
}
DTYPES = ("float32", "mixed_bfloat16")
WIDTH, HEIGHT, MARGIN = 300, 200, 48


def predicted(dtype="float32", **options):
    """A point of prediction: its options, "ms" and "peak_bytes"; or "failed"."""
    options = {**USUAL, **options}
    return {**options, "dtype": dtype, **measured("predict", dtype=dtype, **options)}


def trained(dtype, square, batch):
    """A point of training."""
    found = measured("train", dtype=dtype, batch=f"{batch} x {square} x {square}")
    return {"square": square, "batch": batch, "dtype": dtype, **found}


def measured(case, **arguments):
    """ "ms" and "peak_bytes" of a case, or why there are none."""
    try:
        found = figures(case, **arguments)
    except RuntimeError as error:
        return {"failed": str(error)}
    return {key: found[key] for key in ("ms", "peak_bytes")}


def memory():
    """The points of the memory table, one after another."""
    for dtype in DTYPES:
        for (case, square), batches in MEMORY.items():
            for batch in batches:
                point = predicted if case == "predict" else trained
                yield {"case": case, **point(dtype, square=square, batch=batch)}


def chart(title, points, key, left, top):
    """SVG of one line: milliseconds over what grows."""
    points = [point for point in points if "ms" in point]
    xs, ys = [p[key] for p in points], [p["ms"] for p in points]
    width, height = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    at = [
        (
            left + MARGIN + width * x / max(xs),
            top + HEIGHT - MARGIN - height * y / max(ys),
        )
        for x, y in zip(xs, ys, strict=True)
    ]
    parts = [
        f'<text x="{left + WIDTH / 2}" y="{top + 20}" text-anchor="middle">ms by {title}</text>',
        f'<path d="M{left + MARGIN} {top + MARGIN - 8}v{height + 8}h{width + 8}" fill="none" '
        'stroke="#888"/>',
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at)}" fill="none" '
        'stroke="#3f51b5" stroke-width="2"/>',
    ]
    below = top + HEIGHT - MARGIN + 16
    for (x, y), value, label in zip(at, ys, xs, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#3f51b5"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">{value:.0f}</text>')
        parts.append(f'<text x="{x:.1f}" y="{below}" text-anchor="middle">{label}</text>')
    return "\n".join(parts)


def picture(lines):
    """SVG of all lines, two beside each other."""
    charts = [
        chart(title, points, LINES[title][0], number % 2 * WIDTH, number // 2 * HEIGHT)
        for number, (title, points) in enumerate(lines.items())
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {2 * HEIGHT}" '
        'font-family="sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join([head, *charts, "</svg>\n"])


def main():
    """Measures every point and prints it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--svg", type=Path, help="file for the picture of the times")
    args = parser.parse_args()
    backend = os.environ.setdefault("KERAS_BACKEND", "jax")
    content = {"machine": machine.describe(backend), "lines": {}, "memory": []}
    for title, (key, values) in LINES.items():
        line = content["lines"][title] = []
        for value in values:
            line.append(predicted(**{key: value}))
            print(line[-1], flush=True)
    for point in memory():
        content["memory"].append(point)
        print(point, flush=True)
    if args.json:
        args.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if args.svg:
        args.svg.write_text(picture(content["lines"]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
