import sys

import cv2
import pytest

from keras_maskrcnn.evaluation import (
    check_report_folder,
    collect_predictions,
    detection_metrics,
    write_report,
)

CELL = (10, 10, 20, 20)
NAMES = ["confusion_matrix.png", "f1.png", "precision_recall.png"]


@pytest.fixture
def metrics(source_of, model_of):
    return detection_metrics(
        collect_predictions(model_of([[(1, 0.9, *CELL)]]), source_of([[(1, *CELL)]]))
    )


@pytest.mark.parametrize("there", [True, False])
def test_pictures(there, metrics, tmp_path):
    folder = tmp_path / "runs" / "report"
    if there:
        folder.mkdir(parents=True)
    written = write_report(metrics, str(folder))
    assert sorted(folder.iterdir()) == sorted(written)
    assert sorted(path.name for path in written) == NAMES
    for path in written:
        assert cv2.imread(str(path)).std() > 10


def test_a_folder_in_use_is_left_alone(metrics, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for folder in (tmp_path, tmp_path / "notes.txt"):
        for call in (check_report_folder, lambda folder: write_report(metrics, folder)):
            with pytest.raises(FileExistsError, match="is in use. Give a new or an empty one"):
                call(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="matplotlib, which is not installed"):
        check_report_folder(tmp_path / "new")
    assert not (tmp_path / "new").exists()
