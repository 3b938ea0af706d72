"""Draws the pictures of docs/course/index.md, 01-features.md and 02-backbones.md.

    KERAS_BACKEND=torch python docs/pictures/draw_course_features.py [NUCLEI_IMAGE]

Needs `pip install "keras3-maskrcnn[plot]"`. All is drawn from the bundled presets and synthetic
scenes, except `strides.jpg`, which needs an image of BBBC038v1 (CC0).
"""

import sys

import cv2
import matplotlib as mpl
import numpy as np
from course_features_style import (
    BLUE,
    GREY,
    INK,
    PALE,
    RED,
    WIDTH,
    YELLOW,
    arrow,
    box,
    canvas,
    node,
    numbers,
    save,
    scene_of,
    tiny_pyramid,
)
from keras import ops
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

import keras_maskrcnn as km
from keras_maskrcnn.drawing import PALETTE

# The course: what Mask R-CNN does


def tasks():
    """The four answers to one scene."""
    source = km.data.ShapesSource(60, image_size=128, seed=1000)
    scene = max(source, key=_variety)
    labels, boxes = scene.instances.labels, scene.instances.boxes
    names = [source.class_names[label - 1] for label in labels]
    classes = {
        name: color for name, color in zip(source.class_names, (RED, BLUE, YELLOW), strict=True)
    }
    figure, axes = plt.subplots(1, 4, figsize=(WIDTH, 2.45))
    figure.subplots_adjust(0.005, 0.13, 0.995, 0.9, 0.03)
    titles = (
        "classification",
        "object detection",
        "semantic segmentation",
        "instance segmentation",
    )
    for axis, title in zip(axes, titles, strict=True):
        axis.imshow(scene.image)
        axis.axis("off")
        axis.set_title(title, size=9.5, pad=5)
    axes[0].text(64, 143, ", ".join(sorted(set(names))), ha="center", size=9)
    axes[1].text(64, 143, "a box for each object", ha="center", size=9)
    axes[2].text(64, 143, "a class for each pixel", ha="center", size=9)
    axes[3].text(64, 143, "a mask for each object", ha="center", size=9)
    for name, rect in zip(names, boxes, strict=True):
        box(axes[1], *(rect - 0.5), classes[name], lw=2)
    for number, (name, mask) in enumerate(zip(names, scene.instances.to_dense(), strict=True)):
        overlay(axes[2], mask, classes[name])
        overlay(axes[3], mask, PALETTE[number] / 255)
    save(figure, "tasks.jpg")


def _variety(scene):
    """Four objects of three classes, of which two touch or overlap, and as large as can be."""
    labels, boxes = scene.instances.labels, scene.instances.boxes
    overlap = ops.convert_to_numpy(km.ops.boxes.pairwise_iou(boxes, boxes))
    same = (labels[:, None] == labels) & ~np.eye(len(labels), dtype=bool)
    wanted = len(labels) == 4 and len(set(labels.tolist())) == 3 and (overlap[same] > 0.02).any()
    return scene.instances.areas.sum() if wanted else 0


def overlay(axis, mask, color):
    """Tints the pixels of a mask."""
    tint = np.zeros((*mask.shape, 4))
    tint[..., :3] = mpl.colors.to_rgb(color)
    tint[..., 3] = 0.85 * mask
    axis.imshow(tint, interpolation="nearest")


