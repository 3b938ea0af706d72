import cv2
import numpy as np
import pytest

from keras_maskrcnn.cli import main

pytestmark = pytest.mark.usefixtures("compile_fast", "loaded_once")
NAMES = ["anchors", "objectness", "proposals", "roi_align", "masks", "detections"]


def written(folder):
    return [path.name for path in sorted(folder.iterdir())]


def numbered(names):
    return [f"{number}_{name}.png" for number, name in enumerate(names, start=1)]


@pytest.fixture
def image(shapes_dataset):
    return str(shapes_dataset / "images" / "1.png")


def test_every_stage_of_an_image(image, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["explain", image, "--preset", "mask_rcnn_tiny_shapes", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert written(out) == numbered(NAMES)
    assert [line.partition(": ")[0] for line in lines] == [str(out / n) for n in numbered(NAMES)]
    assert "P2, stride 4, 32 x 32 cells, best " in lines[1]
    assert "14 x 14 bins" in lines[3] and "28 x 28 logits" in lines[4]
    for name in numbered(NAMES):
        assert cv2.imread(str(out / name)).std() > 5


def test_nothing_detected(image, tiny_preset, tmp_path, capsys):
    command = ["explain", image, "--preset", str(tiny_preset), "--out", str(tmp_path / "out")]
    assert main([*command, "--score-threshold", "1"]) == 0
    assert written(tmp_path / "out") == numbered(NAMES)
    lines = capsys.readouterr().out.splitlines()
    assert "no object scores 1 or more; the likeliest proposal is " in lines[5]
    assert "a proposal: " in lines[3] and "a proposal: " in lines[4]


def test_a_model_without_masks(image, tiny_preset, tmp_path, capsys):
    from keras_maskrcnn.models import FasterRCNN

    model = FasterRCNN.from_preset(tiny_preset)
    parts = {name: x for name, x in model.sublayers.items() if "mask" not in name}
    plain = FasterRCNN(num_classes=3, image_resizer=model.image_resizer, **parts)
    plain.save_to_preset(tmp_path / "plain")
    command = ["explain", image, "--preset", str(tmp_path / "plain"), "--out", str(tmp_path / "o")]
    assert main(command) == 0
    assert written(tmp_path / "o") == numbered([name for name in NAMES if name != "masks"])
    assert "No picture of a mask: the model has no mask head." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "`IMAGE` must be one image file. Received: the folder"),
        ("walk.mp4", "`IMAGE` must be one image file. Received: the video 'walk.mp4'"),
        ("no.png", "no.png"),
        ("text.png", "text.png"),
    ],
)
def test_what_is_no_image(name, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("not an image")
    assert main(["explain", name, "--preset", "mask_rcnn_tiny_shapes"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("maskrcnn explain: ") and message in error
    assert len(error.splitlines()) <= 2 and not (tmp_path / "explained").exists()


def test_an_object_that_is_not_there(image, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["explain", image, "--preset", "mask_rcnn_tiny_shapes", "--object", "99"]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert error.startswith("maskrcnn explain: `--object` must be 0 to ")
    assert error.endswith("Received: --object 99. Lower `--score-threshold` to find more.\n")
    assert not (tmp_path / "explained").exists()


def test_a_small_grey_image(tiny_preset, tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((20, 64), 90, np.uint8))
    command = ["explain", str(tmp_path / "grey.png"), "--preset", str(tiny_preset)]
    assert main([*command, "--out", str(tmp_path / "out"), "--score-threshold", "0"]) == 0
    assert written(tmp_path / "out") == numbered(NAMES)
