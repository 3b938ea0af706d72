"""The table of formats: what opens files, and what help texts and pages say of it."""

import json
from pathlib import Path

import pytest

from keras_maskrcnn.cli import main
from keras_maskrcnn.cli.annotations import FORMATS, WRITTEN
from keras_maskrcnn.data import open_source
from keras_maskrcnn.formats import table
from keras_maskrcnn.formats.polygons import rectangle
from keras_maskrcnn.formats.records import (
    AnnotatedImage,
    AnnotatedObject,
    AnnotatedSet,
    Format,
    numbered,
)

ROOT = Path(__file__).parents[2]
NAMES = [known.name for known in table.DATASET_FORMATS]


def test_help_texts_list_the_formats(capsys, monkeypatch):
    assert table.listed_formats() == FORMATS
    written = [known.name.lower() for known in table.DATASET_FORMATS if known.write]
    assert written == list(WRITTEN)
    monkeypatch.setenv("COLUMNS", "400")
    for verb in (["train"], ["evaluate"], ["data", "check"], ["data", "convert"]):
        with pytest.raises(SystemExit):
            main([*verb, "--help"])
        assert FORMATS in capsys.readouterr().out


def test_pages_name_the_formats():
    pages = ["README.md", "docs/quickstart.md", "docs/guides/own-photos.md"]
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in pages]
    for text in (*texts, open_source.__doc__):
        assert not [name for name in NAMES if name not in text]


def test_a_new_format_is_a_line_in_the_table(tmp_path, images_dir, monkeypatch):
    def read(path, images_dir=None, *, content=None):
        squares = [rectangle(x, y, x + 1, y + 1) for x, y in content["dots"]]
        objects = [AnnotatedObject("dot", [square]) for square in squares]
        images = [AnnotatedImage("a.png", (40, 50), objects)]
        return AnnotatedSet(str(path), str(images_dir), images, numbered(["dot"]))

    def recognizes(path, content):
        return isinstance(content, dict) and "dots" in content

    dots = Format("Dots", "JSON", "'dots'", recognizes, read, ("content",))
    path = tmp_path / "dots.json"
    path.write_text(json.dumps({"dots": [[3, 4], [9, 9]]}))
    with pytest.raises(ValueError, match="A COCO file has the keys .*, a VIA file has an entry"):
        open_source(path, images_dir)
    monkeypatch.setattr(table, "DATASET_FORMATS", (*table.DATASET_FORMATS, dots))
    source = open_source(path, images_dir)
    assert source[0].instances.boxes.tolist() == [[3, 4, 4, 5], [9, 9, 10, 10]]
    assert source.class_names == ("dot",) and source.to_coco()["images"][0]["id"] == 1
    assert table.listed_formats() == "COCO, VIA or Dots JSON, LabelMe or YOLO folder"
