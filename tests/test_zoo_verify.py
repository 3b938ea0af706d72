import json
import signal
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
    lines = verify.comparison(MEASURED, {"box": {"AP": 38.13}}, by).splitlines()
    assert lines[1].split()[-1] == "+0.0", "a difference that rounds to nothing has no minus"


@pytest.mark.parametrize("name", ["resnet50_imagenet", "mask_rcnn_resnet50_coco"])
def test_only_detectors_have_figures(name):
    with pytest.raises(ValueError, match=f"`name` must be a detector .* name='{name}'"):
        verify.published(name)


@pytest.fixture
def run(tiny_preset, shapes_dataset, monkeypatch, capsys):
    """Runs the script on the six images of shapes; gives what it printed."""
    monkeypatch.setattr(verify, "published", lambda name: ({"box": {"AP": 50.0}}, "nobody"))

    def run_script(*more):
        arguments = [str(tiny_preset), "--annotations", str(shapes_dataset / "annotations.json")]
        arguments += ["--images", str(shapes_dataset / "images"), *more]
        monkeypatch.setattr(sys, "argv", ["verify.py", *arguments])
        verify.main()
        return capsys.readouterr().out

    return run_script


def test_a_run_on_a_few_images(run, tmp_path):
    lines = run("--limit", "3", "--json", str(tmp_path / "figures.json")).splitlines()
    assert lines[0] == (
        "Scores above 0.05, at most 8 detections per image, pixels of a mask from a probability "
        "of 0.5."
    )
    assert "3 of 6 images" in lines[1] and lines[2].endswith("not to be compared.")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["images"] == 3 and 0 <= figures["mask"]["AP"] <= 1
    assert lines[4].split()[:2] == ["box", "AP"] and lines[4].split()[3] == "50.0"


def test_ctrl_c_prints_what_the_images_give(run, monkeypatch):
    class Interrupted:
        class_names = ("circle", "square", "cone")

        def __init__(self, model):
            self.detect_all, self.detection_layer = model.detect, model.detection_layer
            self.images = 0

        def detect(self, images, **options):
            self.images += len(images)
            if self.images == 2:
                signal.raise_signal(signal.SIGINT)
            return self.detect_all(images, **options)

    load = verify.km.FasterRCNN.from_preset
    monkeypatch.setattr(verify.km.FasterRCNN, "from_preset", lambda name: Interrupted(load(name)))
    handler = signal.getsignal(signal.SIGINT)
    printed = run()
    assert "2 of 6 images" in printed and "not to be compared" in printed
    assert "Counted with AP 0, as unknown to it: triangle\n" in printed
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["nothing"], "`name` must be a detector with published figures"),
        (["mask_rcnn_tiny_shapes", "--images", "a"], "needs both --annotations and --images"),
        (["faster_rcnn_resnet50_fpn_coco"], "needs both --annotations and --images"),
        (["mask_rcnn_tiny_shapes", "--limit", "0"], "--limit"),
    ],
)
def test_a_command_line_that_says_too_little(line, message, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["verify.py", *line])
    with pytest.raises(SystemExit):
        verify.main()
    assert message in capsys.readouterr().err
