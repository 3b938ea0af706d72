import json

import pytest

from keras_maskrcnn.data import ShapesSource
from keras_maskrcnn.training import Recipe, RunState, cross_validate, folds

PARTS = [([2, 3, 4, 5], [0, 1]), ([0, 1, 4, 5], [2, 3]), ([0, 1, 2, 3], [4, 5])]
FIGURES = [0.2, 0.4, 0.9]


@pytest.fixture
def source():
    return ShapesSource(6, image_size=(32, 32), seed=0)


@pytest.fixture
def runs(monkeypatch):
    """Stands for `train`: the calls it got; the second epoch is the best."""
    calls = []

    def train(model, source, folder, recipe, *, val_source, resume, **options):
        folder.mkdir(exist_ok=True)
        calls.append((model, len(source), folder.name, len(val_source), resume, options))
        if options.get("fail_in") == folder.name:
            raise KeyboardInterrupt
        figure = FIGURES[int(folder.name[-1]) - 1]
        history = [{"epoch": 1, "val_mask_AP": 0.0}, {"epoch": 2, "val_mask_AP": figure}]
        return RunState(epoch=3, history=[*history, history[0]], best=figure, best_epoch=2)

    monkeypatch.setattr(folds, "train", train)
    return calls


def test_the_report_by_hand(source, runs, tmp_path):
    models, told = iter("abc"), []
    report = cross_validate(
        lambda: next(models),
        source,
        tmp_path,
        Recipe(),
        PARTS,
        announce=lambda fold, train, val: told.append((fold, len(train), len(val))),
        verbose=0,
    )
    assert runs[1] == ("b", 4, "fold2", 2, False, {"verbose": 0})
    assert told == [(1, 4, 2), (2, 4, 2), (3, 4, 2)]
    assert report["mean"] == {"val_mask_AP": pytest.approx(0.5)}
    # deviations -0.3, -0.1, 0.4: sqrt((0.09 + 0.01 + 0.16) / 2)
    assert report["std"] == {"val_mask_AP": pytest.approx(0.13**0.5)}
    second = report["folds"][1]
    assert second["figures"] == {"val_mask_AP": 0.4} and second["best_epoch"] == 2
    assert second["images"] == {"train": 4, "val": 2}
    assert second["validation"] == [source[2].file_name, source[3].file_name]
    assert json.loads((tmp_path / "folds.json").read_text()) == report


def test_the_mean_is_of_figures_that_all_folds_have(source, tmp_path, monkeypatch):
    # An object of the second fold's images has no mask.
    histories = iter([{"val_mask_AP": 0.2, "val_box_AP": 0.4}, {"val_box_AP": 0.6}])

    def train(*args, **options):
        return RunState(epoch=1, history=[{"epoch": 1, **next(histories)}], best_epoch=1)

    monkeypatch.setattr(folds, "train", train)
    report = cross_validate(str, source, tmp_path, Recipe(), PARTS[:2])
    assert report["mean"] == {"val_box_AP": pytest.approx(0.5)}


def test_goes_on_where_it_stopped(source, runs, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        cross_validate(str, source, tmp_path, Recipe(), PARTS, fail_in="fold2")
    begun = json.loads((tmp_path / "folds.json").read_text())["folds"]
    assert ["figures" in row for row in begun] == [True, False, False]
    with pytest.raises(FileExistsError, match="in use. Add --resume"):
        cross_validate(str, source, tmp_path, Recipe(), PARTS)
    with pytest.raises(ValueError, match="must be those that the run began with. Received: 2 fold"):
        cross_validate(str, source, tmp_path, Recipe(), PARTS[:2], resume=True)
    report = cross_validate(str, source, tmp_path, Recipe(), PARTS, resume=True)
    assert [call[4] for call in runs[-3:]] == [True] * 3
    assert report["mean"]["val_mask_AP"] == pytest.approx(0.5)
