import hashlib
import json
import sys
import types

import pytest

from keras_maskrcnn import presets
from keras_maskrcnn.presets import registry


@pytest.fixture
def two_bundled(tmp_path, monkeypatch):
    for name in ("mask_rcnn_tiny_shapes", "mask_rcnn_resnet18_fpn_nuclei"):
        folder = tmp_path / "bundled" / name
        presets.save(folder, {}, {}, {"class_names": ["cell"], "description": f"about {name}"})
    monkeypatch.setattr(registry, "BUNDLED_FOLDER", tmp_path / "bundled")
    return tmp_path / "bundled"


def test_bundled_presets_are_known_by_name(two_bundled):
    assert list(presets.bundled()) == ["mask_rcnn_resnet18_fpn_nuclei", "mask_rcnn_tiny_shapes"]
    assert presets.bundled()["mask_rcnn_tiny_shapes"].description == "about mask_rcnn_tiny_shapes"
    assert presets.resolve("mask_rcnn_tiny_shapes") == two_bundled / "mask_rcnn_tiny_shapes"


def test_an_unknown_name_gets_the_closest(two_bundled):
    with pytest.raises(ValueError, match="'mask_rcnn_shapes'. The closest is 'mask_rcnn_tiny_sh"):
        presets.resolve("mask_rcnn_shapes")


def test_folders(tmp_path, monkeypatch):
    presets.save(tmp_path / "mine", {}, {}, {"class_names": []})
    monkeypatch.chdir(tmp_path)
    assert presets.resolve("mine").samefile(tmp_path / "mine")
    assert presets.resolve(tmp_path / "mine") == tmp_path / "mine"


def test_a_folder_that_is_not_there_or_no_preset(tmp_path):
    with pytest.raises(FileNotFoundError, match="which is not a folder"):
        presets.resolve(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="which is not a folder"):
        presets.resolve("./nothing")
    with pytest.raises(FileNotFoundError, match="is not a preset: it has no config.json"):
        presets.resolve(tmp_path)


def test_hugging_face_without_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r'pip install "keras3-maskrcnn\[hf\]"'):
        presets.resolve("hf://user/repository")


def test_hugging_face(tmp_path, monkeypatch):
    presets.save(tmp_path, {}, {}, {"class_names": []})
    asked = []

    def snapshot_download(repository, allow_patterns):
        asked.append((repository, sorted(allow_patterns)))
        return str(tmp_path)

    library = types.SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", library)
    assert presets.resolve("hf://user/repository") == tmp_path
    assert asked == [
        ("user/repository", ["config.json", "metadata.json", "model.safetensors"]),
    ]
    with pytest.raises(ValueError, match="must read 'hf://user/repository'"):
        presets.resolve("hf://repository")


@pytest.mark.parametrize("name", presets.bundled())
def test_bundled_files_are_as_published(name):
    record = presets.bundled()[name]
    weights = record.folder / "model.safetensors"
    if presets.pretrained_parts(name):
        assert not weights.exists() and record.weights_bytes == 0
    else:
        content = weights.read_bytes()
        assert len(content) == record.weights_bytes < 16e6
        assert hashlib.sha256(content).hexdigest() == record.weights_sha256
    assert record.description and record.licence and record.source
    known = ("MaskRCNN", "EfficientNetLite")
    assert json.loads((record.folder / "config.json").read_text())["class_name"] in known
