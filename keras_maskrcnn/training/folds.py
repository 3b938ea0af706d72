"""Cross-validation: one run per fold, and a report of all."""

from pathlib import Path

import numpy as np

from keras_maskrcnn.data.source import Subset
from keras_maskrcnn.evaluation.kinds import log_titles
from keras_maskrcnn.training.record_files import read_record
from keras_maskrcnn.training.run import check_folder, train
from keras_maskrcnn.writing import write_json

REPORT_FILE = "folds.json"


def cross_validate(
    make_model, source, folder, recipe, parts, *, resume=False, announce=None, **options
) -> dict:
    """Train one model per fold, each measured on the images that it has not seen.

    The figures of a fold are those of its best epoch, which is chosen on the same images: of two
    settings compare the means, but expect a little less on new images.

    Args:
        make_model: function of no arguments that gives a new model, for each fold.
        source: `Source` of all images.
        folder: str or path; the runs go to `fold1`, `fold2`, ... in it, each a preset, and the
            report to `folds.json`.
        recipe: `Recipe` of each run.
        parts: list of (training, validation) positions of images in `source`, as
            `keras_maskrcnn.data.folds` gives them.
        resume: go on with the runs in `folder`; those that are complete are not begun again.
        announce: called as `announce(fold, train_source, val_source)` before each, or None.
        options: of `train`: `callbacks`, `verbose`.

    Returns:
        The report, a dict that `folds.json` holds too: "folds", a list of {"fold", "images",
        "best_epoch", "figures", "validation"}, the last being file names; "mean" and "std" (sample
        standard deviation) of each figure.

    Raises:
        FileExistsError: if `folder` is in use and `resume` is False.
        ValueError: if the runs in `folder` were of other folds, or as `train`.
    """
    folder = Path(folder)
    if not resume or not (folder / REPORT_FILE).is_file():
        check_folder(folder, resume=False)
    rows = _planned(source, parts)
    _check_same(folder, rows)
    write_json(folder / REPORT_FILE, {"folds": rows}, indent=2)
    for row, (training, validation) in zip(rows, parts, strict=True):
        halves = Subset(source, training), Subset(source, validation)
        if announce is not None:
            announce(row["fold"], *halves)
        run = folder / f"fold{row['fold']}"
        state = train(
            make_model(), halves[0], run, recipe, val_source=halves[1], resume=resume, **options
        )
        best = state.history[state.best_epoch - 1] if state.best_epoch else {}
        row["best_epoch"] = state.best_epoch
        row["figures"] = {name: best[name] for name in log_titles() if name in best}
        write_json(folder / REPORT_FILE, {"folds": rows}, indent=2)
    report = {"folds": rows, **_summary(rows)}
    write_json(folder / REPORT_FILE, report, indent=2)
    return report


def _planned(source, parts):
    rows = []
    for number, (training, validation) in enumerate(parts, start=1):
        names = [source.file_name(int(index)) for index in validation]
        counts = {"train": len(training), "val": len(validation)}
        rows.append({"fold": number, "images": counts, "validation": names})
    return rows


def _check_same(folder, rows):
    path = folder / REPORT_FILE
    if not path.is_file():
        return
    known = read_record(path).get("folds")
    known = known if isinstance(known, list) else []
    begun = [row.get("validation") if isinstance(row, dict) else None for row in known]
    if begun != [row["validation"] for row in rows]:
        raise ValueError(
            f"The folds in {str(folder)!r} must be those that the run began with. Received: "
            f"{len(rows)} folds, begun with {len(begun)}, or of other images. Resume with the same "
            "annotations, number of folds, groups and seed."
        )


def _summary(rows):
    """Return mean and sample standard deviation of each figure that all folds have."""
    summary = {"mean": {}, "std": {}}
    for name in rows[0]["figures"]:
        if not all(name in row["figures"] for row in rows):
            continue
        values = [row["figures"][name] for row in rows]
        summary["mean"][name] = float(np.mean(values))
        summary["std"][name] = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return summary
