"""From a checkpoint, at hand or behind a server of this machine, to a preset that loads."""

import dataclasses
import hashlib
import json
import pickle

import numpy as np
import pytest

from keras_maskrcnn import presets
from keras_maskrcnn.backbones import ResNet
from keras_maskrcnn.checkpoints import CheckpointError
from keras_maskrcnn.cli import main
from keras_maskrcnn.conversion import ConversionError
from keras_maskrcnn.models import FasterRCNN
from keras_maskrcnn.presets import catalogue
from tests.conversion.states import backbone
from tests.presets.conftest import whole

NAME = "resnet18_imagenet"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A ResNet-18 of torchvision's names whose stem is known; a pickle, which needs no torch."""
    state = {key: np.array(array) for key, array in backbone(18).items()}
    state["conv1.weight"][:] = np.arange(64, dtype="float32")[:, None, None, None]
    state["bn1.running_var"][:] = 2
    state["fc.weight"] = np.zeros((1000, 512), "float32")
    path = tmp_path_factory.mktemp("checkpoint") / "resnet18-toy.pkl"
    path.write_bytes(pickle.dumps({"model": state, "__author__": "test"}, protocol=2))
    return path


@pytest.fixture
def published(checkpoint, server, cache, monkeypatch):
    """A registry of one preset, which the server has."""
    content = checkpoint.read_bytes()
    server.answers = [whole(content)]
    record = dataclasses.replace(
        presets.remote()[NAME],
        urls=(f"{server.url}/{checkpoint.name}",),
        file_name=checkpoint.name,
        bytes=len(content),
        sha256_prefix=hashlib.sha256(content).hexdigest()[:8],
    )
    monkeypatch.setattr(catalogue, "remote", lambda: {NAME: record})
    return record


def test_a_backbone_is_downloaded_converted_and_loaded_once(published, server, cache):
    model = ResNet.from_preset(NAME)
    kernel = np.asarray(model.get_layer("stem_conv").kernel)
    assert kernel.shape == (7, 7, 3, 64) and (kernel == np.arange(64)).all()
    assert (np.asarray(model.get_layer("stem_bn").moving_variance) == 2).all()
    assert (model.depth, model.bn_epsilon) == (18, 1e-5)
    assert len(server.requests) == 1
    assert not list((cache / "downloads").rglob("*.pkl")), "the checkpoint is no longer needed"
    metadata = presets.load_metadata(NAME)
    assert metadata["licence"] == published.licence and metadata["class_names"] == []
    assert metadata["published"]["top1"] == pytest.approx(69.758)
    again = ResNet.from_preset(NAME)
    assert len(server.requests) == 1
    np.testing.assert_array_equal(np.asarray(again.get_layer("stem_conv").kernel), kernel)


def test_download_shows_progress_and_gives_the_folder(published, cache):
    seen = []
    folder = presets.download(NAME, lambda done, total: seen.append((done, total)))
    assert folder == cache / "presets" / NAME and seen[-1] == (published.bytes,) * 2
    seen.clear()
    assert presets.download(NAME, lambda *_: seen.append(1)) == folder and not seen
    with pytest.raises(ValueError, match=f"`name` must be one of {NAME}. Received: .*'resnet19'"):
        presets.download("resnet19")


def test_what_cannot_be_converted_leaves_no_preset(published, server, cache, monkeypatch):
    content = pickle.dumps({"model": {"conv1.weight": np.zeros((64, 3, 7, 7), "float32")}})
    server.answers = [whole(content)]
    prefix = hashlib.sha256(content).hexdigest()[:8]
    record = dataclasses.replace(published, bytes=len(content), sha256_prefix=prefix)
    monkeypatch.setattr(catalogue, "remote", lambda: {NAME: record})
    with pytest.raises(ConversionError, match="has no 'layer1.0.conv1.weight'"):
        presets.download(NAME)
    assert not (cache / "presets" / NAME).exists()


def test_the_class_is_known_before_the_download(published, server):
    with pytest.raises(ValueError, match="holds a ResNet, no FasterRCNN. Type ResNet.from_preset"):
        FasterRCNN.from_preset(NAME)
    assert server.requests == []


def test_a_detector_is_no_backbone():
    with pytest.raises(ValueError, match="holds a MaskRCNN, no ResNet. Take the backbone of Mask"):
        ResNet.from_preset("mask_rcnn_tiny_shapes")


def test_a_published_file_is_known_by_its_checksum(published, checkpoint, tmp_path):
    presets.convert(checkpoint, "torchvision", tmp_path / "known")
    metadata = presets.load_metadata(tmp_path / "known")
    assert metadata["source"] == published.source
    assert metadata["converted_from"] == "torchvision, resnet18-toy.pkl"


def test_an_own_file_has_no_such_record(checkpoint, tmp_path):
    presets.convert(checkpoint, "torchvision", tmp_path / "own", model="resnet18")
    assert "source" not in presets.load_metadata(tmp_path / "own")


def command(capsys, *arguments):
    status = main(["convert", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_command(checkpoint, tmp_path, capsys):
    out = tmp_path / "own"
    status, printed, _ = command(capsys, checkpoint, "--from", "torchvision", "--out", out)
    assert (status, printed) == (0, f"ResNet-18 backbone. Written: {out}\n")
    assert json.loads((out / "config.json").read_text())["class_name"] == "ResNet"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.h5", "--from", "matterport"), "`checkpoint` must be a file. Received: 'nowhere"),
        (("{file}", "--from", "caffe"), "invalid choice: 'caffe'"),
        (("{file}", "--from", "torchvision", "--model", "resnet50"), "but resnet50 is"),
        (("{file}", "--from", "matterport"), "0 residual blocks in stage 4"),
        (("{file}", "--from", "detectron2"), "has no 'backbone.bottom_up.res2.0.conv1.weight'"),
        (("{file}", "--from", "matterport", "--bn-epsilon", "0"), "`arguments` of matterport must"),
    ],
)
def test_command_says_what_is_wrong(arguments, message, checkpoint, tmp_path, capsys):
    arguments = [text.format(file=checkpoint) for text in arguments]
    out = tmp_path / "out"
    try:
        status, _, error = command(capsys, *arguments, "--out", out)
    except SystemExit as left:
        status, error = left.code, capsys.readouterr().err
    assert status == 1 and message in error and len(error.splitlines()) <= 3
    assert not out.exists()


def test_command_refuses_a_file_that_wants_to_run_something(tmp_path, capsys):
    hostile = tmp_path / "model.pkl"
    sentinel = tmp_path / "ran"
    hostile.write_bytes(f"cos\nsystem\n(S'touch {sentinel}'\ntR.".encode())
    status, _, error = command(capsys, hostile, "--from", "detectron2", "--out", tmp_path / "out")
    assert status == 1 and "os.system" in error
    assert not sentinel.exists() and not (tmp_path / "out").exists()


def test_class_names_of_coco(checkpoint):
    assert catalogue.coco_names(80)[-1] == catalogue.coco_names(90)[-1] == "toothbrush"


def test_errors_of_the_reader_come_through(tmp_path):
    (tmp_path / "page.pth").write_text("<!DOCTYPE html><html>")
    with pytest.raises(CheckpointError, match="page.pth"):
        presets.convert(tmp_path / "page.pth", "torchvision", tmp_path / "out")
    assert not (tmp_path / "out").exists()
