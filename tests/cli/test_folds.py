import json
from pathlib import Path

import pytest

from keras_maskrcnn.cli import main
from keras_maskrcnn.training import RunState, folds


@pytest.fixture
def grouped(shapes_dataset, tmp_path):
    """The annotations of six images, two of each of three fields."""
    content = json.loads((shapes_dataset / "annotations.json").read_text())
    for number, image in enumerate(content["images"]):
        image["field"] = number // 2
    path = tmp_path / "grouped.json"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def command(tiny_preset, shapes_dataset, grouped, tmp_path):
    images = str(shapes_dataset / "images")
    return [
        *("train", "--preset", str(tiny_preset), "--train", str(grouped), "--train-images", images),
        *("--image-size", "64", "--folds", "3", "--out", str(tmp_path / "out")),
    ]


def test_a_model_for_each_fold(command, tmp_path, capsys, monkeypatch):
    seen = []

    def train(model, source, folder, recipe, *, val_source, **options):
        folder.mkdir()
        seen.append({sample.file_name for sample in val_source})
        history = [{"epoch": 1, "val_mask_AP": 0.1 * len(seen)}]
        return RunState(epoch=1, history=history, best_epoch=1)

    monkeypatch.setattr(folds, "train", train)
    assert main([*command, "--group-key", "field"]) == 0
    # Images of one field stay together.
    assert sorted(map(sorted, seen)) == [["1.png", "2.png"], ["3.png", "4.png"], ["5.png", "6.png"]]
    printed = capsys.readouterr().out
    assert "fold 2 of 3: 4 images to train on, 2 to measure on" in printed
    lines = [line.split() for line in printed.splitlines()]
    assert ["3", "2", "1", "0.300"] in lines
    assert ["mean", "0.200"] in lines and ["std", "0.100"] in lines
    report = json.loads((tmp_path / "out" / "folds.json").read_text())
    assert report["mean"]["val_mask_AP"] == pytest.approx(0.2)
    assert f"--preset {tmp_path / 'out' / 'fold3'}" in printed


def test_a_key_that_images_lack(command, capsys):
    assert main([*command, "--group-key", "patient"]) == 1
    assert "has no 'patient'" in capsys.readouterr().err


def test_folds_or_validation_images(command, capsys):
    assert main([*command, "--val-share", "0.5"]) == 1
    assert "must go without each other" in capsys.readouterr().err


def test_several_presets_are_fused(tiny_preset, shapes_dataset, tmp_path, compile_fast):
    image, found = str(shapes_dataset / "images" / "1.png"), tmp_path / "found.json"
    options = ["--json", str(found), "--score-threshold", "0"]
    presets = ["--preset", str(tiny_preset)] * 2
    assert main(["predict", image, *presets, *options]) == 0
    results = json.loads(Path(found).read_text())
    assert len(results) > 0 and {one["file_name"] for one in results} == {"1.png"}
