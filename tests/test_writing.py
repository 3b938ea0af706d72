"""Files that are whole or absent, and outputs tried before the work."""

import errno
import json
import os

import cv2
import numpy as np
import pytest

from keras_maskrcnn import writing
from keras_maskrcnn.cli.output import check_outputs

PICTURE = np.ones((2, 3, 3), np.uint8)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_json_is_whole_or_absent(tmp_path):
    writing.write_json(tmp_path / "a.json", {"x": 1})
    with pytest.raises(TypeError):
        writing.write_json(tmp_path / "a.json", {"x": object()})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 1}
    assert names(tmp_path) == ["a.json"]


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_a_picture_is_what_was_given(suffix, tmp_path):
    writing.write_picture(tmp_path / f"a.{suffix}", PICTURE * np.uint8([10, 20, 30]))
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / f"a.{suffix}"))[0, 0], [30, 20, 10])


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.pdf"])
def test_a_picture_of_an_unknown_format(name, tmp_path):
    for attempt in (writing.try_picture, lambda path: writing.write_picture(path, PICTURE)):
        with pytest.raises(OSError, match=f"{name}' of . x 2 pixels .* Give a name ending in .png"):
            attempt(tmp_path / name)
    assert not names(tmp_path)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: writing.write_text(path, "new"),
        lambda path: writing.write_picture(path, PICTURE),
        writing.try_file,
        writing.try_picture,
    ],
)
def test_a_full_disk_is_named_and_leaves_what_was_there(write, tmp_path, full_disk):
    path = tmp_path / "a.png"
    path.write_text("old")
    full_disk()
    with pytest.raises(OSError, match="a.png' cannot be written: No space left on device.") as told:
        write(path)
    assert told.value.errno == errno.ENOSPC
    assert names(tmp_path) == ["a.png"] and path.read_text() == "old"


def test_an_error_about_another_file_keeps_its_words(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone.txt"), writing.written_aside(tmp_path / "a"):
        (tmp_path / "gone.txt").read_text()
    assert not names(tmp_path)


def test_what_cannot_be_written_shows_before_the_work(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for attempt, name, reason in (
        (writing.try_file, "folder", "it is a folder"),
        (writing.try_file, "file/a.json", "a part of this path is a file, not a folder"),
        (writing.try_folder, "file", "a part of this path is a file, not a folder"),
        (writing.try_file, "x" * 300, os.strerror(errno.ENAMETOOLONG)),
        (writing.try_file, f"new/{'x' * 300}/a.json", os.strerror(errno.ENAMETOOLONG)),
    ):
        with pytest.raises(OSError, match=f"{name}' cannot be written: {reason}."):
            attempt(tmp_path / name)
    with pytest.raises(OSError, match=f"{os.devnull}' cannot be written: it is a device"):
        writing.try_file(os.devnull)
    assert names(tmp_path) == ["file", "folder"] and not names(tmp_path / "folder")


def test_a_folder_without_permission(tmp_path, monkeypatch):
    def refused(**options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(options["dir"]))

    monkeypatch.setattr(writing.tempfile, "mkstemp", refused)
    with pytest.raises(PermissionError, match="a.json' cannot be written: Permission denied."):
        writing.try_file(tmp_path / "new" / "a.json")
    with pytest.raises(PermissionError, match="new' cannot be written: Permission denied."):
        writing.try_folder(tmp_path / "new")
    assert not names(tmp_path)


def test_trying_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.json").write_text("old")
    check_outputs(
        files={"--json": tmp_path / "a.json", "--via": None},
        pictures={"--sheet": tmp_path / "new" / "deep" / "sheet.JPG"},
        folders={"--out": tmp_path / "out"},
        inside={tmp_path / "out" / "1.png": "--out"},
        inputs=[tmp_path / "1.png"],
    )
    assert names(tmp_path) == ["a.json"] and (tmp_path / "a.json").read_text() == "old"


def test_one_path_is_one_output(tmp_path):
    path, other = tmp_path / "a.json", tmp_path / "out" / ".." / "a.json"
    with pytest.raises(ValueError, match="`--via` must be another path than `--json`. Received: "):
        check_outputs(files={"--json": path, "--via": other})
    with pytest.raises(ValueError, match="`--json` must not be a file that is read. Received: "):
        check_outputs(files={"--json": path}, inputs=[other])
    with pytest.raises(ValueError, match="`--sheet` must be another path than `--out`"):
        check_outputs(
            pictures={"--sheet": tmp_path / "1.png"}, inside={tmp_path / "1.png": "--out"}
        )
