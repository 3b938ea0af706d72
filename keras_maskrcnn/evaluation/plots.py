"""Figures of `DetectionMetrics`, drawn with matplotlib (the extra `plot`).

Each function returns a `matplotlib.figure.Figure`: a notebook shows it, `savefig` writes it. No
figure is registered with pyplot, so none has to be closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from keras_maskrcnn.evaluation.curves import PrecisionRecallCurve
from keras_maskrcnn.evaluation.detection_metrics import BACKGROUND, DetectionMetrics
from keras_maskrcnn.evaluation.kinds import KINDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SHARES = 12  # classes up to which a cell of the confusion matrix states its share
MOST_NUMBERS = 30  # and up to which it states its count
INK, MIDDLE, FAINT = "#222222", "#8a8a8a", "#dadada"
# Of the classes with the most objects; the colours of Okabe and Ito come first, which the
# colour-blind tell apart.
COLORS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#7f3c8d",
    "#8c564b",
    "#a6a800",
    "#17635a",
)


class Line(NamedTuple):
    """A curve and how it is drawn; the lines of few objects have no marks."""

    curve: PrecisionRecallCurve
    name: str | None
    color: str
    width: float
    has_marks: bool = True


def plot_precision_recall(metrics: DetectionMetrics) -> Figure:
    """Draw precision over recall of each class, as the score threshold falls.

    A dot marks the score threshold of the metrics, a star that of the best F1; grey lines join
    points of equal F1. Of more than 10 classes those with the most objects have a colour.

    Args:
        metrics: from `detection_metrics`.

    Returns:
        `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure, axes = _figure(metrics, "Precision and recall")
    _draw_equal_f1(axes)
    for line in _lines(metrics):
        curve = line.curve
        axes.plot(curve.recall, curve.precision, color=line.color, lw=line.width, label=line.name)
        used = int(np.sum(curve.scores >= metrics.score_threshold)) - 1
        best = int(np.argmax(curve.f1)) if curve.best()[0] > 0 else -1
        for marker, at in (("o", used), ("*", best)):
            if at >= 0 and line.has_marks:
                _mark(axes, curve.recall[at], curve.precision[at], marker, line.color)
    _mark(axes, [], [], "o", MIDDLE, label=f"at score {metrics.score_threshold:g}")
    _mark(axes, [], [], "*", MIDDLE, label="at the best F1")
    _frame(axes, "recall", "precision")
    return figure


def plot_f1(metrics: DetectionMetrics) -> Figure:
    """Draw F1 of each class over the score threshold, and the threshold of the best F1.

    Of a single class precision and recall are drawn too.

    Args:
        metrics: from `detection_metrics`.

    Returns:
        `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure, axes = _figure(metrics, "F1 by score threshold")
    single = len(metrics.curves) == 1
    for line in _lines(metrics):
        steps = {"drawstyle": "steps-pre", "color": line.color}
        label = "F1" if single else line.name
        axes.plot(*_steps(line.curve, "f1"), lw=line.width, label=label, **steps)
        best, threshold = line.curve.best()
        if best > 0 and line.has_marks:
            _mark(axes, threshold, best, "*", line.color)
    if single:
        for name, dashes in (("precision", "--"), ("recall", ":")):
            steps = {"drawstyle": "steps-pre", "color": INK, "ls": dashes}
            axes.plot(*_steps(metrics.curve, name), lw=1.2, label=name, **steps)
    best, threshold = metrics.curve.best()
    if best > 0:
        whose = "" if single else " of all classes"
        label = f"best F1{whose}: {best:.3f} at {threshold:.3f}"
        _mark(axes, [], [], "*", MIDDLE, label=label)
    label = f"score threshold in use: {metrics.score_threshold:g}"
    axes.axvline(metrics.score_threshold, color=MIDDLE, lw=1, zorder=0, label=label)
    _frame(axes, "score threshold", "F1, precision, recall" if single else "F1")
    return figure


