"""Draws the pictures of docs/course/03-pyramid.md and 04-anchors.md.

    KERAS_BACKEND=torch python docs/pictures/draw_course_proposals.py

Needs `pip install "keras3-maskrcnn[plot]"`. All is drawn from the bundled preset and
synthetic scenes.
"""

import numpy as np
from course_features_style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LEVEL_COLORS,
    ORANGE,
    RED,
    WIDTH,
    YELLOW,
    arrow,
    bare,
    box,
    canvas,
    node,
    numbers,
    save,
    tiny_pyramid,
)
from keras import ops
from matplotlib import pyplot as plt

import keras_maskrcnn as km
from keras_maskrcnn.targets import match

SMALL = km.AnchorGenerator({f"P{k}": (2 ** (k + 2),) for k in range(2, 7)})


# 3 The feature pyramid


def pyramid():
    """Bottom-up, lateral and top-down."""
    figure, axis = canvas(4.9, (0, 146), (0, 99))
    cells = {"2": "200 x 272", "3": "100 x 136", "4": "50 x 68", "5": "25 x 34"}
    channels = {"2": 256, "3": 512, "4": 1024, "5": 2048}
    axis.text(27, 5, "backbone", ha="center", size=10, weight="bold")
    axis.text(78, 5, "top-down", ha="center", size=10, weight="bold")
    axis.text(122, 5, "pyramid", ha="center", size=10, weight="bold")
    places = {"5": 27, "4": 45, "3": 63, "2": 81}
    for k, y in places.items():
        width = 16 + 6 * (5 - int(k))
        node(axis, 27, y, width, 10, f"C{k}\n{channels[k]}", face="white", size=8.8)
        node(axis, 78, y, width * 0.8, 10, f"M{k}", face="#e3f6ff", size=9.5)
        node(axis, 122, y, width, 10, f"P{k}\n{cells[k]}", face="#e9fbec", size=8.8)
        arrow(axis, (27 + width / 2, y), (78 - 0.4 * width, y))
        arrow(axis, (78 + 0.4 * width, y), (122 - width / 2, y))
    for finer, coarser in (("2", "3"), ("3", "4"), ("4", "5")):
        arrow(axis, (27, places[finer] - 5), (27, places[coarser] + 5))
        arrow(axis, (78, places[coarser] + 5), (78, places[finer] - 5), color=RED, lw=1.8)
    axis.text(80, 36, "enlarge twofold, add", va="center", size=8.8, color=RED)
    axis.text(52, 25, "1 x 1", ha="center", size=8.8)
    axis.text(98, 25, "3 x 3", ha="center", size=8.8)
    axis.text(29, 36, "stride 2", va="center", size=8.8)
    node(axis, 122, 12, 22, 7, "P6: 13 x 17", face="#e9fbec", size=8.8)
    arrow(axis, (122, 22), (122, 15.5))
    axis.text(124, 19, "every second cell", va="center", size=8.8)
    arrow(axis, (27, 93), (27, 86))
    axis.text(27, 96.5, "image, 800 x 1088", ha="center", size=8.8)
    save(figure, "pyramid.svg")


def pyramid_by_hand():
    """The numbers of the page."""
    c2, c3 = np.arange(16).reshape(4, 4), np.array([[100, 200], [300, 400]])
    large = c3.repeat(2, 0).repeat(2, 1)
    figure, axis = canvas(2.35, (-0.2, 19.3), (-1, 5.2))
    corner = [(r, c) for r in (0, 1) for c in (2, 3)]
    numbers(axis, 0, 1, c3, [(0, 1)], size=9.5)
    numbers(axis, 4.2, 0, large, corner, size=9.5)
    numbers(axis, 9.6, 0, c2, corner, YELLOW, size=9.5)
    numbers(axis, 15, 0, large + c2, corner, GREEN, size=9.5)
    arrow(axis, (2.3, 2), (3.9, 2), color=RED)
    axis.text(8.9, 2, "+", ha="center", va="center", size=16)
    axis.text(14.3, 2, "=", ha="center", va="center", size=16)
    for x, text in ((1, "C3 (= P3)"), (6.2, "enlarged"), (11.6, "C2"), (17, "P2")):
        axis.text(x, -0.4, text, ha="center", size=10)
    box(axis, 0, 1, 1, 2, "#9246ff", lw=2)
    axis.text(0.1, 4.3, "P4: 100, every\nsecond cell of P3", size=9, color="#9246ff", va="center")
    save(figure, "pyramid_by_hand.svg")


