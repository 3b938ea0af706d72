"""Draws the pictures of docs/course/05-nms.md, 06-roialign.md, 07-heads.md and 08-losses.md.

    KERAS_BACKEND=torch python docs/pictures/draw_course_heads.py

Needs `pip install "keras3-maskrcnn[plot]"`. `losses.svg` is drawn from `course/losses.csv`, which
`record_course_losses.py` writes.
"""

import csv
import sys

import keras
import numpy as np
from course_features_style import (
    BLUE,
    FOLDER,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    VIOLET,
    WIDTH,
    arrow,
    bare,
    box,
    canvas,
    node,
    save,
)
from matplotlib import pyplot as plt

import keras_maskrcnn as km
from keras_maskrcnn.losses import NAMES
from keras_maskrcnn.ops import boxes as box_ops

# 5 Non-maximum suppression


def nms():
    """The five boxes of the chapter, what suppresses what, and the rounds."""
    figure, axis = canvas(3.1, (0, 100), (0, 42))
    left = np.array([0.0, 3, 6, 9, 1])
    boxes = np.stack([left, 0 * left, left + 10, 0 * left + 10], axis=1)
    iou = keras.ops.convert_to_numpy(box_ops.pairwise_iou(boxes, boxes))
    suppresses, keep = np.tril(iou > 0.5, k=-1), np.ones(5, bool)
    rounds = [keep := ~(suppresses & keep).any(axis=1) for _ in range(4)]
    survives = rounds[-1]
    for row, name in enumerate("ABCDE"):
        y = 9 + 6 * row
        color = GREEN if survives[row] else GREY
        x = 7 + 1.2 * left[row]
        box(axis, x, y + 0.8, x + 12, y + 5.2, color, fill=True, alpha=0.25)
        box(axis, x, y + 0.8, x + 12, y + 5.2, color)
        axis.text(3, y + 3, name, ha="center", va="center", size=10.5, weight="bold")
        axis.text(x + 6, y + 3, f"{0.9 - 0.1 * row:.1f}", ha="center", va="center", size=10)
    _matrix(axis, 42, iou, suppresses)
    _rounds(axis, 78, rounds)
    titles = (16, "boxes and scores"), (56, "IoU; coloured: S"), (88, "keep, round 1 to 4")
    for x, title in titles:
        axis.text(x, 3, title, ha="center", va="center", size=10, weight="bold")
    save(figure, "nms.svg")


def _matrix(axis, x, iou, suppresses):
    for row in range(5):
        axis.text(x - 2, 12 + 6 * row, "ABCDE"[row], ha="center", va="center", size=10)
        axis.text(x + 3 + 6 * row, 7, "ABCDE"[row], ha="center", va="center", size=10)
        for column in range(row + 1):
            corner = x + 6 * column, 9 + 6 * row
            if suppresses[row, column]:
                box(axis, *corner, corner[0] + 6, corner[1] + 6, ORANGE, True, alpha=0.55, lw=0)
            box(axis, *corner, corner[0] + 6, corner[1] + 6, GREY, lw=0.8)
            middle = corner[0] + 3, corner[1] + 3
            text = "-" if row == column else f"{iou[row, column]:.2f}"
            axis.text(*middle, text, ha="center", va="center", size=9)


def _rounds(axis, x, rounds):
    for column, keep in enumerate(rounds):
        axis.text(x + 2.5 + 5 * column, 7, column + 1, ha="center", va="center", size=10)
        for row, kept in enumerate(keep):
            corner = x + 5 * column, 9 + 6 * row
            end = corner[0] + 5, corner[1] + 6
            box(axis, *corner, *end, GREEN if kept else "white", True, alpha=0.55, lw=0)
            box(axis, *corner, *end, GREY, lw=0.8)
            if kept:
                name = "ABCDE"[row]
                axis.text(corner[0] + 2.5, corner[1] + 3, name, ha="center", va="center", size=10)


# 6 RoIAlign