def plot_confusion_matrix(metrics: DetectionMetrics) -> Figure:
    """Draw the confusion matrix, as counts and shares.

    Colour and percentage of a cell are its share of the objects in its row; in the last row, of
    detections that take no object, its share of the detections in its column. Classes without
    objects and detections are left out.

    Args:
        metrics: from `detection_metrics`.

    Returns:
        `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
    """
    full = metrics.confusion_matrix
    shown = [k for k in range(1, len(full)) if full[k].any() or full[:, k].any()]
    names = [metrics.class_names[k - 1] for k in shown]
    counts = full[np.ix_([*shown, 0], [*shown, 0])]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares[-1] = counts[-1] / np.maximum(counts.sum(axis=0), 1)
    few = len(names) <= MOST_SHARES
    side = 3.4 + (0.75 if few else 0.24) * len(names)
    figure, axes = _figure(metrics, "Confusion matrix", size=(max(6, side + 1.2), side))
    figure.suptitle(f"{figure.get_suptitle()} and score {metrics.score_threshold:g}")
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    _write_cells(axes, counts, shares)
    ticks = {"ticks": range(len(names) + 1), "fontsize": 10 if few else 7}
    turn = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(labels=[*names, f"{BACKGROUND} (missed)"], **ticks, **turn)
    axes.set_yticks(labels=[*names, f"{BACKGROUND} (false positive)"], **ticks)
    axes.tick_params(length=0)
    axes.set_xlabel("detected class")
    axes.set_ylabel("true class")
    note = "Shares are of a row's objects; in the last row, of a column's detections."
    figure.supxlabel(note, fontsize=8, color=MIDDLE)
    axes.spines[:].set_visible(False)
    for draw in (axes.axhline, axes.axvline):
        draw(len(names) - 0.5, color=INK, lw=0.8)
    thin = {"shrink": 0.7 if few else 0.4, "aspect": 25}
    bar = figure.colorbar(picture, ax=axes, ticks=[0, 0.5, 1], format="{x:.0%}", **thin)
    bar.outline.set_visible(False)
    return figure


def figure_class() -> type[Figure]:
    """Import `matplotlib.figure.Figure`.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(
            "Pictures of metrics need matplotlib, which is not installed. "
            'Type: pip install "keras3-maskrcnn[plot]"'
        ) from None
    return Figure


def _figure(metrics, what, size=(8.5, 5.5)) -> tuple:
    """Return a figure with one pair of axes, and a title that says what was measured."""
    figure = figure_class()(figsize=size, layout="constrained")
    measure = f"{metrics.kind} {KINDS[metrics.kind].similarity}"
    figure.suptitle(f"{what} at {measure} {metrics.iou_threshold:g}")
    return figure, figure.add_subplot()


def _lines(metrics) -> list[Line]:
    """Return the lines of classes with objects, and in front that of all if there are several."""
    curves = metrics.curves
    ranked = np.argsort([-curve.objects for curve in curves], kind="stable")
    ranked = [k for k in ranked if curves[k].objects]
    colored, others = sorted(ranked[: len(COLORS)]), ranked[len(COLORS) :]
    lines = [Line(curves[k], None, FAINT, 1, has_marks=False) for k in others]
    if others:
        lines[0] = lines[0]._replace(name=f"{len(others)} more classes")
    for k, color in zip(colored, COLORS, strict=False):
        name = f"{metrics.class_names[k]} ({_objects(curves[k])})"
        lines.append(Line(curves[k], name, color, 1.6))
    if len(ranked) > 1:
        name = f"all classes ({_objects(metrics.curve)})"
        lines.append(Line(metrics.curve, name, INK, 2.6))
    return lines


def _objects(curve) -> str:
    return f"{curve.objects} object" + "s" * (curve.objects != 1)


def _steps(curve, name) -> tuple[np.ndarray, np.ndarray]:
    """Return thresholds 0..1 rising, and the value that holds from the one before up to each.

    Above the highest score nothing is detected: F1 and recall are 0, precision is undefined.
    """
    x, y = curve.scores[::-1], getattr(curve, name)[::-1]
    x, y = np.append(0.0, x), np.append(y[:1] if len(y) else 0.0, y)
    return (x, y) if name == "precision" else (np.append(x, 1.0), np.append(y, 0.0))


def _mark(axes, x, y, marker, color, label=None) -> None:
    size = 13 if marker == "*" else 7
    style = {"marker": marker, "ms": size, "mec": "white", "ls": "none", "zorder": 5}
    axes.plot(x, y, color=color, label=label, **style)


def _draw_equal_f1(axes) -> None:
    """Draw lines of equal F1, 0.2, 0.4, 0.6, 0.8: precision = F1 recall / (2 recall - F1)."""
    for f1 in (0.2, 0.4, 0.6, 0.8):
        recall = np.linspace(f1 / 2 + 1e-3, 1, 200)
        axes.plot(recall, f1 * recall / (2 * recall - f1), color=MIDDLE, lw=0.7, ls=":", zorder=0)
        axes.text(1.01, f1 / (2 - f1), f"F1 {f1:g}", color=MIDDLE, fontsize=8, va="center")


def _frame(axes, x_label, y_label) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#eeeeee", lw=0.8)
    axes.set_axisbelow(True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.08, 1), frameon=False, fontsize=9)


def _write_cells(axes, counts, shares) -> None:
    """Write counts, and shares while the cells are large, in the ink that reads better."""
    classes = len(counts) - 1
    if classes > MOST_NUMBERS:
        return
    for (row, column), count in np.ndenumerate(counts):
        if not count:
            continue
        share = shares[row, column]
        text = f"{count}\n{share:.0%}" if classes <= MOST_SHARES else str(count)
        ink = "white" if share > 0.5 else INK
        size = 9 if classes <= MOST_SHARES else 6
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=size)