def pipeline():
    """The two stages, from the image to the pasted masks."""
    figure, axis = canvas(3.95, (-1, 137), (0, 74))
    row, low = 15, 55
    steps = [
        (11, "image\nB, H, W, 3"),
        (36, "backbone\nC2 .. C5"),
        (61, "pyramid\nP2 .. P6"),
        (86, "RPN head\nN logits, deltas"),
        (113, "proposal layer\nB, R, 4"),
    ]
    for x, text in steps:
        face = {"image": "white", "RPN head": "#ffe9e9", "proposal layer": "#ffe9e9"}
        node(axis, x, row, 22, 13, text, face=face.get(text.split("\n")[0], PALE), size=8.8)
    for x1, x2 in ((22, 25), (47, 50), (72, 75), (97, 102)):
        arrow(axis, (x1, row), (x2, row))
    axis.text(99.5, 4, "first stage: where is something?", ha="center", size=9, color=RED)
    second = "#e3f6ff"
    node(axis, 61, low - 10, 24, 12, "RoIAlign 7\nB, R, 7, 7, C", face=second, size=8.8)
    node(axis, 91, low - 10, 24, 12, "box head\nclasses, deltas", face=second, size=8.8)
    node(axis, 122, low - 10, 26, 12, "detection layer\nB, D, 4", face=second, size=8.8)
    node(axis, 61, low + 10, 24, 12, "RoIAlign 14\nB, D, 14, 14, C", face=second, size=8.8)
    node(axis, 91, low + 10, 24, 12, "mask head\nB, D, 28, 28", face=second, size=8.8)
    node(axis, 122, low + 10, 26, 12, "paste\nmasks of the image", face="white", size=8.8)
    arrow(axis, (57, 21.5), (57, low - 16))
    axis.text(55.5, 30.5, "P2 .. P5", ha="right", va="center", size=8.5)
    axis.plot([113, 113, 67], [21.5, 28, 28], color=INK, lw=1.3)
    arrow(axis, (67, 28), (67, low - 16))
    axis.text(90, 26, "proposals", ha="center", size=8.5)
    axis.plot([57, 44, 44], [34, 34, low + 10], color=INK, lw=1.3)
    arrow(axis, (44, low + 10), (49, low + 10))
    for y in (low - 10, low + 10):
        arrow(axis, (73, y), (79, y))
        arrow(axis, (103, y), (109, y))
    axis.plot([122, 122, 61], [low - 4, low, low], color=INK, lw=1.3)
    arrow(axis, (61, low), (61, low + 4))
    axis.text(91, low - 1, "boxes found", ha="center", size=8.5)
    axis.text(
        20,
        low - 8,
        "second stage:\nwhat is it, exactly where,\nand which pixels?",
        ha="center",
        size=9,
        color="#0080ad",
        linespacing=1.5,
    )
    save(figure, "pipeline.svg")


# 1 Convolution features


def convolution():
    """A 3 x 3 kernel over a 5 x 5 image."""
    image = np.zeros((5, 5), int)
    image[1:4, 2:5] = 9
    kernel = np.array([[-1, 0, 1]] * 3)
    output = [[18, 18, 0], [27, 27, 0], [18, 18, 0]]
    figure, axis = canvas(2.95, (-0.6, 17.6), (-1.2, 6.2))
    window = [(r, c) for r in range(3) for c in range(3)]
    numbers(axis, 0, 0, image, window)
    numbers(axis, 6.6, 1, kernel, window, YELLOW)
    numbers(axis, 12.2, 1, output, [(0, 0)])
    box(axis, 0, 0, 3, 3, RED, lw=2.2)
    box(axis, 12.2, 1, 13.2, 2, RED, lw=2.2)
    for x, text in ((2.5, "input, 5 x 5"), (8.1, "kernel, 3 x 3"), (13.7, "output, 3 x 3")):
        axis.text(x, -0.55, text, ha="center", size=10)
    axis.text(5.8, 2.5, "·", ha="center", va="center", size=22)
    axis.text(10.9, 2.5, "=", ha="center", va="center", size=18)
    axis.text(
        8.5,
        5.6,
        "-1·0 + 0·0 + 1·0   -1·0 + 0·0 + 1·9   -1·0 + 0·0 + 1·9   =  18",
        ha="center",
        size=10,
    )
    save(figure, "convolution.svg")


def padding():
    """Where a strided kernel looks, for two kinds of padding."""
    figure, axis = canvas(2.5, (-3.6, 14.6), (-0.9, 5.35))
    for top, name, pad, first in (
        (0, '"same" of Keras', (0, 1), 1),
        (2.9, "symmetric, PyTorch", (1, 1), 0),
    ):
        axis.text(-3.4, top + 0.5, name, va="center", size=9.5)
        offset = 2.5
        for place in range(-pad[0], 8 + pad[1]):
            outside = place not in range(8)
            text = "0" if outside else str(place)
            numbers(axis, offset + place, top, [[text]], [(0, 0)] if outside else (), GREY)
        for index in range(4):
            centre = offset + first + 2 * index + 0.5
            color = (RED, "#0080ad")[index % 2]
            shift = 0.12 * (index % 2)
            axis.plot(
                [centre - 1.42, centre + 1.42],
                [top + 1.25 + shift] * 2,
                color=color,
                lw=3,
                solid_capstyle="butt",
            )
            axis.plot([centre] * 2, [top + 1.25 + shift, top + 1.65], color=color, lw=1)
            axis.text(
                centre,
                top + 2.05,
                str(first + 2 * index),
                ha="center",
                va="center",
                size=10,
                color=color,
            )
        axis.text(-3.4, top + 2.05, "centred on", va="center", size=9.5)
    save(figure, "padding.svg")


