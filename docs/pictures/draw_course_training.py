"""Draws the pictures of the course's chapters on training and evaluation.

    python docs/pictures/draw_course_training.py

Needs matplotlib (the extra `plot`). The run drawn is that of zoo/mask_rcnn_tiny_shapes/log.csv.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from keras_maskrcnn.drawing import PALETTE
from keras_maskrcnn.training import Optimization

ROOT = Path(__file__).parents[2]
LOG = ROOT / "zoo" / "mask_rcnn_tiny_shapes" / "log.csv"
RED, BLUE, _, VIOLET, _, PINK, ORANGE, NAVY, *_ = [tuple(c) for c in PALETTE / 255]
GREEN, GRAY = (0.05, 0.55, 0.25), (0.45, 0.45, 0.45)
rcParams.update({"font.family": "sans-serif", "font.size": 11, "svg.fonttype": "none"})
rcParams["svg.hashsalt"] = "course"  # the same file each time


def tidy(axes, x, y):
    """Labels the axes and takes the upper and right frame away."""
    axes.set(xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)


def iou():
    """Two boxes and two discs, what they share and what they cover."""
    figure = Figure(figsize=(7.2, 2.9), layout="constrained")
    shapes = [lambda x: Rectangle((x, 0), 10, 10), lambda x: Circle((x + 5, 5), 5)]
    texts = ["boxes: 50 / 150 = 0.33", "masks: 30.7 / 126.4 = 0.24"]
    for axes, shape, text in zip(figure.subplots(1, 2), shapes, texts, strict=True):
        for x, color in ((0, NAVY), (5, RED)):
            patch = shape(x)
            patch.set(facecolor=(*color, 0.18), edgecolor=color, linewidth=2)
            axes.add_patch(patch)
        shared = shape(0)
        shared.set(facecolor=(*VIOLET, 0.55), edgecolor="none")
        axes.add_patch(shared)
        shared.set_clip_path(axes.add_patch(hidden(shape(5))))
        axes.set(xlim=(-0.5, 15.5), ylim=(10.5, -0.5), aspect="equal", title=text)
        axes.axis("off")
        axes.text(7.5, 5, "shared", ha="center", va="center", color="white", weight="bold")
    return figure


def hidden(patch):
    """The patch as a border to clip at, itself not seen."""
    patch.set(facecolor="none", edgecolor="none")
    return patch


def pr_curve():
    """The five detections of chapter 11: curve, stair and the 101 points."""
    tp = np.cumsum([1, 0, 1, 1, 0])
    precision, recall = tp / np.arange(1, 6), tp / 4
    stair = np.maximum.accumulate(precision[::-1])[::-1]
    points = np.linspace(0, 1, 101)
    heights = np.append(stair, 0)[np.searchsorted(recall, points)]
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(points, heights, step="pre", color=(*BLUE, 0.15), linewidth=0)
    axes.plot(points, heights, ".", color=NAVY, markersize=4, label="101 points: mean 0.629")
    axes.plot(recall, precision, "o-", color=RED, linewidth=1.5, label="precision at each score")
    sides = [(8, 6), (10, -8), (8, -14), (8, 6), (8, -4)]
    for score, x, y, side in zip((0.9, 0.8, 0.7, 0.6, 0.5), recall, precision, sides, strict=True):
        axes.annotate(f"{score}", (x, y), side, textcoords="offset points", color=RED)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.08))
    tidy(axes, "recall", "precision")
    axes.legend(frameon=False, loc="upper right")
    return figure


def training_run():
    """Rate by step, losses and AP by epoch of the preset's run."""
    with LOG.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    epochs, steps = [int(row["epoch"]) for row in rows], np.arange(1601)
    column = lambda name: [float(row[name]) for row in rows]  # noqa: E731
    figure = Figure(figsize=(7.2, 5.6), layout="constrained")
    top, bottom = figure.subplots(2, 1, height_ratios=(1, 1.9))
    rates = Optimization(learning_rate=2e-3).rates(1600)
    top.plot(steps / 200, [1000 * float(rates(int(step))) for step in steps], color=NAVY)
    top.annotate("warm-up, 80 steps", (0.4, 2.0), (0.1, 2.12), color=NAVY)
    top.set(xlim=(0, 8.6), ylim=(0, 2.4))
    tidy(top, "", "rate, thousandths")
    lines = [("loss", "all five", "black"), ("class_loss", "class", RED), ("box_loss", "box", NAVY)]
    lines += [("mask_loss", "mask", VIOLET), ("rpn_class_loss", "RPN class", ORANGE)]
    for name, label, color in lines:
        bottom.plot(epochs, column(name), ".-", color=color, label=label)
    bottom.plot(epochs, column("val_loss"), "--", color=GRAY, label="all five, validation")
    measured = [epochs.index(epoch) for epoch in (1, 5, 8)]
    aps = column("val_mask_AP")
    bottom.plot([epochs[i] for i in measured], [aps[i] for i in measured], "D", color=GREEN)
    for i, above in zip(measured, (20, 8, 8), strict=True):
        text, at = f"AP {aps[i]:.2f}", (epochs[i], aps[i])
        bottom.annotate(text, at, (-6, above), textcoords="offset points", color=GREEN)
    bottom.set(xlim=(0, 8.6), ylim=(0, 1.55))
    tidy(bottom, "epoch", "loss; mask AP")
    bottom.legend(frameon=False, loc="upper right", ncols=2, fontsize=10)
    return figure


def main(folder=Path(__file__).parent / "course"):
    """Writes all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for draw in (iou, pr_curve, training_run):
        draw().savefig(folder / f"{draw.__name__}.svg", facecolor="white", metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main())
