"""What the Tab key offers after `maskrcnn`."""

import io

import pytest

from keras_maskrcnn.cli import app, completion


class Ended(Exception):
    pass


@pytest.fixture
def offered(monkeypatch, tmp_path):
    """Words that the shell is told for a line typed so far."""
    pytest.importorskip("argcomplete")
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    monkeypatch.setenv("_ARGCOMPLETE_IFS", "\v")
    monkeypatch.delenv("_ARGCOMPLETE_SUPPRESS_SPACE", raising=False)
    monkeypatch.chdir(tmp_path)

    def ask(line):
        monkeypatch.setenv("COMP_LINE", line)
        monkeypatch.setenv("COMP_POINT", str(len(line)))
        monkeypatch.setenv("COMP_TYPE", "9")
        answer = io.StringIO()

        def leave(status):
            raise Ended

        with pytest.raises(Ended):
            completion.answer(app._parser(), exit_method=leave, output_stream=answer)
        return [word.strip() for word in answer.getvalue().split("\v")]

    return ask


def test_verbs_options_and_values(offered):
    assert offered("maskrcnn p") == ["predict", "pixelate"]
    assert offered("maskrcnn predict --sc") == ["--score-threshold"]
    assert offered("maskrcnn train --augment fl") == ["flip", "flip-vertical"]


def test_presets_and_folders(offered, tmp_path):
    (tmp_path / "mask_mine").mkdir()
    words = offered("maskrcnn predict --preset mask_")
    assert {"mask_rcnn_tiny_shapes", "mask_rcnn_resnet50_fpn_coco", "mask_mine/"} <= set(words)
    assert offered("maskrcnn zoo show mask_rcnn_tiny_s") == ["mask_rcnn_tiny_shapes"]


def test_nothing_is_imported_unless_the_shell_asks(monkeypatch):
    monkeypatch.delenv("_ARGCOMPLETE", raising=False)
    completion.answer(None)


def test_a_shell_that_asks_where_argcomplete_is_missing(monkeypatch):
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    monkeypatch.setitem(__import__("sys").modules, "argcomplete", None)
    completion.answer(None)
