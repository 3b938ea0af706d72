import json

import cv2
import numpy as np
import pytest

from keras_maskrcnn.cli import main
from keras_maskrcnn.data import COCOSource, open_source

RECT = {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 5}
TINY = {"name": "rect", "x": 1.1, "y": 1.1, "width": 0.2, "height": 0.2}
POINT = {"name": "point", "cx": 3, "cy": 4}


@pytest.fixture
def via(tmp_path):
    """A VIA file of two images of 40 x 50 pixels, beside them."""
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((40, 50, 3), np.uint8))

    def region(shape, kind):
        return {"shape_attributes": shape, "region_attributes": {"kind": kind, "colour": "red"}}

    regions = [region(RECT, "dog"), region(TINY, "cat"), region(RECT, "cat"), region(POINT, "cat")]
    content = {
        "a.png9": {"filename": "a.png", "size": 9, "regions": regions},
        "b.png9": {"filename": "b.png", "size": 9, "regions": []},
    }
    path = tmp_path / "via.json"
    path.write_text(json.dumps(content))
    return path


def test_convert(via, tmp_path, capsys):
    out = tmp_path / "coco.json"
    assert main(["data", "convert", str(via), str(out), "--attribute", "kind"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"2 images with 2 objects of cat, dog. Written: {out}",
        "Left out 1 point, which cannot be a mask.",
        "Left out 1 object whose mask covers no pixel.",
    ]
    source, again = open_source(via, attribute="kind"), COCOSource(out, tmp_path)
    assert again.class_names == ("cat", "dog")
    for index in range(2):
        before, after = source[index].instances, again[index].instances
        assert after.to_rle() == before.to_rle()
        assert after.labels.tolist() == before.labels.tolist()


def test_convert_some_classes_with_the_images_elsewhere(via, tmp_path, capsys):
    moved, out = tmp_path / "annotations" / "via.json", tmp_path / "coco.json"
    moved.parent.mkdir()
    via.rename(moved)
    command = ["data", "convert", str(moved), str(out), "--attribute", "kind", "--classes", "dog"]
    assert main(command) == 1
    assert "2 of the 2 images" in capsys.readouterr().err
    assert main([*command, "--images", str(tmp_path)]) == 0
    assert json.loads(out.read_text())["categories"] == [{"id": 2, "name": "dog"}]


def test_coco_stays_as_it_is(tmp_path, via):
    content = {
        "images": [{"id": 7, "file_name": "a.png", "height": 40, "width": 50, "license": 3}],
        "annotations": [
            {
                "id": 5,
                "image_id": 7,
                "category_id": 9,
                "bbox": [1, 2, 3, 4],
                "area": 11.5,
                "segmentation": {"size": [40, 50], "counts": [0, 10, 1990]},
                "iscrowd": 1,
            }
        ],
        "categories": [{"id": 4, "name": "cat"}, {"id": 9, "name": "dog"}],
    }
    (tmp_path / "in.json").write_text(json.dumps(content))
    out = tmp_path / "new" / "out.json"
    assert main(["data", "convert", str(tmp_path / "in.json"), str(out)]) == 0
    content["annotations"][0]["id"] = 1
    assert json.loads(out.read_text()) == content


def test_convert_to_every_format_and_back(via, tmp_path, capsys):
    content = json.loads(via.read_text())
    regions = content["a.png9"]["regions"]
    for region in regions:
        region["region_attributes"] = {"class": region["region_attributes"]["kind"]}
    regions[0]["region_attributes"]["group_id"] = "7"
    regions[3]["region_attributes"] = {"group_id": "7", "keypoint": "nose"}
    via.write_text(json.dumps(content))
    first = open_source(via)
    for name, read in (("via", "."), ("labelme", "."), ("yolo", "labels")):
        out = tmp_path / "out" / name
        assert main(["data", "convert", str(via), str(out), "--to", name]) == 0
        said = capsys.readouterr().out.splitlines()
        assert said[:2] == [
            f"2 images with 3 objects of cat, dog. Written: {out}",
            "1 known keypoint, of nose.",
        ]
        assert said[2:] == ["Left out 3 masks as YOLO's keypoints go with boxes."] * (
            name == "yolo"
        )
        again = open_source(out / read, tmp_path)
        assert again.class_names == first.class_names
        assert again.keypoint_counts()[0].tolist() == [1]
        assert main(["data", "convert", str(via), str(out), "--to", name]) == 1
        kind = "file" if name == "via" else "folder"
        assert f"`destination` must be a new {kind}" in capsys.readouterr().err
        assert main(["data", "check", str(out / read), "--images", str(tmp_path)]) == 0
        assert "train: 1 known keypoint\n" in capsys.readouterr().out


def test_an_existing_file_is_not_overwritten(via, tmp_path, capsys):
    out = tmp_path / "coco.json"
    out.write_text("mine")
    assert main(["data", "convert", str(via), str(out), "--attribute", "kind"]) == 1
    assert "`destination` must be a new file" in capsys.readouterr().err
    assert out.read_text() == "mine"


def test_an_error_is_two_lines_at_most_and_writes_nothing(via, tmp_path, capsys):
    out = tmp_path / "coco.json"
    assert main(["data", "convert", str(via), str(out)]) == 1
    error = capsys.readouterr().err
    assert "maskrcnn data: The regions of" in error and "--attribute" in error
    assert len(error.splitlines()) <= 2
    assert not out.exists()


def test_train_looks_at_any_format_and_keeps_some_classes(via, tmp_path, capsys):
    content = json.loads(via.read_text())
    for region in content["a.png9"]["regions"]:
        del region["region_attributes"]["colour"]
    via.write_text(json.dumps(content))
    command = ["train", "--preset", "mask_rcnn_tiny_shapes", "--train", str(via), "--epochs", "0"]
    command += ["--train-images", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main([*command, "--classes", "dog", "bird", "--preview", str(tmp_path / "a.jpg")]) == 0
    assert capsys.readouterr().out.splitlines()[:6] == [
        "train: 2 images (1 image without objects), 1 object, median 0.5 and at most 1 per image",
        "train: no category 'bird': a class without objects",
        "train: left out 1 point, which cannot be a mask",
        "  class  objects",
        "  dog    1",
        "  bird   0",
    ]
    assert main([*command, "--classes", "dgo", "cat"]) == 1
    assert "Did you mean 'dog'?" in capsys.readouterr().err