def roialign():
    """A box on cells: what RoIPool takes and where RoIAlign samples."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.05))
    figure.subplots_adjust(0.01, 0.02, 0.99, 0.92, 0.06)
    for axis, title in zip(axes, ("RoIPool", "RoIAlign"), strict=True):
        bare(axis, (-1, 129), (-12, 129))
        axis.set_title(title, size=11, weight="bold")
        for cell in range(8):
            axis.text(16 * cell + 8, -6, cell, ha="center", va="center", size=10)
        for place in range(0, 129, 16):
            axis.plot((place, place), (0, 128), color=GREY, lw=0.7)
            axis.plot((0, 128), (place, place), color=GREY, lw=0.7)
        centres = np.arange(8, 128, 16)
        axis.plot(*(c.ravel() for c in np.meshgrid(centres, centres)), "o", color=GREY, ms=2.6)
    pool, align = axes
    for first, color in ((32, RED), (64, VIOLET)):  # the middle cells belong to both bins
        box(pool, first, 32, first + 48, 80, color, True, alpha=0.2, lw=0)
        box(pool, first, 64, first + 48, 112, color, True, alpha=0.2, lw=0)
    box(pool, 32, 32, 112, 112, RED, lw=2)
    box(pool, 27, 27, 91, 91, INK, ls="--")
    box(align, 27, 27, 91, 91, BLUE, True, alpha=0.15, lw=0)
    box(align, 27, 27, 91, 91, INK, ls="--")
    align.plot((59, 59), (27, 91), color=INK, lw=1)
    align.plot((27, 91), (59, 59), color=INK, lw=1)
    samples = 27 + 16 * (np.arange(4) + 0.5)
    align.plot(*(s.ravel() for s in np.meshgrid(samples, samples)), "x", color=BLUE, ms=7, mew=2)
    save(figure, "roialign.svg")


def roialign_shift():
    """Value of the first bin while the box moves to the right."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.2))
    figure.subplots_adjust(0.085, 0.15, 0.985, 0.97)
    low = np.arange(20, 44.01, 0.25)
    centres = 16 * np.arange(8.0) + 8
    boxes = np.stack([low, 0 * low + 27, low + 64, 0 * low + 91], axis=1)
    ramp = np.tile(centres[None, None, :, None], (1, 8, 1, 1))
    aligned = keras.ops.convert_to_numpy(km.RoIAlign(2)({"P4": ramp}, boxes[None]))[0, :, 0, 0, 0]
    first = np.floor(low / 16 + 0.5).astype(int)
    last = np.floor((low + 64) / 16 + 0.5).astype(int)
    size = (last - first + 1) / 2
    pooled = [centres[a : a + int(np.ceil(s))].mean() for a, s in zip(first, size, strict=True)]
    axis.plot(low, low + 16, color=INK, lw=5, alpha=0.2, label="exact")
    axis.plot(low, aligned, color=BLUE, lw=1.8, label="RoIAlign")
    axis.step(low, pooled, color=RED, lw=1.8, where="mid", label="RoIPool, mean of its cells")
    axis.set(xlabel="left side of the box, pixels", ylabel="x that the left bin reads, pixels")
    axis.grid(color=GREY, alpha=0.25)
    axis.legend(frameon=False)
    save(figure, "roialign_shift.svg")


# 7 The heads


def heads():
    """The layers of the three heads, from top to bottom."""
    figure, axis = canvas(5.3, (0, 146), (0, 106))
    columns = {
        "RPN head": (
            RED,
            ["P2 ... P6\nH x W x 256", "3x3 conv, ReLU\nH x W x 256"],
            ["objectness\nH x W x 3", "deltas\nH x W x 12"],
            "593,935 parameters\n43.0 G products",
        ),
        "box head": (
            GREEN,
            ["RoIAlign\n7 x 7 x 256", "dense, ReLU\n1024", "dense, ReLU\n1024"],
            ["class logits\nK + 1 = 81", "deltas\nK x 4 = 320"],
            "14,306,705 parameters\n14.3 G products",
        ),
        "mask head": (
            BLUE,
            [
                "RoIAlign\n14 x 14 x 256",
                "4 x (3x3 conv, ReLU)\n14 x 14 x 256",
                "2x2 deconv, ReLU\n28 x 28 x 256",
            ],
            ["mask logits\n28 x 28 x 80"],
            "2,643,280 parameters\n53.0 G products",
        ),
    }
    for column, (title, (color, shared, outputs, cost)) in enumerate(columns.items()):
        x = 25 + 48 * column
        axis.text(x, 4, title, ha="center", va="center", size=11, weight="bold")
        for row, text in enumerate(shared):
            face = "white" if row == 0 else "#eef1f6"
            node(axis, x, 17 + 22 * row, 44, 14, text, color, face, size=10)
            if row:
                arrow(axis, (x, 22 * row + 2), (x, 22 * row + 9.8))
        bottom = 24 + 22 * (len(shared) - 1)
        places = (x - 11.7, x + 11.7) if len(outputs) == 2 else (x,)
        for place, text in zip(places, outputs, strict=True):
            node(axis, place, 84, 22.4 if len(outputs) == 2 else 34, 14, text, color, "white", 9)
            arrow(axis, (x, bottom), (place, 76.8))
        axis.text(x, 99, cost, ha="center", va="center", size=10, linespacing=1.4)
    save(figure, "heads.svg")


