"""How the pictures of the course look: colours, boxes, arrows, grids of numbers."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

import keras_maskrcnn as km
from keras_maskrcnn.drawing import PALETTE

FOLDER = Path(__file__).parent / "course"
INK, GREY, PALE = "#1f2430", "#8a93a3", "#eef1f6"
RED, BLUE, YELLOW, VIOLET, GREEN, PINK, ORANGE = (
    f"#{r:02x}{g:02x}{b:02x}" for r, g, b in PALETTE[:7]
)
LEVEL_COLORS = {"P2": RED, "P3": ORANGE, "P4": GREEN, "P5": BLUE, "P6": VIOLET}
mpl.rcParams.update(
    {
        "svg.fonttype": "path",
        "svg.hashsalt": "course",
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "text.color": INK,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)
WIDTH = 7.3  # inches: 700 pixels of a page at 96 dpi, so that sizes in points are those on screen


def canvas(height, xlim, ylim, width=WIDTH):
    """A figure with one bare axis in data units; y grows downwards, as in an image."""
    figure, axis = plt.subplots(figsize=(width, height))
    figure.subplots_adjust(0, 0, 1, 1)
    bare(axis, xlim, ylim)
    return figure, axis


def bare(axis, xlim, ylim):
    """No ticks and no frame; equal units, y downwards."""
    axis.set(xlim=xlim, ylim=ylim[::-1], aspect="equal")
    axis.axis("off")


def save(figure, name):
    """Writes an SVG, the same bytes each time, or a JPEG for pictures with photos in them."""
    options = {"metadata": {"Date": None}}
    if name.endswith("jpg"):
        options = {"dpi": 150, "pil_kwargs": {"quality": 85}}
    figure.savefig(FOLDER / name, facecolor="white", **options)
    plt.close(figure)


def box(axis, x1, y1, x2, y2, color, fill=False, **style):
    """An x1, y1, x2, y2 box as outline, or filled."""
    style = {"lw": 1.6, **style}
    face = color if fill else "none"
    axis.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, ec=color, fc=face, **style))


def node(axis, x, y, width, height, text, color=INK, face=PALE, size=9.5):
    """A rounded box with text around (x, y)."""
    style = f"round,pad=0,rounding_size={0.12 * min(width, height)}"
    corner = (x - width / 2, y - height / 2)
    axis.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, ec=color, fc=face, lw=1.4))
    axis.text(x, y, text, ha="center", va="center", size=size, linespacing=1.35)


def arrow(axis, start, end, color=INK, bend=0, **style):
    """An arrow from (x, y) to (x, y)."""
    style = {"lw": 1.3, "arrowstyle": "-|>", "mutation_scale": 10, **style}
    connection = f"arc3,rad={bend}"
    axis.add_patch(
        FancyArrowPatch(
            start, end, color=color, connectionstyle=connection, shrinkA=0, shrinkB=0, **style
        )
    )


def numbers(axis, x, y, values, marked=(), color=RED, cell=1.0, size=11):
    """A grid of numbers from the corner (x, y) on; `marked` cells (row, column) are tinted."""
    for (row, column), value in np.ndenumerate(np.asarray(values, object)):
        left, top = x + column * cell, y + row * cell
        tint = (row, column) in marked
        axis.add_patch(
            Rectangle((left, top), cell, cell, fc=color if tint else "white", alpha=0.22)
        )
        axis.add_patch(Rectangle((left, top), cell, cell, fc="none", ec=GREY, lw=0.8))
        axis.text(left + cell / 2, top + cell / 2, value, ha="center", va="center", size=size)


def scene_of(seed=1000, index=0, count=60):
    """A synthetic scene of 128 x 128."""
    return km.data.ShapesSource(count, image_size=128, seed=seed)[index]


def tiny_pyramid(images):
    """Backbone maps and pyramid of the preset `mask_rcnn_tiny_shapes`, with the model."""
    model = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
    sizes = np.full((len(images), 2), images.shape[1])
    maps = model.backbone(model.image_normalization(images, sizes))
    return model, sizes, maps, model.feature_pyramid(maps)
