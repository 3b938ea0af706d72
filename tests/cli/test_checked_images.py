"""Images are read once before training, and again only when they or their objects change."""

import json
import shutil

import pytest

from keras_maskrcnn.cli.checked_images import read_all
from keras_maskrcnn.data import ShapesSource, Subset, open_source
from keras_maskrcnn.data.annotated import AnnotatedSource


@pytest.fixture
def photos(shapes_dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_MASKRCNN_CACHE", str(tmp_path / "cache"))
    shutil.copytree(shapes_dataset, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def read(monkeypatch):
    """The indices that are read, in order."""
    indices, load = [], AnnotatedSource.__getitem__

    def loaded(source, index):
        indices.append(index)
        return load(source, index)

    monkeypatch.setattr(AnnotatedSource, "__getitem__", loaded)
    return indices


def opened(photos):
    return open_source(photos / "annotations.json", photos / "images")


def test_a_second_time_nothing_is_read(photos, read):
    read_all(opened(photos), None)
    assert read == list(range(6))
    read_all(Subset(opened(photos), [4, 1]))
    assert read == list(range(6))


def test_what_changed_is_read_again(photos, read):
    source = opened(photos)
    read_all(source)
    del read[:]
    image = photos / "images" / source.file_name(2)
    image.write_bytes(image.read_bytes() + b"\n")
    read_all(opened(photos))
    assert read == [2]

    del read[:]
    content = json.loads((photos / "annotations.json").read_text())
    gone = content["annotations"].pop(0)
    (photos / "annotations.json").write_text(json.dumps(content))
    read_all(opened(photos))
    assert read == [[image["id"] for image in content["images"]].index(gone["image_id"])]


def test_a_broken_image_is_not_remembered(photos, read):
    source = opened(photos)
    path = photos / "images" / source.file_name(3)
    path.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ValueError, match=path.name):
            read_all(opened(photos))


def test_a_damaged_memory_or_none_is_no_error(photos, read, tmp_path):
    read_all(opened(photos))
    (file,) = (tmp_path / "cache" / "checked").glob("*.json")
    file.write_text("{")
    read_all(opened(photos))
    assert read == 2 * list(range(6))
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("a file where the folder should be")
    read_all(opened(photos))
    assert len(read) == 18


def test_sources_without_files_are_read_each_time():
    read_all(ShapesSource(2, image_size=(32, 32)))
