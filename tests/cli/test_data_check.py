import json
import shutil

import cv2
import pytest

from keras_maskrcnn.cli import main


@pytest.fixture
def split(shapes_dataset, tmp_path):
    """Writes a COCO file of some of the six images; returns its path."""
    content = json.loads((shapes_dataset / "annotations.json").read_text())

    def write(name, numbers, images=shapes_dataset / "images", **changes):
        kept = [image for image in content["images"] if image["id"] in numbers]
        annotations = [row for row in content["annotations"] if row["image_id"] in numbers]
        path = tmp_path / f"{name}.json"
        parts = {**content, "images": kept, "annotations": annotations, **changes}
        path.write_text(json.dumps(parts))
        return [str(path), str(images)]

    write.annotations = content["annotations"]
    return write


def check(annotations, images, *more):
    return main(["data", "check", annotations, "--images", images, *map(str, more)])


def test_remarks_leave_the_status_0(split, capsys):
    assert check(*split("train", range(1, 7))) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("train: 6 images, ")
    assert " objects of 3 classes\n" in printed
    assert printed.splitlines()[-1].startswith("0 errors, 0 warnings, ")


def test_a_leak_is_an_error(split, tmp_path, capsys):
    train, val = split("train", [1, 2, 3, 4]), split("val", [4, 5, 6])
    report, sheet = tmp_path / "report.json", tmp_path / "sheet.png"
    assert check(*train, "--val", val[0], "--json", report, "--sheet", sheet) == 1
    printed = capsys.readouterr().out
    assert "val: 3 images" in printed
    assert "\nerror: val images that train holds too (1)\n" in printed
    assert "  val image '4.png' has the pixels of '4.png' in train\n" in printed
    assert f"Sheet: {sheet}" in printed
    assert cv2.imread(str(sheet)).shape[1] >= 320
    content = json.loads(report.read_text())
    assert content["train"]["images"] == 4 and content["val"]["images"] == 3
    assert content["counts"]["error"] == 1
    assert content["findings"][0]["kind"] == "leak"
    assert content["findings"][0]["images"][0]["index"] == 0


def test_an_image_that_cannot_be_read_is_an_error(split, shapes_dataset, tmp_path, capsys):
    images = tmp_path / "images"
    shutil.copytree(shapes_dataset / "images", images)
    (images / "2.png").write_bytes((images / "2.png").read_bytes()[:100])
    assert check(*split("train", range(1, 7), images)) == 1
    printed = capsys.readouterr().out
    assert "error: images that cannot be read (1)" in printed
    assert "train image 2: The image file" in printed and "2.png' is truncated" in printed


def test_only_a_few_of_a_kind_are_printed(split, capsys):
    doubled = [*split.annotations, *({**row, "id": 100 + row["id"]} for row in split.annotations)]
    assert check(*split("train", range(1, 7), annotations=doubled)) == 0
    printed = capsys.readouterr().out
    assert f"\nwarning: objects annotated twice ({len(split.annotations)})\n" in printed
    assert printed.count("mask IoU 1.00") == 3
    assert f"  ... and {len(split.annotations) - 3} more\n" in printed


def test_classes(split, capsys):
    assert check(*split("train", range(1, 7)), "--classes", "circle") == 0
    assert "of 1 class\n" in capsys.readouterr().out


def test_nothing_to_draw(split, tmp_path, capsys):
    def painted(row):
        return {**row, "segmentation": [[0, 0, 30, 0, 30, 30, 0, 30]], "bbox": [0, 0, 30, 30]}

    one_each = [painted(split.annotations[0])]
    path, images = split("train", [1], annotations=one_each)
    sheet = tmp_path / "sheet.png"
    assert check(path, images, "--sheet", sheet) == 0
    assert "Nothing to draw." in capsys.readouterr().out
    assert not sheet.exists()


def test_val_images_without_val(split, capsys):
    assert check(*split("train", [1]), "--val-images", "images") == 1
    assert "`--val-images` must go with `--val`" in capsys.readouterr().err


def test_a_class_that_val_does_not_list(split, capsys):
    val = split("val", [5, 6], categories=[{"id": 1, "name": "circle"}], annotations=[])
    assert check(*split("train", [1, 2]), "--val", val[0]) == 0
    assert "val: no category 'square': a class without objects\n" in capsys.readouterr().out