def receptive_field():
    """What one cell has seen after three convolutions."""
    figure, axis = canvas(3.0, (-2.9, 17), (-0.6, 7.4))
    rows = [(0, 1, 0, 15), (2, 1, 0, 15), (4, 2, 0, 8), (6, 2, 0, 8)]  # y, step, first, count
    seen = [(2, 10), (3, 9), (2, 4), (3, 3)]
    labels = ("image", "3, stride 1", "3, stride 2", "3, stride 1")
    fields = ("", "r = 3", "r = 5", "r = 9")
    for (y, step, first, count), (low, high), label, field in zip(
        rows, seen, labels, fields, strict=True
    ):
        for cell in range(first, count):
            tint = low <= cell <= high
            x = cell * step
            axis.add_patch(
                Rectangle(
                    (x + 0.06, y),
                    0.88,
                    0.8,
                    fc=RED if tint else PALE,
                    alpha=0.75 if tint else 1,
                    ec=GREY,
                    lw=0.7,
                )
            )
        axis.text(-0.4, y + 0.4, label, ha="right", va="center", size=9.5)
        axis.text(15.5, y + 0.4, field, va="center", size=9.5)
    for upper, lower, step_u, step_l, (low, high), stride in (
        (2, 0, 1, 1, seen[1], 1),
        (4, 2, 2, 1, seen[2], 2),
        (6, 4, 2, 2, seen[3], 1),
    ):
        for cell in range(low, high + 1):
            for tap in (-1, 0, 1):
                source = cell * stride + tap
                axis.plot(
                    [cell * step_u + 0.5, source * step_l + 0.5],
                    [upper, lower + 0.8],
                    color=RED,
                    lw=0.7,
                    alpha=0.6,
                )
    save(figure, "receptive_field.svg")


def channels():
    """Hand-made kernels, and of each stage the channel that agrees best with where objects are."""
    scene = scene_of()
    grey = cv2.cvtColor(scene.image, cv2.COLOR_RGB2GRAY).astype("float32")
    by_hand = {
        "vertical edges": cv2.filter2D(grey, -1, np.float32([[-1, 0, 1]] * 3)),
        "horizontal edges": cv2.filter2D(grey, -1, np.float32([[-1, 0, 1]] * 3).T),
        "blobs": cv2.GaussianBlur(grey, (0, 0), 4) - cv2.GaussianBlur(grey, (0, 0), 8),
    }
    _, _, maps, _ = tiny_pyramid(scene.image[None])
    objects = scene.instances.to_dense().any(axis=0).astype("float32")
    figure, axes = plt.subplots(2, 4, figsize=(WIDTH, 4.1))
    figure.subplots_adjust(0.005, 0.01, 0.995, 0.93, 0.03, 0.16)
    axes[0, 0].imshow(scene.image)
    axes[0, 0].set_title("scene, 128 x 128", size=9.5, pad=5)
    for axis, (title, response) in zip(axes[0, 1:], by_hand.items(), strict=True):
        axis.imshow(response, cmap="RdBu_r", vmin=-abs(response).max(), vmax=abs(response).max())
        axis.set_title(title, size=9.5, pad=5)
    for axis, (level, x) in zip(axes[1], maps.items(), strict=True):
        x = ops.convert_to_numpy(x)[0]
        cover = cv2.resize(objects, x.shape[1::-1], interpolation=cv2.INTER_AREA)
        agreement = [
            np.corrcoef(cover.ravel(), channel.ravel())[0, 1] if channel.any() else 0
            for channel in x.transpose(2, 0, 1)
        ]
        axis.imshow(x[..., np.argmax(agreement)], cmap="magma")
        title = f"{level}, {x.shape[0]} x {x.shape[1]}, r = {max(agreement):.2f}"
        axis.set_title(title, size=9.5, pad=5)
    for axis in axes.flat:
        axis.axis("off")
    save(figure, "channels.jpg")


