import os
import shutil
from pathlib import Path

import pytest

from keras_maskrcnn import checkpoints
from keras_maskrcnn.checkpoints import CheckpointError, read

FILES = Path(__file__).parent / "files"
READERS = {
    "torch_zip.pth": "read_torch",
    "torch_legacy.pth": "read_torch",
    "detectron2.pkl": "read_pickle",
    "caffe2.pkl": "read_pickle",
    "matterport.h5": "read_keras_h5",
}


@pytest.mark.parametrize("name", READERS)
def test_read_finds_out_what_a_file_is(name, tmp_path):
    path = shutil.copy(FILES / name, tmp_path / "without_a_suffix")
    expected = getattr(checkpoints, READERS[name])(path)
    arrays = read(str(path))
    assert list(arrays) == list(expected)
    assert all((arrays[key] == expected[key]).all() for key in expected)


@pytest.mark.parametrize("name", READERS)
def test_each_reader_names_the_one_for_another_kind(name):
    for other in sorted(set(READERS.values()) - {READERS[name]}):
        with pytest.raises(CheckpointError, match=f"`{READERS[name]}` reads it"):
            getattr(checkpoints, other)(FILES / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty. Download"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git lfs pull"),
        (b"\n<!DOCTYPE html><html>", "is a web page"),
        (b"<HTML>", "is a web page"),
        (b'<?xml version="1.0"?><Error>', "in XML"),
        (b'{"message": "Not Found"}', "is JSON"),
        (b"\x1f\x8b\x08", "gunzip"),
        (b"\x93NUMPY\x01", "is a NumPy array"),
        (b"\x50\0\0\0\0\0\0\0" + b'{"a":{}}', "safetensors"),
        (b"\0" * 4000, "begins with zeros"),
        (b"\0" * 257 + b"ustar", "is a tar file"),
        (b"\xff\xd8\x1b[31m", r"It begins with '\\xff\\xd8\\x1b\[31m'"),
    ],
)
def test_what_is_no_checkpoint_is_named(content, message, tmp_path):
    path = tmp_path / "model.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(f"'{path}': ")


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.pth"):
        read(tmp_path / "nowhere.pth")
    with pytest.raises(CheckpointError, match="is a folder"):
        read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="no regular file"):
        read(tmp_path / "pipe")


@pytest.mark.parametrize("name", READERS)
def test_a_file_cut_anywhere_is_refused_or_gives_the_same(name, tmp_path):
    whole, expected = (FILES / name).read_bytes(), read(FILES / name)
    path = tmp_path / name
    refused = 0
    for size in range(0, len(whole), max(len(whole) // 150, 1)):
        path.write_bytes(whole[:size])
        try:
            arrays = read(path)
        except CheckpointError as error:
            assert str(path) in str(error)
            refused += 1
        else:
            assert all((arrays[key] == expected[key]).all() for key in expected)
    assert refused > 100


def test_checkpoint_errors_are_value_errors():
    assert issubclass(CheckpointError, ValueError)
