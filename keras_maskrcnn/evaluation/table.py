"""The results of `evaluate` as text."""

from __future__ import annotations

from keras_maskrcnn.evaluation.average_precision import UNDEFINED
from keras_maskrcnn.evaluation.correct_keypoints import BOX_IOU
from keras_maskrcnn.evaluation.kinds import KINDS, measured
from keras_maskrcnn.evaluation.pixels import pixel_lines
from keras_maskrcnn.evaluation.rates import RATES
from keras_maskrcnn.wording import counted


def format_table(results: dict) -> str:
    """Write the results of `evaluate` as tables: COCO's figures, then those of each class.

    Args:
        results: what `evaluate` returns.

    Returns:
        Lines of text without a final newline. Undefined figures show as "-". Classes that have no
        objects and no detections are left out.

    Example:

    >>> figures = {"AP": 0.5, "AP50": 0.75, "AP75": 0.5, "APs": 0.25, "APm": 0.5, "APl": -1}
    >>> figures["AR"] = 0.625
    >>> counts = {"tp": 6, "fp": 2, "fn": 4, "precision": 0.75, "recall": 0.6, "f1": 0.667}
    >>> counts |= {"accuracy": 0.5, "best_f1": 0.7, "best_score_threshold": 0.42}
    >>> print(format_table({
    ...     "box": figures, "mask": figures, "kind": "mask", **counts, "images": 2, "objects": 10,
    ...     "detections": 8, "max_detections": 100, "iou_threshold": 0.5, "score_threshold": 0.5,
    ...     "missing_classes": [], "objects_without": {},
    ...     "per_class": {"cell": {"box": figures, "mask": figures, "objects": 10, **counts}},
    ... }))
    Images: 2, objects: 10, detections: 8 (at most 100 per image and class)
    <BLANKLINE>
             AP   AP50   AP75    APs    APm  APl     AR
    box   0.500  0.750  0.500  0.250  0.500    -  0.625
    mask  0.500  0.750  0.500  0.250  0.500    -  0.625
    <BLANKLINE>
    At mask IoU 0.5 and score 0.5, and the score with the best F1:
          TP  FP  FN  precision  recall     f1  accuracy  best f1  at score
    cell   6   2   4      0.750   0.600  0.667     0.500    0.700     0.420
    """
    if "per_class" not in results:  # of a model that finds no objects
        return "\n".join([f"Images: {results['images']}", *pixel_lines(results)])
    kinds = [KINDS[name] for name in measured(results)]
    names = [
        name
        for name, figures in results["per_class"].items()
        if figures["objects"] or figures["precision"] >= 0
    ]
    lines = [
        f"Images: {results['images']}, objects: {results['objects']}, detections: "
        f"{results['detections']} (at most {results['max_detections']} per image and class)",
        "",
        *_align(_average_rows(results, kinds)),
        *_not_measured(results),
        *pixel_lines(results),
        "",
    ]
    several, kind = len(results["per_class"]) > 1, KINDS[results["kind"]]
    if several:
        lines += ["Of each class:", *_align(_class_rows(results, kinds, kind, names)), ""]
    lines += [
        f"At {kind.name} {kind.similarity} {results['iou_threshold']:g} and score "
        f"{results['score_threshold']:g}, and the score with the best F1:",
        *_align(_rate_rows(results, names, several)),
    ]
    if several and results["classification_accuracy"] >= 0:
        share = _figure(results["classification_accuracy"])
        lines += ["", f"Of the objects overlapped by a detection, {share} have their own class."]
    if results.get("PCK"):
        lines += ["", *_keypoint_lines(results["PCK"])]
    if results["missing_classes"]:
        lines += ["", "Classes the model does not know: " + ", ".join(results["missing_classes"])]
    return "\n".join(lines)


def _average_rows(results, kinds) -> list[list[str]]:
    """Return a header, and COCO's figures of each kind."""
    names = list(dict.fromkeys(figure.name for kind in kinds for figure in kind.figures))
    rows = [
        [kind.name, *(_figure(results[kind.name].get(name, UNDEFINED)) for name in names)]
        for kind in kinds
    ]
    return [["", *names], *rows]


def _not_measured(results) -> list[str]:
    """Return a line for each kind that the model gives and that some objects lack."""
    return [
        f"{KINDS[name].title(KINDS[name].main)} is not measured: the annotations have "
        f"{counted(number, 'object')} without a {name}."
        for name, number in results["objects_without"].items()
    ]


def _class_rows(results, kinds, best, names) -> list[list[str]]:
    """Return a header, the main figure of each kind by class, and all of the best kind."""
    columns = [(kind, kind.main) for kind in kinds]
    columns += [(best, other) for other in best.class_figures if other != best.main]
    rows = [["", "objects", *(kind.title(figure) for kind, figure in columns)]]
    for name in names:
        figures = results["per_class"][name]
        average = [figures[kind.name][figure] for kind, figure in columns]
        rows.append([name, str(figures["objects"]), *map(_figure, average)])
    return rows


def _keypoint_lines(pck) -> list[str]:
    """Return the percentage of correct keypoints, each in a row, and their mean."""
    rows = [["", "labelled", "PCK"]]
    for name, one in pck["per_keypoint"].items():
        rows.append([name, str(one["labelled"]), _figure(one["PCK"])])
    total = sum(one["labelled"] for one in pck["per_keypoint"].values())
    return [
        f"Keypoints of {counted(pck['objects'], 'object')} found (box IoU {BOX_IOU:g}) that lie "
        f"within {pck['alpha']:g} of the box's longer side:",
        *_align([*rows, ["mean", str(total), _figure(pck["mean"])]]),
    ]


def _rate_rows(results, names, several) -> list[list[str]]:
    """Return a header, counts and rates of each class, and those of all if there are several."""
    rows = [["", "TP", "FP", "FN", *RATES, "best f1", "at score"]]
    rows += [_rate_row(name, results["per_class"][name]) for name in names]
    return [*rows, _rate_row("all", results)] if several else rows


def _rate_row(name, figures) -> list[str]:
    counts = [str(figures[count]) for count in ("tp", "fp", "fn")]
    rates = [_figure(figures[rate]) for rate in (*RATES, "best_f1", "best_score_threshold")]
    return [name, *counts, *rates]


def _figure(value) -> str:
    return f"{value:.3f}" if value >= 0 else "-"


def _align(rows) -> list[str]:
    """Align the first column to the left, the others to the right, as wide as their cells."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
