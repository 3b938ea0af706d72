"""How time and memory grow with batch, image size, proposals and classes; draws docs/growth.svg.

    KERAS_BACKEND=jax python benchmarks/growth.py [--json FILE] [--svg FILE]

R50-FPN with random weights, 100 detections with masks. Every point is a process of its own: the
median of three runs after the first, and the peak memory (of the GPU, else of the process).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

USUAL = {"what": "predict", "size": 512, "batch": 1, "proposals": 1000, "classes": 90}
LINES = {
    "image side, pixels": ("size", (256, 512, 768, 1024)),
    "images per batch": ("batch", (1, 2, 4, 8)),
    "proposals": ("proposals", (100, 300, 1000, 2000)),
    "classes": ("classes", (1, 20, 90, 400)),
}
MEMORY = [
    {**USUAL, "what": what, "size": size, "batch": batch, "dtype": dtype}
    for dtype in ("float32", "mixed_bfloat16")
    for what, size, batches in (
        ("predict", 512, (1, 8)),
        ("predict", 1024, (1, 4)),
        ("train", 256, (8,)),
        ("train", 512, (2,)),
    )
    for batch in batches
]
WIDTH, HEIGHT, MARGIN = 300, 200, 48


def point(options):
    """Dict of "ms" and "gib" of a process of its own, or of "failed"."""
    command = [sys.executable, __file__, "--alone", json.dumps(options)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        return {**options, "failed": run.stderr.strip().splitlines()[-1][:200]}
    return {**options, **json.loads(run.stdout.splitlines()[-1])}


def alone(options):
    """Measures one point in this process."""
    import keras
    import numpy as np
    from cases import device, inputs

    import keras_maskrcnn as km

    dtype = options.get("dtype", "float32")
    keras.utils.set_random_seed(0)
    model = km.MaskRCNN(
        km.backbones.ResNet(50, dtype=dtype),
        options["classes"],
        dtype=dtype,
        proposal_layer=km.ProposalLayer(options["proposals"], options["proposals"]),
    )
    kernel = model.box_head.class_logits.kernel
    kernel.assign(kernel * 60.0)
    side, batch = options["size"], options["batch"]
    data = inputs.training_batch(batch, side, side)
    if options["what"] == "train":
        model.compile(keras.optimizers.SGD(1e-4, momentum=0.9))
        run = model.train_on_batch
    else:
        data = {"images": data["images"], "image_sizes": np.full((batch, 2), side, "int32")}
        run = model.predict_on_batch
    run(data)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        run(data)
        seconds.append(time.perf_counter() - start)
    gib = device.peak_bytes() / 2**30
    print(json.dumps({"ms": 1e3 * statistics.median(seconds), "gib": gib}))


def chart(title, points, key, left, top):
    """SVG of one line: milliseconds over what grows."""
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
    """Measures every point and prints what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--svg", type=Path, help="file for the picture")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        return alone(json.loads(args.alone))
    lines = {title: [] for title in LINES}
    for title, (key, values) in LINES.items():
        for value in values:
            lines[title].append(point({**USUAL, key: value}))
            print(title, lines[title][-1], flush=True)
    memory = []
    for options in MEMORY:
        memory.append(point(options))
        print(memory[-1], flush=True)
    if args.svg:
        args.svg.write_text(picture(lines), encoding="utf-8")
    if args.json:
        backend = os.environ.get("KERAS_BACKEND")
        report = {"backend": backend, "lines": lines, "memory": memory}
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
