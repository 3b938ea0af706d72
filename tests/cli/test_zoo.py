import json
import subprocess
import sys

import pytest

from keras_maskrcnn import presets
from keras_maskrcnn.cli import main

NAME = "mask_rcnn_resnet50_fpn_coco"
# As torchvision counts, less the background's box and mask, and its frozen normalisations.
PARAMETERS = 44_401_393 - 4 * 1025 - 257 + 4 * 26_560


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_MASKRCNN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def downloaded(monkeypatch):
    """Stands in for the download and the conversion; the names and steps that were asked for."""
    asked = []

    def download(name, progress=None):
        asked.append(name)
        progress(1, 2)
        progress(2, 2)
        return save(name)

    monkeypatch.setattr(presets.downloading, "download", download)
    return asked


def save(name):
    folder = presets.cache_folder() / "presets" / name
    metadata = {"class_names": ["cell"], "licence": "of the preset"}
    presets.save(folder, {}, {}, metadata)
    return folder


def lines(capsys, *arguments):
    assert main(["zoo", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def error(capsys, *arguments):
    assert main(["zoo", *arguments]) == 1
    return capsys.readouterr().err


def test_list(capsys):
    save(NAME)
    heading, *rows = lines(capsys, "list")
    assert heading.split("  ")[0] == "name" and len(rows) == len(presets.bundled()) + len(
        presets.remote()
    )
    rows = {row.split()[0]: row.split()[1:] for row in rows}
    assert rows["mask_rcnn_tiny_shapes"] == [
        "mask_rcnn",
        "3",
        "1.7",
        "82.8",
        "80.9",
        "-",
        "bundled",
    ]
    assert rows[NAME] == ["mask_rcnn", "90", "178.1", "37.9", "34.6", "-", "cached"]
    boxes = ["faster_rcnn", "90", "167.5", "37.0", "-", "-", "download"]
    assert rows["faster_rcnn_resnet50_fpn_coco"] == boxes
    name = "mask_rcnn_resnext101_32x8d_fpn_3x_coco"
    assert rows[name] == ["mask_rcnn", "80", "-", "44.3", "39.5", "-", "download"]
    keypoints = ["keypoint_rcnn", "1", "237.0", "54.6", "-", "65.0", "download"]
    assert rows["keypoint_rcnn_resnet50_fpn_coco"] == keypoints
    assert rows["resnet50_imagenet"] == ["backbone", "-", "102.5", "-", "-", "-", "download"]


def test_show(capsys, tmp_path):
    shown = json.loads("\n".join(lines(capsys, "show", NAME)))
    assert shown["folder"] is None and shown["sha256_prefix"] == "bf2d0c1e"
    assert shown["published"]["mask_ap"] == 34.6 and len(shown["class_names"]) == 90
    assert shown["model"] == {
        "class": "MaskRCNN",
        "backbone": {"class": "ResNet", "depth": 50, "groups": 1, "width_per_group": 64},
        "heads": ["rpn_head", "box_head", "mask_head"],
        "image_size": [800, 1333],
    }
    assert shown["parameter_count"] == PARAMETERS
    folder = save(NAME)
    shown = json.loads("\n".join(lines(capsys, "show", NAME)))
    assert shown["folder"] == str(folder) and shown["licence"] == "of the preset"
    assert shown["sha256_prefix"] == "bf2d0c1e" and shown["format"] == 1
    shown = json.loads("\n".join(lines(capsys, "show", "mask_rcnn_tiny_shapes")))
    assert shown["class_names"] == ["circle", "square", "triangle"]
    shown = json.loads("\n".join(lines(capsys, "show", str(folder))))
    assert shown["class_names"] == ["cell"] and "published" not in shown
    assert "The closest is 'mask_rcnn_tiny_shapes'" in error(capsys, "show", "tiny_shapes")


def test_download(downloaded, cache, capsys):
    first = str(cache / "presets" / NAME)
    bundled = str(presets.bundled()["mask_rcnn_tiny_shapes"].folder)
    printed = lines(capsys, "download", NAME, "mask_rcnn_tiny_shapes")
    assert printed == [f"{NAME}: {first}", f"mask_rcnn_tiny_shapes: {bundled}"]
    assert lines(capsys, "download", NAME) == [f"{NAME}: {first}"]
    assert downloaded == [NAME]


def test_an_unknown_name_stops_before_anything_is_downloaded(downloaded, capsys):
    message = error(capsys, "download", NAME, "mask_rcnn_resnet50_coco")
    assert message.startswith("maskrcnn zoo: No preset is named 'mask_rcnn_resnet50_coco'.")
    assert downloaded == []


def test_a_failed_download_is_said_in_two_lines(monkeypatch, capsys):
    def download(name, progress=None):
        raise presets.DownloadError(f"The preset {name!r} could not be downloaded.\nhttps://a: 404")

    monkeypatch.setattr(presets.downloading, "download", download)
    assert error(capsys, "download", NAME).splitlines() == [
        f"maskrcnn zoo: The preset {NAME!r} could not be downloaded.",
        "https://a: 404",
    ]


def test_cache_and_remove(cache, capsys):
    folder = save(NAME)
    (folder / "model.safetensors").write_bytes(bytes(2_500_000))
    where, heading, row, total = lines(capsys, "cache")
    assert where == str(cache) and heading.split() == ["name", "what", "MB"]
    assert row.split() == [NAME, "preset", "2.5"] and total.split() == ["total", "2.5"]
    assert lines(capsys, "remove", NAME) == [f"{NAME}: 2.5 MB freed"]
    assert not folder.exists()
    assert lines(capsys, "cache")[-1].split() == ["total", "0.0"]
    assert "`maskrcnn zoo cache` for what lies there" in error(capsys, "remove", NAME)
    assert "which is bundled" in error(capsys, "remove", "mask_rcnn_tiny_shapes")


def test_a_reader_that_goes_away_is_no_error():
    command = [sys.executable, "-c", "from keras_maskrcnn.cli import main; exit(main())"]
    process = subprocess.Popen(
        [*command, "zoo", "show", NAME], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait() == 141