def paste():
    """A grid of the mask head, sampled at the pixels, and cut at 0.5."""
    source = km.data.ShapesSource(100, (128, 128), seed=0)
    image = source[0].image
    found = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes").detect(image)[0]
    grid, (x1, y1, x2, y2) = found.mask_probabilities[0], found.boxes[0]
    columns, rows = np.arange(int(x1), int(x2) + 1), np.arange(int(y1), int(y2) + 1)
    weights = (
        np.maximum(1 - np.abs(((c + 0.5 - a) / (b - a) * 28 - 0.5)[:, None] - np.arange(28)), 0)
        for c, a, b in ((rows, y1, y2), (columns, x1, x2))
    )
    sampled = next(weights) @ grid @ next(weights).T
    view = (x1 - 4, x2 + 4, y2 + 4, y1 - 4)
    figure, axes = plt.subplots(1, 4, figsize=(WIDTH, 2.15))
    figure.subplots_adjust(0.005, 0.01, 0.995, 0.88, 0.04)
    extent = (columns[0], columns[-1] + 1, rows[-1] + 1, rows[0])
    axes[0].imshow(image, extent=(0, 128, 128, 0))
    axes[1].imshow(grid, extent=(x1, x2, y2, y1), cmap="viridis", vmin=0, vmax=1)
    axes[2].imshow(sampled, extent=extent, cmap="viridis", vmin=0, vmax=1)
    axes[3].imshow(image, extent=(0, 128, 128, 0))
    mask = found.masks[0].repeat(8, 0).repeat(8, 1)
    axes[3].contour(mask, [0.5], extent=(0, 128, 0, 128), colors=[INK])
    titles = "image and box", "28 x 28 grid", "read at the pixels", "at least 0.5"
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, size=10)
        axis.set(xlim=view[:2], ylim=view[2:])
        axis.axis("off")
        box(axis, x1, y1, x2, y2, "white", ls="--", lw=1.4)
    save(figure, "paste.png")


# 8 The losses


def smooth_l1():
    """Smooth L1 with two values of beta, and L1."""
    figure, axis = plt.subplots(figsize=(WIDTH, 2.7))
    figure.subplots_adjust(0.085, 0.17, 0.98, 0.97)
    error = np.linspace(-1.5, 1.5, 601)
    size = np.abs(error)
    axis.plot(error, size, color=GREY, lw=1.4, ls="--", label="L1")
    for beta, name, color in ((1 / 9, "1/9", RED), (1, "1", BLUE)):
        loss = np.where(size < beta, 0.5 * error**2 / beta, size - 0.5 * beta)
        axis.plot(error, loss, color=color, lw=1.8, label=f"smooth L1, β = {name}")
    axis.set(xlabel="error of a delta", ylabel="loss", ylim=(0, 1.5), xlim=(-1.5, 1.5))
    axis.grid(color=GREY, alpha=0.25)
    axis.legend(frameon=False, loc="upper center")
    save(figure, "smooth_l1.svg")


def losses():
    """The five recorded curves, over steps on a logarithmic scale."""
    with open(FOLDER / "losses.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    figure, axes = plt.subplots(2, 3, figsize=(WIDTH, 4.1))
    figure.subplots_adjust(0.055, 0.115, 0.985, 0.94, 0.26, 0.4)
    chance = {"rpn_class_loss": np.log(2), "class_loss": np.log(4), "mask_loss": np.log(2)}
    colors = RED, ORANGE, GREEN, BLUE, VIOLET
    for axis, name, color in zip(axes.flat, NAMES, colors, strict=False):
        values = np.array([float(row[name]) for row in rows])
        steps = np.unique(np.geomspace(1, len(values), 60).astype(int))
        near = [values[int(0.87 * step - 0.5) : int(1.15 * step)] for step in steps]
        low, mean, high = zip(*((w.min(), w.mean(), w.max()) for w in near), strict=True)
        axis.fill_between(steps, low, high, color=color, alpha=0.22, lw=0)
        axis.plot(steps, mean, color=color, lw=1.8)
        if name in chance:
            axis.axhline(chance[name], color=INK, lw=1, ls=":")
        axis.set_title(name, size=10)
        axis.set_xscale("log")
        axis.set(xlim=(1, len(values)), ylim=(0, 1.08 * max(chance.get(name, 0), *high)))
        axis.set_xticks((1, 10, 100, 1000), ("1", "10", "100", "1000"))
        axis.minorticks_off()
        axis.grid(color=GREY, alpha=0.25)
        axis.tick_params(labelsize=9)
    for axis in (axes[1, 0], axes[1, 1], axes[0, 2]):
        axis.set_xlabel("step", size=9)
    axes[1, 2].axis("off")
    save(figure, "losses.svg")


PICTURES = (nms, roialign, roialign_shift, heads, paste, smooth_l1, losses)


def main(wanted=()):
    """Draws the pictures of these names, or all."""
    for draw in PICTURES:
        if not wanted or draw.__name__ in wanted:
            draw()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
