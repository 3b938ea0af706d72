"""`maskrcnn train --folds K`: a model for each fold, and a table of their figures."""

from keras_maskrcnn.cli.output import table
from keras_maskrcnn.cli.training_data import groups_of
from keras_maskrcnn.wording import counted


def train_folds(make_model, source, args, recipe, **options) -> None:
    """Train the folds and print their table.

    Args:
        make_model: function that gives a new model.
        source: `Source` of all images.
        args: of `train`.
        recipe: `Recipe`.
        options: of `keras_maskrcnn.training.cross_validate`.
    """
    from keras_maskrcnn.data import folds
    from keras_maskrcnn.training import cross_validate

    parts = folds(source, args.folds, groups=groups_of(source, args), seed=args.seed)

    def announce(fold, train, val):
        counts = f"{counted(len(train), 'image')} to train on, {len(val)} to measure on"
        print(f"fold {fold} of {args.folds}: {counts}", flush=True)

    report = cross_validate(
        make_model, source, args.out, recipe, parts, announce=announce, **options
    )
    print(format_report(report))
    presets = " ".join(f"--preset {args.out / 'fold'}{n}" for n in range(1, args.folds + 1))
    print(f"Report: {args.out / 'folds.json'}. All as one: maskrcnn predict IMAGE {presets}")


def format_report(report) -> str:
    """Write the figures of each fold, their mean and standard deviation as an aligned table.

    >>> rows = [{"fold": n, "images": {"val": 2}, "best_epoch": 3} for n in (1, 2)]
    >>> for row, figure in zip(rows, (0.2, 0.4)):
    ...     row["figures"] = {"val_box_AP": figure}
    >>> summary = {"mean": {"val_box_AP": 0.3}, "std": {"val_box_AP": 0.141}}
    >>> print(format_report({"folds": rows, **summary}))
    fold  images  best epoch  box AP
    1     2       3           0.200
    2     2       3           0.400
    mean                      0.300
    std                       0.141
    """
    from keras_maskrcnn.evaluation.kinds import log_titles

    names, titles = list(report["mean"]), log_titles()
    rows = [("fold", "images", "best epoch", *(titles[name] for name in names))]
    for fold in report["folds"]:
        cells = (fold["fold"], fold["images"]["val"], fold["best_epoch"])
        rows.append((*map(str, cells), *(f"{fold['figures'][name]:.3f}" for name in names)))
    for key in ("mean", "std"):
        rows.append((key, "", "", *(f"{report[key][name]:.3f}" for name in names)))
    return table(rows)
