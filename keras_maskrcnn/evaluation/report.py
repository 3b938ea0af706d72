"""A folder of pictures that show what `detection_metrics` found."""

from __future__ import annotations

import io
from pathlib import Path

from keras_maskrcnn.evaluation.detection_metrics import DetectionMetrics
from keras_maskrcnn.evaluation.plots import (
    figure_class,
    plot_confusion_matrix,
    plot_f1,
    plot_precision_recall,
)
from keras_maskrcnn.writing import write_bytes

PLOTS = {
    "confusion_matrix.png": plot_confusion_matrix,
    "precision_recall.png": plot_precision_recall,
    "f1.png": plot_f1,
}
DPI = 150


def write_report(metrics: DetectionMetrics, folder) -> list[Path]:
    """Write the confusion matrix, the precision-recall curves and F1 by threshold as PNG.

    Args:
        metrics: from `detection_metrics`.
        folder: str or path, new or empty.

    Returns:
        The paths of the pictures: `confusion_matrix.png`, `precision_recall.png`, `f1.png`.

    Raises:
        FileExistsError: `folder` is a file, or a folder that is not empty.
        ImportError: matplotlib is not installed.
    """
    check_report_folder(folder)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, plot in PLOTS.items():
        picture = io.BytesIO()  # a full disk would be an encoder's error
        plot(metrics).savefig(picture, dpi=DPI, format="png")
        write_bytes(folder / name, picture.getvalue())
    return [folder / name for name in PLOTS]


def check_report_folder(folder) -> None:
    """Say before the work whether `write_report` will be able to write.

    Raises:
        FileExistsError: `folder` is a file, or a folder that is not empty.
        ImportError: matplotlib is not installed.
    """
    figure_class()
    check_folder(folder, "report")


def check_folder(folder, content) -> None:
    """Raise FileExistsError if `folder`, of the `content`, is a file or a folder in use."""
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"The folder {str(folder)!r} of the {content} is in use. Give a new or an empty one."
        )
