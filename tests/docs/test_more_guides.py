"""The quickstart and the further guides do what they say, on small data."""

import importlib.util
import operator
import re

import cv2
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.cli import app
from tests.docs.pages import DOCS, blocks, page, run_commands, run_python, run_session

PAGES = (
    "quickstart",
    "guides/pretrained-models",
    "guides/coming-from-torchvision-and-detectron2",
    "guides/gpu",
    "guides/memory",
    "guides/troubleshooting",
    "guides/tfds",
    "guides/keypoints",
    "guides/semantic-and-panoptic",
    "guides/boxes-to-masks",
)


@pytest.fixture
def one_photo(photos):
    """The folder of `photos`, with a `photo.jpg` beside it."""
    (photos / "photo.jpg").write_bytes((photos / "photos" / "0.jpg").read_bytes())
    return photos


@pytest.mark.parametrize("name", PAGES)
def test_commands_and_names_exist(name):
    text = page(name)
    for block in blocks(text, "shell"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("maskrcnn "):
                app._parser().parse_args(line.split()[1:])
    import keras_maskrcnn as km

    for path in re.findall(r"`(?:km|keras_maskrcnn)\.([\w.]+)", text):
        if not path.startswith("data.tfds.") or importlib.util.find_spec("tensorflow_datasets"):
            assert operator.attrgetter(path)(km) is not None, path
    parser = app._parser()
    verbs = parser._subparsers._group_actions[0].choices
    known = {option for verb in verbs.values() for option in verb._option_string_actions}
    assert set(re.findall(r"`(--[\w-]+)", text)) <= known


def test_quickstart(one_photo):
    text = page("quickstart")
    run_commands(text)
    names = run_python(text)
    labels = cv2.imread("labels.png", cv2.IMREAD_UNCHANGED)
    assert labels.max() == len(names["found"]) > 0
    assert (one_photo / "maskrcnn-demo" / "demo.png").is_file()
    assert (one_photo / "out" / "mine" / "model.safetensors").is_file()
    assert (one_photo / "found" / "8.png").is_file()


def test_pretrained_models(one_photo):
    text = page("guides/pretrained-models")
    names = run_python(text.replace('dtype="mixed_bfloat16"', 'dtype="float32"'))
    # A model and itself, fused, are that model.
    assert len(names["together"]) == len(names["faster"])
    assert names["again"].class_names == names["model"].class_names
    folders = [one_photo / "out" / name / "model.safetensors" for name in ("shared", "small")]
    large, small = (path.stat().st_size for path in folders)
    assert small < 0.6 * large
    assert {path.name for path in folders[0].parent.iterdir()} == {
        "config.json",
        "metadata.json",
        "model.safetensors",
    }


def test_the_message_offline_is_as_printed(photos, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_MASKRCNN_OFFLINE", "1")
    monkeypatch.setenv("KERAS_MASKRCNN_CACHE", str(photos / "cache"))
    command = ["predict", "photos", "--preset", "mask_rcnn_resnet50_fpn_coco"]
    assert app.main(command) == 1
    printed = capsys.readouterr().err.strip().replace(str(photos / "cache"), "...")
    text = (DOCS / "guides" / "pretrained-models.md").read_text(encoding="utf-8")
    assert printed in text


def test_coming_from_torchvision_and_detectron2(one_photo):
    names = run_python(page("guides/coming-from-torchvision-and-detectron2"))
    assert len(names["history"].history["val_mask_AP"]) == 1
    assert names["masks"].shape == (len(names["boxes"]), 64, 64)


def test_gpu():
    run_python(page("guides/gpu"))


def test_memory(one_photo):
    text = page("guides/memory").replace("side, overlap = 1024, 128", "side, overlap = 48, 16")
    names = run_python(text)
    assert len(names["corners"]) == 4
    assert names["peak"] > 0
    # Boxes of tiles are in the pixels of the photo.
    assert names["boxes"][:, 2:].max() > 48
    assert names["boxes"].max() <= 64
    pairs = km.ops.boxes.pairwise_iou(names["boxes"], names["boxes"])
    assert int((pairs > 0.5).sum()) == len(names["boxes"])  # each with itself alone


def test_the_figures_of_memory_are_those_of_performance():
    performance = (DOCS / "performance.md").read_text(encoding="utf-8")
    text = (DOCS / "guides" / "memory.md").read_text(encoding="utf-8")
    training, predicting = text.split("## Predicting")
    for what, part in (("training, 8 objects an image", training), ("prediction", predicting)):
        rows = re.findall(r"^\| (\d+) \| (\d+) \| ([\d.]+) \|$", part, re.MULTILINE)
        known = re.findall(
            rf"^\| {what} \| (\d+) \| (\d+) \| \d+ \| ([\d.]+) \|$", performance, re.MULTILINE
        )
        assert known and set(known) <= set(rows)


def test_troubleshooting(one_photo, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # put back what the page sets
    names = run_python(page("guides/troubleshooting"))
    assert names["source"].describe()["objects"] > 0
    assert names["square"].shape == (64, 64, 3)


def test_troubleshooting_quotes_what_is_printed(one_photo, capsys):
    """Each message on the page is one that somebody gets."""
    import numpy as np

    import keras_maskrcnn as km

    text = (DOCS / "guides" / "troubleshooting.md").read_text(encoding="utf-8")
    model = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
    with pytest.raises(ValueError) as error:
        model.detect(np.zeros((64, 64, 3)))
    assert str(error.value) in text
    source = km.data.open_source("photos.json", "photos")
    other = km.transfer.replace_heads(model, class_names=["star"])
    other.compile("adam")
    with pytest.raises(ValueError) as error:
        other.fit(km.data.Loader(source, batch_size=2, image_size=64))
    assert str(error.value).partition(" Received")[0] in text
    assert app.main(["predict", "photos", "--preset", "mask_rcnn_tiny_shape"]) == 1
    assert capsys.readouterr().err.strip() in text
    check = ["data", "check", "photos.json", "--images"]
    assert app.main([*check, "photos", "--classes", "Circle"]) == 1
    assert capsys.readouterr().err.strip() in text
    (one_photo / "other").mkdir()
    assert app.main([*check, "other"]) == 1
    message = capsys.readouterr().err.strip().partition("The first is ")
    assert message[0].partition(" images of ")[2].replace("'other'", "'new'") in text
    assert message[2].partition(". ")[2] in text
    train = "train --preset mask_rcnn_tiny_shapes --train photos.json --train-images photos"
    arguments = f"{train} --image-size 64 --epochs 2 --warmup 0 --clip-norm 0".split()
    assert app.main([*arguments, "--learning-rate", "1e20", "--out", "out"]) == 1
    message = capsys.readouterr().err.strip()
    assert message.partition(" at batch")[0] in text
    assert app.main([*arguments, "--out", "photos"]) == 1
    assert capsys.readouterr().err.strip().replace("'photos'", "'out/mine'") in text


def test_mask_loss_is_0_without_an_object(photos):
    import numpy as np

    import keras_maskrcnn as km

    source = km.data.open_source("photos.json", "photos")
    model = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes", load_weights=False)
    model.compile("sgd")
    (batch,) = km.data.Loader(source, batch_size=2, image_size=64)[0]
    logs = model.evaluate(batch, batch_size=2, return_dict=True, verbose=0)
    assert logs["mask_loss"] > 0
    empty = {**batch, **{key: np.zeros_like(batch[key]) for key in ("gt_boxes", "gt_labels")}}
    logs = model.evaluate(empty, batch_size=2, return_dict=True, verbose=0)
    assert logs["mask_loss"] == 0


def test_tfds(photos):
    tfds = pytest.importorskip("tensorflow_datasets")
    pytest.importorskip("tensorflow")
    tfds.disable_progress_bar()
    text = page("guides/tfds")
    run_commands(text)
    names = run_python(text)
    assert (len(names["train"]), len(names["val"])) == (6, 2)
    assert len(names["source"]) == 8
    assert names["source"][0].file_name == "0.jpg"


def test_semantic_and_panoptic():
    names = run_session("guides/semantic-and-panoptic")
    assert names["picture"].shape == (128, 128, 3)
    assert {one.class_name for one in names["panoptic"].segments} <= {
        "background",
        *names["source"].class_names,
    }


def test_keypoints():
    names = run_session("guides/keypoints")
    assert names["model"].branches[1].head.conv_dims == (256,) * 4


def test_boxes_to_masks():
    names = run_session("guides/boxes-to-masks")
    assert not names["fast"].has_rpn