def levels():
    """Level and cells of square boxes."""
    side = np.geomspace(16, 1100, 600)
    boxes = np.stack([side * 0, side * 0, side, side], axis=1)
    level = ops.convert_to_numpy(km.ops.assign_levels(boxes))
    figure, axis = plt.subplots(figsize=(WIDTH, 3.0), layout="constrained")
    for k in range(2, 6):
        here = level == k
        color = LEVEL_COLORS[f"P{k}"]
        axis.plot(side[here], side[here] / 2**k, color=color, lw=2.6)
        axis.axvspan(side[here][0], side[here][-1], color=color, alpha=0.08, lw=0)
        axis.text(
            np.sqrt(side[here][0] * side[here][-1]),
            43,
            f"P{k}",
            ha="center",
            color=color,
            weight="bold",
        )
    axis.axhspan(14, 28, color=GREY, alpha=0.18, lw=0)
    axis.text(17, 20, "14 to 28 cells", va="center", size=9)
    axis.set(
        xscale="log",
        xlim=(16, 1100),
        ylim=(0, 48),
        xlabel="side of a square box, pixels",
        ylabel="cells across on its level",
    )
    ticks = (16, 32, 56, 112, 224, 448, 896)
    axis.set_xticks(ticks, ticks)
    axis.minorticks_off()
    save(figure, "levels.svg")


# 4 Anchors and the region proposal network


def anchors():
    """The anchors of one cell of each level."""
    figure, axis = canvas(5.2, (-30, 1160), (-20, 860))
    box(axis, 0, 0, 1088, 800, GREY, lw=1.2)
    axis.text(12, 788, "800 x 1088", size=9)
    centres = {
        "P2": (40, 60),
        "P3": (144, 64),
        "P4": (304, 112),
        "P5": (192, 512),
        "P6": (768, 448),
    }
    for place, (level, (x, y)) in zip((-20, 210, 440, 690, 935), centres.items(), strict=True):
        size, color = 2 ** (int(level[1]) + 3), LEVEL_COLORS[level]
        for anchor in km.ops.anchors.cell_anchors((size,), (0.5, 1.0, 2.0)):
            box(axis, *(anchor + [x, y, x, y]), color, lw=1.5)
        axis.plot(x, y, "o", color=color, ms=3)
        axis.text(place, 845, f"{level}: {size} px, every {size // 8}", size=9, color=color)
    save(figure, "anchors.svg")


def iou():
    """Two boxes and their overlap."""
    figure, axis = canvas(2.5, (-1, 36), (-2, 16.5))
    box(axis, 0, 0, 10, 10, RED, fill=True, alpha=0.25)
    box(axis, 5, 5, 15, 15, BLUE, fill=True, alpha=0.25)
    box(axis, 0, 0, 10, 10, RED, lw=2)
    box(axis, 5, 5, 15, 15, BLUE, lw=2)
    axis.text(2.5, 2.5, "75", ha="center", va="center", size=11)
    axis.text(7.5, 7.5, "25", ha="center", va="center", size=11, weight="bold")
    axis.text(12.5, 12.5, "75", ha="center", va="center", size=11)
    axis.text(0, -0.6, "0, 0, 10, 10", size=9, color=RED)
    axis.text(15, 16.2, "5, 5, 15, 15", size=9, color="#0080ad", ha="right")
    for y, text in (
        (3.5, "intersection   25"),
        (7, "union             75 + 25 + 75 = 175"),
        (10.5, "IoU                25 / 175 = 0.143"),
    ):
        axis.text(18, y, text, va="center", size=11)
    save(figure, "box_iou.svg")


