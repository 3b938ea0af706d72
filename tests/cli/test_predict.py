import json
import shutil

import cv2
import numpy as np
import pytest
from pycocotools import mask as rle

from keras_maskrcnn.cli import main, predict
from keras_maskrcnn.data import VIASource

pytestmark = pytest.mark.usefixtures("compile_fast", "loaded_once")


@pytest.fixture
def images(shapes_dataset, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        shutil.copy(shapes_dataset / "images" / name, folder / name)
    return folder


def test_pictures_coco_and_via(tiny_preset, images, tmp_path, capsys):
    (images / "broken.jpg").write_bytes(b"no image")
    (images / "empty.png").write_bytes(b"")
    out, results, via = tmp_path / "out", tmp_path / "found" / "found.json", tmp_path / "via.json"
    command = ["predict", str(images), "--preset", str(tiny_preset), "--score-threshold", "0"]
    status = main([*command, "--out", str(out), "--json", str(results), "--via", str(via)])
    printed = capsys.readouterr()

    assert status == 1
    errors = printed.err.splitlines()
    assert "broken.jpg" in errors[0] and "empty.png" in errors[1]
    assert errors[2] == "maskrcnn predict: 2 images could not be read, see above."
    assert "in 2 images" in printed.out
    assert sorted(path.name for path in out.iterdir()) == ["1.png", "2.png"]
    assert cv2.imread(str(out / "1.png")).shape == (64, 64, 3)

    found = json.loads(results.read_text())
    assert found
    for result in found:
        assert {"image_id", "category_id", "bbox", "score", "segmentation", "file_name"} == set(
            result
        )
        assert result["file_name"] == f"{result['image_id']}.png"
        assert result["category_id"] in (1, 2, 3)
        assert rle.decode(result["segmentation"]).shape == (64, 64)
    project = json.loads(via.read_text())
    size = (images / "1.png").stat().st_size
    assert project["_via_img_metadata"][f"1.png{size}"]["filename"] == "1.png"
    assert project["_via_settings"]["core"]["default_filepath"] == f"{images}/"
    source = VIASource(via, images)
    assert source.class_names == ("circle", "square", "triangle")
    regions = [entry["regions"] for entry in project["_via_img_metadata"].values()]
    assert source.object_counts().sum(axis=1).tolist() == list(map(len, regions))


def test_the_folder_of_the_images_is_never_written_to(tiny_preset, images, capsys):
    before = (images / "1.png").read_bytes()
    status = main(["predict", str(images), "--preset", str(tiny_preset), "--out", str(images)])
    assert status == 1
    assert "would be overwritten" in capsys.readouterr().err
    assert (images / "1.png").read_bytes() == before


def test_images_of_one_name_get_pictures_and_file_names_of_their_own(tmp_path):
    paths = [tmp_path / "a" / "x.png", tmp_path / "b" / "x.png", tmp_path / "b" / "y.jpg"]
    results = predict.Results(tmp_path / "out", paths)
    assert [path.name for path in results.pictures.values()] == ["x.png", "x_2.png", "y.png"]
    assert list(results.file_names.values()) == [str(paths[0]), str(paths[1]), "y.jpg"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.png", "--preset", "x"], "no image file, folder or pattern match"),
        (["IMAGE", "--preset", "mask_rcnn_tiny_shape"], "No preset is named"),
        (["IMAGE", "--preset", "no/folder"], "which is not a folder"),
        (["IMAGE", "--preset", "x", "--score-threshold", "2"], "a number from 0 to 1"),
        (["IMAGE", "--preset", "x", "--batch-size", "0"], "at least 1. Received: '0'"),
        (["IMAGE", "--preset", "x", "--out", "o.jpg"], "`--out` must be a folder for 2 files."),
        (["IMAGE/1.png", "--preset", "x", "--out", "o.mp4"], "`--out` must end in .png, or be"),
        (["IMAGE/1.png", "--preset", "x", "--out", "IMAGE/1.png"], "must not be a file that is"),
        (["IMAGE"], "--preset"),
    ],
)
def test_errors_are_short(arguments, message, images, capsys, monkeypatch):
    monkeypatch.chdir(images.parent)
    arguments = [word.replace("IMAGE", str(images)) for word in arguments]
    try:
        left_with = main(["predict", *arguments])
    except SystemExit as left:
        left_with = left.code
    error = capsys.readouterr().err
    assert left_with == 1
    assert message in error
    assert 1 <= len(error.splitlines()) <= 2
    assert "Traceback" not in error


def test_one_photo_and_one_class(tiny_preset, images, tmp_path, capsys):
    picture, found = tmp_path / "new" / "photo.jpg", tmp_path / "found.json"
    command = ["predict", str(images / "1.png"), "--preset", str(tiny_preset)]
    command += ["--score-threshold", "0", "--out", str(picture), "--json", str(found)]
    assert main(command) == 0
    every = {one["category_id"] for one in json.loads(found.read_text())}
    assert cv2.imread(str(picture)).shape == (64, 64, 3)
    assert f"Written: {picture}, " in capsys.readouterr().out
    assert [path.name for path in picture.parent.iterdir()] == ["photo.jpg"]
    label = min(every)
    name = ("circle", "square", "triangle")[label - 1]
    assert main([*command, "--classes", name]) == 0
    assert {one["category_id"] for one in json.loads(found.read_text())} == {label}
    assert main([*command, "--classes", "person"]) == 1
    assert "`--classes` must be names of the model's classes" in capsys.readouterr().err


