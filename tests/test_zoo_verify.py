import json
import sys

import pytest

from zoo import verify

MEASURED = {"box": {"AP": 0.3812, "AP50": 0.59, "AP75": 0.4}, "mask": None}


def test_published_figures_of_a_maker_and_of_a_card():
    figures, by = verify.published("mask_rcnn_resnet50_fpn_coco")
    assert figures == {"box": {"AP": 37.9}, "mask": {"AP": 34.6}}
    assert by == "torchvision, COCO val2017"
    assert verify.published("faster_rcnn_resnet50_fpn_coco")[0] == {"box": {"AP": 37.0}}
    figures, by = verify.published("mask_rcnn_tiny_shapes")
    assert by == "card" and figures["mask"]["AP"] == pytest.approx(80.9, abs=0.05)


def test_figures_stand_beside_each_other():
    figures, by = verify.published("faster_rcnn_resnet50_fpn_coco")
    lines = verify.comparison(MEASURED, figures, by).splitlines()
    assert lines[0].split("  ")[-1] == "difference" and "published (torchvision, COCO" in lines[0]
    assert lines[1].split() == ["box", "AP", "38.1", "37.0", "+1.1"]
    assert lines[2].split() == ["box", "AP50", "59.0"] and len(lines) == 4


def test_a_run_on_a_few_images(tiny_preset, shapes_dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(verify, "published", lambda name: ({"box": {"AP": 50.0}}, "nobody"))
    arguments = [str(tiny_preset), "--annotations", str(shapes_dataset / "annotations.json")]
    arguments += ["--images", str(shapes_dataset / "images"), "--limit", "3"]
    arguments += ["--json", str(tmp_path / "figures.json")]
    monkeypatch.setattr(sys, "argv", ["verify.py", *arguments])
    verify.main()
    printed = capsys.readouterr().out
    assert "3 of 6 images" in printed and "not to be compared" in printed
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["images"] == 3 and 0 <= figures["mask"]["AP"] <= 1