def matching():
    """Positive and some negative anchors of one scene."""
    scene = max(km.data.ShapesSource(60, image_size=128, seed=1000), key=lambda x: len(x.instances))
    grid = {f"P{k}": np.zeros((1, 128 // 2**k, 128 // 2**k, 1)) for k in range(2, 7)}
    boxes = np.concatenate([ops.convert_to_numpy(x) for x in SMALL(grid).values()])
    objects = scene.instances.boxes.astype("float32")
    _, overlap, attains = (
        ops.convert_to_numpy(x)[0]
        for x in match(objects[None], np.ones((1, len(objects)), bool), boxes[None])
    )
    good = overlap >= 0.7
    last = attains & ~good
    negative = np.flatnonzero(overlap < 0.3)
    drawn = np.random.default_rng(0).choice(negative, 60, replace=False)
    figure, axes = plt.subplots(1, 4, figsize=(WIDTH, 2.3))
    figure.subplots_adjust(0.005, 0.02, 0.995, 0.87, 0.03)
    kinds = (
        (objects, "#ffffff", f"{len(objects)} objects"),
        (boxes[good], "#3ddb50", f"IoU at least 0.7: {good.sum()}"),
        (boxes[last], "#ffcd00", f"best of its object: {last.sum()}"),
        (boxes[drawn], "#ff3838", f"60 of {len(negative)} negatives"),
    )
    for axis, (some, color, title) in zip(axes, kinds, strict=True):
        axis.imshow(scene.image, extent=(0, 128, 128, 0), alpha=0.75)
        bare(axis, (-6, 134), (-6, 134))
        for one in some:
            box(axis, *one, color if color != "#ffffff" else INK, lw=1.4 if len(some) < 40 else 0.7)
        axis.set_title(title, size=9, pad=4)
    save(figure, "matching.jpg")


def deltas():
    """From an anchor to its object."""
    figure, axis = canvas(3.1, (-12, 104), (-5, 56.5))
    box(axis, 0, 0, 32, 32, ORANGE, lw=2)
    box(axis, 8, 4, 40, 52, GREEN, lw=2)
    axis.plot(16, 16, "o", color=ORANGE, ms=5)
    axis.plot(24, 28, "o", color=GREEN, ms=5)
    arrow(axis, (16, 16), (24, 16), color=RED, lw=1.8)
    arrow(axis, (24, 16), (24, 28), color=BLUE, lw=1.8)
    axis.text(20, 13.5, "8", ha="center", color=RED, size=10)
    axis.text(25.2, 22, "12", va="center", color="#0080ad", size=10)
    axis.text(0, -1.5, "anchor 0, 0, 32, 32", size=9, color="#c25e00")
    axis.text(8, 55.8, "object 8, 4, 40, 52", size=9, color="#1d8a2d")
    lines = (
        (8, "dx = 8 / 32 = 0.25", RED),
        (17, "dy = 12 / 32 = 0.375", "#0080ad"),
        (26, "dw = log(32 / 32) = 0", INK),
        (35, "dh = log(48 / 32) = 0.405", INK),
    )
    for y, text, color in lines:
        axis.text(54, y, text, va="center", size=11, color=color)
    save(figure, "deltas.svg")


def recall():
    """Recall of the tiny preset's proposals, on the 30 scenes of the page."""
    source = km.data.ShapesSource(30, image_size=128, seed=1000)
    model, sizes, _, maps = tiny_pyramid(np.stack([scene.image for scene in source]))
    layer = km.ProposalLayer(pre_nms_top_n=150, post_nms_top_n=100)
    proposals, _, _ = layer(*model.rpn_head(maps), model.anchor_generator(maps), sizes)
    best = []
    for scene, boxes in zip(source, ops.convert_to_numpy(proposals), strict=True):
        overlap = km.ops.boxes.pairwise_iou(scene.instances.boxes.astype("float32"), boxes)
        best.extend(np.maximum.accumulate(ops.convert_to_numpy(overlap), axis=1))
    best = np.array(best)
    figure, axis = plt.subplots(figsize=(5.6, 3), layout="constrained")
    for limit, color in ((0.5, GREEN), (0.7, ORANGE), (0.9, RED)):
        values = (best >= limit).mean(axis=0)
        axis.plot(np.arange(1, 101), values, color=color, lw=2.2)
        axis.text(
            103,
            values[-1] - (0.045 if limit == 0.7 else -0.005),
            f"IoU {limit}",
            va="center",
            color=color,
            size=9,
        )
    axis.set(
        xscale="log",
        xlim=(1, 160),
        ylim=(0, 1.03),
        xlabel="proposals per image",
        ylabel="share of objects found",
    )
    axis.set_xticks((1, 3, 10, 30, 100), (1, 3, 10, 30, 100))
    axis.minorticks_off()
    axis.grid(alpha=0.25)
    save(figure, "recall.svg")


def main():
    """Writes all pictures."""
    for draw in (pyramid, pyramid_by_hand, levels, anchors, iou, matching, deltas, recall):
        draw()


if __name__ == "__main__":
    main()
