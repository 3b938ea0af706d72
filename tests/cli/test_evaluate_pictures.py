"""The pictures of evaluate and the sheet of predict."""

import json

import cv2
import pytest

from keras_maskrcnn.cli import main, results

pytestmark = pytest.mark.usefixtures("compile_fast", "loaded_once")


def test_pictures_of_the_worst(tiny_preset, shapes_dataset, tmp_path, capsys):
    arguments = [
        "evaluate",
        "--preset",
        str(tiny_preset),
        "--images",
        str(shapes_dataset / "images"),
    ]
    arguments += ["--annotations", str(shapes_dataset / "annotations.json")]
    folder = tmp_path / "pictures"
    arguments += ["--pictures", str(folder), "--worst", "2"]
    assert main(arguments) == 0
    assert f"The worst 2 of 6 images: {folder}" in capsys.readouterr().out
    names = sorted(path.name for path in folder.iterdir())
    assert [name[:4] for name in names] == ["001_", "002_", "shee"]
    assert cv2.imread(str(folder / names[0])).shape[1] == 2 * 720 + 4

    # The folder is in use now, which shows before the preset is looked for.
    assert main([*arguments, "--preset", "no such preset"]) == 1
    assert "of the pictures is in use. Give a new or an empty one." in capsys.readouterr().err
    both = str(tmp_path / "both")
    assert main([*arguments, "--pictures", both, "--report", both]) == 1
    assert "must be another path than `--report`" in capsys.readouterr().err


def test_sheet(tiny_preset, shapes_dataset, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(results, "SHEET_MOST", 4)
    monkeypatch.setattr("keras_maskrcnn.cli.predict.SHEET_MOST", 4)
    monkeypatch.chdir(tmp_path)
    sheet = tmp_path / "new" / "sheet.png"
    arguments = ["predict", str(shapes_dataset / "images"), "--preset", str(tiny_preset)]
    assert main([*arguments, "--sheet", str(sheet)]) == 0
    printed = capsys.readouterr().out
    assert f"in 6 images. Written: {sheet}" in printed
    assert f"{sheet} shows the first 4 of 6 images." in printed
    assert cv2.imread(str(sheet)).shape == (2 * (320 + 19), 2 * 320, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]  # no folder of pictures besides

    assert main([*arguments, "--sheet", str(sheet), "--json", "found.json"]) == 0
    assert json.loads((tmp_path / "found.json").read_text()) is not None


def test_no_sheet_without_an_image(tiny_preset, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    arguments = ["predict", str(tmp_path / "broken.jpg"), "--preset", str(tiny_preset)]
    assert main([*arguments, "--sheet", str(tmp_path / "sheet.png")]) == 1
    assert not (tmp_path / "sheet.png").exists()
    assert "sheet.png" not in capsys.readouterr().out


def test_no_sheet_of_videos(tmp_path, capsys):
    (tmp_path / "walk.mp4").write_bytes(b"")
    arguments = ["predict", str(tmp_path / "walk.mp4"), "--preset", "p", "--sheet", "s.png"]
    assert main(arguments) == 1
    assert "`--sheet` must go with images only" in capsys.readouterr().err
