"""What is written down of a run, and what it says of other images. Nothing is trained."""

import json
import shutil

import pytest

from keras_maskrcnn.data import COCOSource, ShapesSource, Subset
from keras_maskrcnn.training import measured_images, read_run, record, trained_on

pytestmark = pytest.mark.one_backend


@pytest.fixture
def data(shapes_dataset, tmp_path):
    """A copy of the annotated images."""
    return shutil.copytree(shapes_dataset, tmp_path / "data")


@pytest.fixture
def source(data):
    return COCOSource(data / "annotations.json", data / "images")


def written(folder, source, val_source=None, **about):
    record.write_record(folder, source, val_source, about)
    return str(folder)


def names(source):
    return [source.file_name(index) for index in range(len(source))]


def test_exactly_the_images_held_back_are_opened(source, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    relative = COCOSource("data/annotations.json", "data/images", ["square", "circle"])
    half = Subset(relative, [1, 3, 4, 5])
    run = written(tmp_path / "run", Subset(half, [0, 1]), Subset(half, [3, 2]), freeze=["stem"])
    monkeypatch.chdir("/")
    held = measured_images(run)
    assert names(held) == ["6.png", "5.png"] and held.class_names == ("square", "circle")
    assert measured_images(run, ["square"]).class_names == ("square",)
    known = read_run(run)
    assert known["freeze"] == ["stem"] and list(known["train"]["files"]) == ["2.png", "4.png"]
    assert known["train"]["files"]["2.png"] == (data / "images" / "2.png").stat().st_size

    content = json.loads((data / "annotations.json").read_text())
    content["images"] = [one for one in content["images"] if one["file_name"] != "5.png"]
    kept = [one["id"] for one in content["images"]]
    content["annotations"] = [one for one in content["annotations"] if one["image_id"] in kept]
    (data / "annotations.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="measured on. It has no longer: '5.png'"):
        measured_images(run)


def test_images_that_a_preset_was_trained_on(source, data, tmp_path):
    first = written(tmp_path / "first", Subset(source, [0, 1]))
    second = written(tmp_path / "second", Subset(source, [2]), preset=first)
    assert (trained_on(first, source), trained_on(second, source)) == (2, 3)
    anew = written(tmp_path / "anew", Subset(source, [2]), preset=first, from_scratch=True)
    assert trained_on(anew, source) == 1
    assert trained_on(second, Subset(source, [3, 4])) == 0
    elsewhere = shutil.copytree(data, tmp_path / "elsewhere")
    moved = COCOSource(elsewhere / "annotations.json", elsewhere / "images")
    assert trained_on(second, moved) == 3
    assert trained_on("mask_rcnn_tiny_shapes", source) == 0


def test_runs_without_a_record_or_images(source, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no training run"):
        read_run(tmp_path)
    assert trained_on(tmp_path, source) == 0
    with pytest.raises(ValueError, match="measured on no images. Say on which to measure."):
        measured_images(written(tmp_path / "run", source))
    drawn = written(tmp_path / "drawn", ShapesSource(2), ShapesSource(2))
    assert read_run(drawn)["train"] == {"source": "ShapesSource", "images": 2}
    with pytest.raises(ValueError, match="measured on no image files"):
        measured_images(drawn)
    (tmp_path / "run" / "training" / "run.json").write_text("{")
    with pytest.raises(ValueError, match="run.json' is damaged"):
        read_run(tmp_path / "run")
