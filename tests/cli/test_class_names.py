"""Annotations that name no class, beside presets that do; and presets that detect nothing."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from keras_maskrcnn.cli import backend, main
from keras_maskrcnn.cli.class_names import open_for

TAKEN = "names none, so its objects are taken for"


@pytest.fixture
def unnamed(tmp_path, monkeypatch):
    """VIA annotations without attributes in a.json, as of the balloon release; a.jpg."""
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("a.jpg", np.zeros((40, 60, 3), np.uint8))
    shape = {"name": "rect", "x": 2, "y": 2, "width": 20, "height": 20}
    region = {"shape_attributes": shape, "region_attributes": {}}
    entry = {"filename": "a.jpg", "size": 1, "regions": {"0": region}}
    (tmp_path / "a.json").write_text(json.dumps({"a.jpg1": entry}))
    return "a.json", "."


def test_objects_are_of_the_only_class_of_the_preset(unnamed, capsys):
    source = open_for(["balloon"], *unnamed)
    assert source.class_names == ("balloon",) and source.object_counts().tolist() == [[1]]
    assert capsys.readouterr().out == (
        f"classes: a.json {TAKEN} 'balloon', the only class of the preset; --classes NAME says "
        "another\n"
    )


def test_objects_of_several_classes_are_of_none(unnamed, capsys):
    assert open_for(["cat", "dog"], *unnamed).class_names == ("object",)
    assert f"{TAKEN} 'object'; --classes NAME says another" in capsys.readouterr().out


@pytest.mark.parametrize(("known", "classes"), [(["object"], None), (["cat"], ["balloon"])])
def test_nothing_is_said_where_nothing_is_guessed(known, classes, unnamed, capsys):
    assert open_for(known, *unnamed, classes).class_names == tuple(classes or known)
    assert capsys.readouterr().out == ""


def test_evaluate_asks_for_the_class(unnamed, capsys):
    command = ["evaluate", "--preset", "mask_rcnn_tiny_shapes"]
    assert main([*command, "--annotations", "a.json", "--images", "."]) == 1
    message = capsys.readouterr().err
    assert "Received: 'a.json' of 'object', a preset of 'circle', 'square', 'triangle'." in message
    assert "Say with --classes which of the preset's its objects are." in message


DATA = ("--annotations", "a.json", "--images", ".")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "`--annotations` and `--images` must be given together, or `--run` alone."),
        (("--run", "out", *DATA), "must be given together, or `--run` alone."),
        (("--preset", "p", "--images", "."), "must be given together, or `--run` alone."),
        (("--run", "folds"), "Received: 'folds', the folds of a cross-validation. Type --run fold"),
    ],
)
def test_evaluate_measures_a_run_or_a_preset_on_annotations(arguments, message, unnamed, capsys):
    Path("folds").mkdir()
    Path("folds", "folds.json").write_text("{}")
    assert main(["evaluate", *arguments]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ("train", "--train", "a.json", "--train-images", ".", "--out", "out"),
        ("evaluate", *DATA),
        ("predict", "a.jpg"),
        ("explain", "a.jpg"),
        ("blur", "a.jpg"),
    ],
)
def test_a_backbone_is_refused_before_it_is_downloaded(command, unnamed, capsys):
    assert main([*command, "--preset", "resnet50_imagenet"]) == 1
    assert (
        "must be a detector. Received: 'resnet50_imagenet', a backbone" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "command",
    [
        ("predict", "a.jpg"),
        ("blur", "a.jpg"),
        ("explain", "a.jpg"),
        ("evaluate", *DATA, "--classes", "person"),
    ],
)
def test_no_network_is_said_before_keras_is_imported(command, unnamed, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_MASKRCNN_OFFLINE", "1")
    monkeypatch.setenv("KERAS_MASKRCNN_CACHE", "cache")
    monkeypatch.setattr(backend, "start", None)
    assert main([*command, "--preset", "mask_rcnn_resnet50_fpn_coco"]) == 1
    assert "is not in the cache, and KERAS_MASKRCNN_OFFLINE is set" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["0", "1", "30"])
def test_a_share_to_hold_back_lies_between_0_and_1(share, capsys):
    command = ["train", "--preset", "p", "--train", "a.json", "--train-images", ".", "--out", "out"]
    with pytest.raises(SystemExit):
        main([*command, "--val-share", share])
    assert f"must be a number above 0, below 1. Received: '{share}'." in capsys.readouterr().err
