"""The guides do what they say, on small data: every Python block and every command runs.

With PyTorch, which compiles nothing: that other backends give the same is tested elsewhere.
"""

import json
import operator
import re

import cv2
import numpy as np

from keras_maskrcnn.data.augmentation import AUGMENTATION_NAMES
from tests.docs.pages import DOCS, page, parsed_commands, run_commands, run_python


def test_augmentation():
    text = page("guides/augmentation")
    run_python(text)
    rows = re.findall(r"^\| `([\w-]+)` \|.*\((\S+)\) \|$", text, re.MULTILINE)
    assert [name for name, _ in rows] == list(AUGMENTATION_NAMES)
    for _, picture in rows:
        assert (DOCS / "guides" / picture).is_file()


def test_own_photos(photos):
    text = page("guides/own-photos")
    run_commands(text)
    project = json.loads((photos / "found.json").read_text())
    assert [entry["filename"] for entry in project["_via_img_metadata"].values()] == ["9.jpg"]
    run_python(text)
    assert (photos / "out" / "python" / "model.safetensors").is_file()


def test_cross_validation(photos):
    text = page("guides/cross-validation").replace("--folds 5", "--folds 3")
    run_commands(text)
    report = json.loads((photos / "out" / "folds" / "folds.json").read_text())
    assert len(report["folds"]) == 3
    run_python(text)


def test_transfer_learning(photos):
    text = page("guides/transfer-learning")
    run_python(re.sub(r"\], \d+, ", "], 1, ", text))
    assert (photos / "out" / "by_part" / "model.safetensors").is_file()
    assert parsed_commands(text) == 2


def test_effects(photos):
    text = page("guides/effects").replace("--classes person", "--classes circle")
    run_commands(text)
    for folder in ("cutouts", "replaced", "blurred", "splashed", "hidden"):
        assert len(list((photos / folder).iterdir())) == 8
    assert cv2.imread(str(photos / "single" / "0" / "1.png"), cv2.IMREAD_UNCHANGED).shape[2] == 4
    assert (DOCS / "pictures" / "effects" / "strip.jpg").is_file()
    image = cv2.imread(str(photos / "photos" / "0.jpg"))
    (photos / "photos" / "0.jpg").rename("photo.jpg")
    video = cv2.VideoWriter("walk.mp4", cv2.VideoWriter_fourcc(*"mp4v"), 5, (64, 64))
    for _ in range(3):
        video.write(image)
    video.release()
    names = run_python(text)
    assert cv2.imread("cut_out.png", cv2.IMREAD_UNCHANGED).shape == (64, 64, 4)
    inside = names["cut_out"][..., 3] == 255
    assert inside.any() and not inside.all()
    np.testing.assert_array_equal(names["portrait"][inside], names["image"][inside])
    assert len(names["pictures"]) == 3


def test_coming_from_matterport(photos):
    text = page("guides/coming-from-matterport")
    assert parsed_commands(text) == 4
    (photos / "photos" / "0.jpg").rename("photo.jpg")
    names = run_python(text)
    assert names["masks"].shape == (len(names["found"]), 64, 64)
    assert names["picture"].shape == (64, 64, 3)
    for name in re.findall(r"`(km\.[\w.]+)", text):
        assert operator.attrgetter(name.removeprefix("km."))(names["km"]), name


def test_own_models():
    """The one-stage detector learns: its loss falls within a few steps on a single scene."""
    names = run_python(page("guides/own-models").replace("ShapesSource(400", "ShapesSource(8"))
    detector, loader = names["detector"], names["loader"]
    assert tuple(names["boxes"].shape) == (1, 50, 4)
    outputs = detector({"images": names["source"][0].image[None]})
    cells = sum((64 // stride) ** 2 for stride in (4, 8, 16, 32, 64))
    assert len(outputs["anchors"]) == 3 * cells
    history = detector.fit(loader, epochs=4, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]