def strides(path):
    """Nuclei under grids of three strides; `path` is an image of BBBC038v1."""
    image = km.data.read_image(path)[:128, :128]
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.62))
    figure.subplots_adjust(0.005, 0.01, 0.995, 0.9, 0.03)
    for axis, stride in zip(axes, (8, 16, 32), strict=True):
        axis.imshow(image, extent=(0, 128, 128, 0))
        for line in range(0, 129, stride):
            axis.axhline(line, color="#ffcd00", lw=0.6 if stride == 8 else 1)
            axis.axvline(line, color="#ffcd00", lw=0.6 if stride == 8 else 1)
        axis.set_title(f"stride {stride}: {128 // stride} x {128 // stride} cells", size=9.5, pad=5)
        axis.axis("off")
    save(figure, "strides.jpg")


# 2 ResNet and ResNeXt


def blocks():
    """Basic block, bottleneck and ResNeXt block."""
    figure, axis = canvas(4.1, (0, 146), (0, 82))
    kinds = [
        ("basic block\n(18, 34)", [("3 x 3, 64", ""), ("3 x 3, 64", "")], "64"),
        (
            "bottleneck\n(50, 101)",
            [("1 x 1, 64", ""), ("3 x 3, 64", ""), ("1 x 1, 256", "")],
            "256",
        ),
        (
            "ResNeXt 32x4d",
            [("1 x 1, 128", ""), ("3 x 3, 128\n32 groups of 4", ""), ("1 x 1, 256", "")],
            "256",
        ),
    ]
    for number, (title, layers, width) in enumerate(kinds):
        x = 24 + 48 * number
        axis.text(x, 5, title, ha="center", va="center", size=10, weight="bold")
        gap = 44 / (len(layers) + 1)
        places = [18 + gap * (index + 1) for index in range(len(layers))]
        axis.text(x - 3, 13.5, f"x, {width} channels", ha="left", va="center", size=8.8)
        arrow(axis, (x - 5, 12), (x - 5, places[0] - 4.2))
        for place, after in zip(places, [*places[1:], 66.5], strict=True):
            arrow(axis, (x - 5, place + 4.2), (x - 5, after - (4.2 if after < 66 else 2.6)))
        for place, (text, _) in zip(places, layers, strict=True):
            node(axis, x - 5, place, 25, 8.4, text, face="#e3f6ff", size=8.8)
        axis.plot([x - 5, x + 14, x + 14], [18.5, 18.5, 66.5], color=RED, lw=1.6)
        arrow(axis, (x + 14, 66.5), (x - 2.3, 66.5), color=RED, lw=1.6)
        axis.text(x + 15, 42, "identity", rotation=90, va="center", ha="left", size=8.8, color=RED)
        axis.add_patch(plt.Circle((x - 5, 66.5), 2.6, fc="white", ec=INK, lw=1.4))
        axis.text(x - 5, 66.3, "+", ha="center", va="center", size=12)
        arrow(axis, (x - 5, 69.1), (x - 5, 79))
        axis.text(x - 3, 75, "ReLU, y", ha="left", va="center", size=8.8)
    save(figure, "blocks.svg")


def gradients():
    """Length of the gradient, as on the page."""

    def lengths(residual, depth=30, width=64):
        rng = np.random.default_rng(0)
        gradient = np.ones(width) / np.sqrt(width)
        norms = [1.0]
        for _ in range(depth):
            weights = rng.normal(0, 1 / np.sqrt(width), (width, width))
            change = weights @ ((rng.random(width) < 0.5) * gradient)
            gradient = gradient + 0.2 * change if residual else change
            norms.append(np.linalg.norm(gradient))
        return norms

    figure, axis = plt.subplots(figsize=(5.6, 2.9), layout="constrained")
    axis.semilogy(lengths(True), color=BLUE, lw=2.2)
    axis.semilogy(lengths(False), color=RED, lw=2.2)
    axis.text(22, 2.1, "residual", color="#0080ad")
    axis.text(22, 0.004, "plain", color=RED)
    axis.set(
        xlabel="blocks that the gradient has come back through",
        ylabel="length of the gradient",
        xlim=(0, 30),
        ylim=(3e-6, 20),
    )
    axis.grid(alpha=0.25)
    save(figure, "gradients.svg")


def main(nuclei=None):
    """Writes all pictures."""
    for draw in (
        tasks,
        pipeline,
        convolution,
        padding,
        receptive_field,
        channels,
        blocks,
        gradients,
    ):
        draw()
    if nuclei:
        strides(nuclei)


if __name__ == "__main__":
    main(*sys.argv[1:])
