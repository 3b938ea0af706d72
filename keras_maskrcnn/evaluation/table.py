"""The results of `evaluate` as text."""

from __future__ import annotations

RATES = ("precision", "recall", "f1", "accuracy")


def format_table(results: dict) -> str:
    """The results of `evaluate` as a table for people, COCO's figures first.

    Args:
        results: what `evaluate` returns.

    Returns:
        Lines of text without a final newline. Undefined figures show as "-".

    Example:

    >>> figures = {"AP": 0.5, "AP50": 0.75, "AP75": 0.5, "APs": 0.25, "APm": 0.5, "APl": -1}
    >>> figures["AR"] = 0.625
    >>> rates = {"precision": 0.75, "recall": 0.6, "f1": 0.667, "accuracy": 0.5}
    >>> print(format_table({
    ...     "box": figures, "mask": figures, **rates, "images": 2, "objects": 10, "detections": 8,
    ...     "max_detections": 100, "iou_threshold": 0.5, "score_threshold": 0.5,
    ...     "missing_classes": [],
    ...     "per_class": {"cell": {"box": figures, "mask": figures, "objects": 10, **rates}},
    ... }))
    Images: 2, objects: 10, detections: 8 (at most 100 per image and class)
    <BLANKLINE>
             AP   AP50   AP75    APs    APm  APl     AR
    box   0.500  0.750  0.500  0.250  0.500    -  0.625
    mask  0.500  0.750  0.500  0.250  0.500    -  0.625
    <BLANKLINE>
    At mask IoU 0.5 and score 0.5:
          objects  box AP  mask AP  mask AP50  precision  recall     f1  accuracy
    cell       10   0.500    0.500      0.750      0.750   0.600  0.667     0.500
    """
    kinds = [kind for kind in ("box", "mask") if results[kind] is not None]
    figures = list(results["box"])
    summary = [["", *figures]]
    summary += [[kind, *(_figure(results[kind][name]) for name in figures)] for kind in kinds]
    kind = kinds[-1]
    lines = [
        f"Images: {results['images']}, objects: {results['objects']}, detections: "
        f"{results['detections']} (at most {results['max_detections']} per image and class)",
        "",
        *_align(summary),
        "",
        f"At {kind} IoU {results['iou_threshold']:g} and score {results['score_threshold']:g}:",
        *_align(_class_rows(results, kinds)),
    ]
    if results["missing_classes"]:
        lines += ["", "Classes the model does not know: " + ", ".join(results["missing_classes"])]
    return "\n".join(lines)


def _class_rows(results, kinds) -> list[list[str]]:
    """A header, a row for each class with something to tell, and one for all if several."""
    best = kinds[-1]
    rows = [["", "objects", *(f"{kind} AP" for kind in kinds), f"{best} AP50", *RATES]]
    for name, figures in results["per_class"].items():
        if figures["objects"] or figures["precision"] >= 0:
            rows.append(_row(name, figures, kinds))
    if len(results["per_class"]) > 1:
        rows.append(_row("all", results, kinds))
    return rows


def _row(name, figures, kinds) -> list[str]:
    average = [_figure(figures[kind]["AP"]) for kind in kinds]
    rates = [_figure(figures[rate]) for rate in RATES]
    return [name, str(figures["objects"]), *average, _figure(figures[kinds[-1]]["AP50"]), *rates]


def _figure(value) -> str:
    return f"{value:.3f}" if value >= 0 else "-"


def _align(rows) -> list[str]:
    """First column to the left, the others to the right, each as wide as its widest cell."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