def test_boxes_of_a_file(tiny_preset, images, shapes_dataset, tmp_path, capsys):
    given = shapes_dataset / "annotations.json"
    content = json.loads(given.read_text())
    content["annotations"][0]["iscrowd"] = 1  # of 1.png
    for one in content["annotations"][1:]:
        del one["segmentation"]
        one["bbox"] = [value + 0.5 * (place < 2) for place, value in enumerate(one["bbox"])]
    boxes, found = tmp_path / "boxes.json", tmp_path / "found.json"
    boxes.write_text(json.dumps(content))
    folder = shapes_dataset / "images"
    sources = [str(images / "1.png"), str(folder / "2.png"), str(folder / "1.png")]
    command = ["predict", *sources, "--boxes", str(boxes), "--boxes-images", str(folder)]
    command += ["--preset", str(tiny_preset)]
    command += ["--json", str(found)]
    assert main(command) == 0
    assert "left out 1 image that it has not" in capsys.readouterr().err
    boxes_of = {
        image: [
            [x, y, min(width, 64 - x), min(height, 64 - y)]
            for one in content["annotations"][1:]
            for x, y, width, height in [one["bbox"]]
            if one["image_id"] == image
        ]
        for image in (2, 1)
    }
    expected = [(f"{image}.png", bbox) for image, own in boxes_of.items() for bbox in own]
    results = json.loads(found.read_text())
    assert [(one["file_name"], one["bbox"]) for one in results] == expected
    assert rle.decode(results[0]["segmentation"]).shape == (64, 64)
    assert main([*command, "--refine", "--score-threshold", "0"]) == 0
    refined = json.loads(found.read_text())
    assert refined and [one["bbox"] for one in refined] != [bbox for _, bbox in expected]
    content["images"][1]["width"] = 128
    boxes.write_text(json.dumps(content))
    assert main(command) == 1
    assert "Image '2.png' is 64 x 64 pixels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["IMAGE", "--refine"], "`--refine` must go with --boxes"),
        (["IMAGE", "--boxes", "BOXES"], "4 of the 6 images of"),
        (["a.mp4", "--boxes", "BOXES"], "`--boxes` must go with images only"),
        (["IMAGE", "--boxes", "BOXES", "--preset", "y"], "`--boxes` must go with one --preset"),
        (["IMAGE", "--boxes", "BOXES", "--score-threshold", "0.2"], "must go with --refine"),
        (["IMAGE", "--boxes", "BOXES", "--boxes-images", "ALL"], "`--boxes` must know the images"),
        (["ALL", "--boxes", "BOXES", "--json", "BOXES"], "must not be a file that is read"),
    ],
)
def test_boxes_that_cannot_be_used(arguments, message, images, shapes_dataset, tmp_path, capsys):
    names = {"IMAGE": images, "BOXES": shapes_dataset / "annotations.json"}
    names["ALL"] = shapes_dataset / "images"
    for short, name in names.items():
        arguments = [word.replace(short, str(name)) for word in arguments]
    assert main(["predict", *arguments, "--preset", "mask_rcnn_tiny_shapes"]) == 1
    assert message in capsys.readouterr().err


def test_nothing_that_can_be_read_claims_no_result(tmp_path, capsys):
    (tmp_path / "a.png").write_text("%PDF-1.4")
    out = tmp_path / "out"
    command = ["predict", str(tmp_path / "a.png"), "--preset", "mask_rcnn_tiny_shapes"]
    assert main([*command, "--out", str(out)]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and not out.exists()
    assert printed.err.endswith("maskrcnn predict: 1 image could not be read, see above.\n")


def test_debug_shows_where_an_error_came_from(images):
    with pytest.raises(ValueError, match="No preset is named"):
        main(["predict", str(images), "--preset", "unknown", "--debug"])


def test_weights_that_do_not_fit(tiny_preset, images, tmp_path, capsys):
    preset = tmp_path / "preset"
    shutil.copytree(tiny_preset, preset)
    from safetensors.numpy import load_file, save_file

    arrays = load_file(preset / "model.safetensors")
    arrays["stranger"] = np.ones(3, "float32")
    save_file(arrays, preset / "model.safetensors")
    assert main(["predict", str(images), "--preset", str(preset)]) == 1
    error = capsys.readouterr().err
    assert "do not fit the model" in error and "only the file has: stranger" in error


def test_what_is_left_out_of_a_folder_is_counted(tmp_path, capsys):
    from keras_maskrcnn.cli.sources import list_sources

    for name in ("a.jfif", "b.HEIC", "c.heic", "d.mp4", "README"):
        (tmp_path / name).touch()
    assert list_sources(str(tmp_path)) == [tmp_path / "a.jfif"]
    kinds = "1 without, 2 .heic, 1 .mp4"
    assert capsys.readouterr().err == f"'{tmp_path}': left out 4 files by suffix: {kinds}\n"
