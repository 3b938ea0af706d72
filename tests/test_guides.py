"""The guides do what they say, on small data: every Python block and every command runs.

With PyTorch, which compiles nothing: that other backends give the same is tested elsewhere.
"""

import json
import operator
import re
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from keras_maskrcnn.cli import app
from keras_maskrcnn.data import ShapesSource
from keras_maskrcnn.data.augmentation import AUGMENTATION_NAMES
from tests.markdown import blocks

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="the guides run with PyTorch"
)

DOCS = Path(__file__).parent.parent / "docs"
# What makes a run of hours one of seconds.
SMALL = {
    r"mask_rcnn_resnet50_fpn_coco|mask_rcnn_resnet101_fpn_matterport_coco": "mask_rcnn_tiny_shapes",
    r"--epochs [1-9]\d*": "--epochs 1",
    r"epochs=\d+": "epochs=1",
    r"--image-size \d+": "--image-size 64",
    r"image_size=\d+": "image_size=64",
}


def guide(name):
    """The text of a guide, made small."""
    text = (DOCS / "guides" / f"{name}.md").read_text(encoding="utf-8")
    for pattern, small in SMALL.items():
        text = re.sub(pattern, small, text)
    return text


def run_python(text):
    """Runs the blocks one after another, as a reader would."""
    names = {}
    for code in blocks(text, "python"):
        exec(code, names)


def run_commands(text):
    """Runs the commands one after another; those with "..." are only parsed."""
    for block in blocks(text, "shell"):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.split()
            if words[0] != "maskrcnn":
                continue
            arguments = [word for part in words[1:] for word in expanded(part)]
            if "..." not in arguments:
                assert app.main(arguments) == 0, line


def parsed_commands(text):
    """How many commands there are, each one that the command line accepts."""
    commands = [line for block in blocks(text, "shell") for line in block.splitlines() if line]
    for command in commands:
        app._parser().parse_args(command.split()[1:])
    return len(commands)


def expanded(word):
    """A word of the command line as the shell gives it."""
    found = sorted(str(path) for path in Path().glob(word)) if "*" in word else []
    return found or [word]


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder with `photos/`, annotated as VIA 2.x in `photos.json`, and some more photos."""
    monkeypatch.chdir(tmp_path)
    source, content = ShapesSource(10, image_size=64, seed=1), {}
    for folder in ("photos", "new", "more"):
        (tmp_path / folder).mkdir()
    for number in range(10):
        sample = source[number]
        folder = "photos" if number < 8 else ("new", "more")[number - 8]
        path = tmp_path / folder / f"{number}.jpg"
        cv2.imwrite(str(path), sample.image[..., ::-1])
        if folder == "photos":
            content[f"{path.name}{path.stat().st_size}"] = {
                "filename": path.name,
                "size": path.stat().st_size,
                "regions": [region(*each) for each in outlines(sample, source.class_names)],
                "file_attributes": {},
            }
    (tmp_path / "photos.json").write_text(json.dumps(content))
    return tmp_path


def outlines(sample, class_names):
    """The class and the corners of each object."""
    for label, mask in zip(sample.instances.labels, sample.instances.to_dense(), strict=True):
        contours, _ = cv2.findContours(
            mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        yield class_names[label - 1], max(contours, key=len)[:, 0]


def region(name, points):
    x, y = points.T.tolist()
    return {
        "shape_attributes": {"name": "polygon", "all_points_x": x, "all_points_y": y},
        "region_attributes": {"class": name},
    }


def test_augmentation():
    text = guide("augmentation")
    run_python(text)
    rows = re.findall(r"^\| `([\w-]+)` \|.*\((\S+)\) \|$", text, re.MULTILINE)
    assert [name for name, _ in rows] == list(AUGMENTATION_NAMES)
    for _, picture in rows:
        assert (DOCS / "guides" / picture).is_file()


def test_own_photos(photos):
    text = guide("own-photos")
    run_commands(text)
    project = json.loads((photos / "found.json").read_text())
    assert [entry["filename"] for entry in project["_via_img_metadata"].values()] == ["9.jpg"]
    run_python(text)
    assert (photos / "out" / "python" / "model.safetensors").is_file()


def test_cross_validation(photos):
    text = guide("cross-validation").replace("--folds 5", "--folds 3")
    run_commands(text)
    report = json.loads((photos / "out" / "folds" / "folds.json").read_text())
    assert len(report["folds"]) == 3
    run_python(text)


def test_transfer_learning(photos):
    text = guide("transfer-learning")
    trunk = 'ResNet.from_preset("resnet50_imagenet")'
    assert trunk in text
    text = text.replace(trunk, "ResNet(18, filters=(8, 8, 8, 8))")
    run_python(re.sub(r"\], \d+, ", "], 1, ", text))
    assert (photos / "out" / "by_part" / "model.safetensors").is_file()
    assert parsed_commands(text) == 2


def test_effects(photos):
    text = guide("effects").replace("--classes person", "--classes circle")
    run_commands(text)
    assert len(list((photos / "blurred").iterdir())) == 8
    image = cv2.imread(str(photos / "photos" / "0.jpg"))
    (photos / "photos" / "0.jpg").rename("photo.jpg")
    video = cv2.VideoWriter("walk.mp4", cv2.VideoWriter_fourcc(*"mp4v"), 5, (64, 64))
    for _ in range(3):
        video.write(image)
    video.release()
    names = {}
    exec("".join(blocks(text, "python")), names)
    assert cv2.imread("cut_out.png", cv2.IMREAD_UNCHANGED).shape == (64, 64, 4)
    inside = names["cut_out"][..., 3] == 255
    assert inside.any() and not inside.all()
    np.testing.assert_array_equal(names["portrait"][inside], names["image"][inside])
    assert len(names["pictures"]) == 3


def test_coming_from_matterport(photos):
    text = guide("coming-from-matterport")
    assert parsed_commands(text) == 4
    (photos / "photos" / "0.jpg").rename("photo.jpg")
    names = {}
    exec("".join(blocks(text, "python")), names)
    assert names["masks"].shape == (len(names["found"]), 64, 64)
    assert names["picture"].shape == (64, 64, 3)
    for name in re.findall(r"`(km\.[\w.]+)", text):
        assert operator.attrgetter(name.removeprefix("km."))(names["km"]), name


def test_own_models():
    """The one-stage detector learns: its loss falls within a few steps on a single scene."""
    names = {}
    for code in blocks(guide("own-models").replace("ShapesSource(400", "ShapesSource(8"), "python"):
        exec(code, names)
    detector, loader = names["detector"], names["loader"]
    assert tuple(names["boxes"].shape) == (1, 50, 4)
    outputs = detector({"images": names["source"][0].image[None]})
    cells = sum((64 // stride) ** 2 for stride in (4, 8, 16, 32, 64))
    assert len(outputs["anchors"]) == 3 * cells
    history = detector.fit(loader, epochs=4, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]
