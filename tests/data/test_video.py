import gc
import os
import struct

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import VideoReadError, read_video
from keras_maskrcnn.data.video import is_video
from keras_maskrcnn.data.video_edits import played_seconds


def write_video(path, frames=6, size=(48, 64), code="MJPG", fps=12.5):
    """Frame number k is red of level 40 (k mod 6)."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), fps, size[::-1])
    for number in range(frames):
        frame = np.zeros((*size, 3), np.uint8)
        frame[..., 2] = 40 * (number % 6)
        writer.write(frame)
    writer.release()
    return path


@pytest.mark.parametrize(("name", "code"), [("a.avi", "MJPG"), ("a.mp4", "mp4v")])
def test_frames_are_rgb_in_order(tmp_path, name, code):
    video = read_video(write_video(tmp_path / name, code=code))
    assert (video.fps, video.size, video.frame_count) == (12.5, (48, 64), 6)
    frames = list(video)
    assert {(frame.shape, frame.dtype.name) for frame in frames} == {((48, 64, 3), "uint8")}
    levels = np.array([frame.mean(axis=(0, 1)) for frame in frames])
    np.testing.assert_allclose(levels[:, 0], 40 * np.arange(6), atol=6)
    np.testing.assert_allclose(levels[:, 1:], 0, atol=6)
    assert frames[0] is not frames[1] and frames[1].flags.c_contiguous


@pytest.mark.parametrize(
    ("degrees", "white"),  # where the upright frame is white, whose left half is, as stored
    [(0, np.s_[8:40, 8:24]), (90, np.s_[8:24, 8:40]), (180, np.s_[8:40, 40:56]),
     (270, np.s_[40:56, 8:40])],
)  # fmt: skip
def test_frames_are_turned_upright(tmp_path, degrees, white):
    path = tmp_path / "a.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:, :32] = 255
    writer.write(frame)
    writer.release()
    data = bytearray(path.read_bytes())
    turn = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[degrees]
    matrix = struct.pack(">9i", *(x << 16 for x in (*turn[:2], 0, *turn[2:], 0, 0, 0)), 1 << 30)
    place = data.index(b"tkhd") + 4 + 40  # of a track's transformation
    data[place : place + 36] = matrix
    path.write_bytes(data)
    video = read_video(path)
    (upright,) = video
    assert video.size == upright.shape[:2] == ((64, 48) if degrees % 180 else (48, 64))
    assert upright[white].min() > 200 and upright.sum() < 0.6 * 255 * upright.size
    assert upright.flags.c_contiguous


def open_files(path):
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):
        pytest.skip("needs /proc")
    targets = []
    for name in os.listdir(folder):
        try:
            targets.append(os.readlink(f"{folder}/{name}"))
        except OSError:  # the one that lists them
            continue
    return targets.count(str(path))


def test_the_file_is_let_go(tmp_path):
    path = write_video(tmp_path / "a.avi")
    video = read_video(path)
    assert open_files(path) == 1
    list(video)
    assert open_files(path) == 0 and next(video, None) is None

    with read_video(path) as video:
        next(video)
    assert open_files(path) == 0 and next(video, None) is None

    video = read_video(path)
    del video
    gc.collect()
    assert open_files(path) == 0


def test_frames_are_decoded_when_asked_for(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.avi", frames=50)
    decoded = []
    convert = cv2.cvtColor
    monkeypatch.setattr(cv2, "cvtColor", lambda *args: decoded.append(1) or convert(*args))
    video = read_video(path)
    assert len(decoded) == 1
    next(video), next(video)
    assert len(decoded) == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp4", b"", r"empty.mp4' is empty \(0 bytes\). Copy it again."),
        ("text.mp4", b"no video" * 100, "text.mp4' is not a video that can be read: no frame"),
    ],
)
def test_what_is_no_video(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(VideoReadError, match=message):
        read_video(tmp_path / name)


def test_truncated_missing_and_folder(tmp_path):
    path = write_video(tmp_path / "a.mp4", code="mp4v")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(VideoReadError, match="no frame can be decoded"):
        read_video(path)
    with pytest.raises(FileNotFoundError, match="There is no video file '.*none.mp4'"):
        read_video(tmp_path / "none.mp4")
    with pytest.raises(VideoReadError, match="is a folder, not a video file"):
        read_video(tmp_path)
    assert issubclass(VideoReadError, ValueError)


@pytest.mark.parametrize(("name", "code"), [("a.avi", "MJPG"), ("a.mkv", "mp4v")])
def test_a_video_that_ends_early(name, code, tmp_path):
    path = write_video(tmp_path / name, frames=60, code=code, fps=10)
    assert len(list(read_video(path, strict=True))) == 60
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.warns(RuntimeWarning, match=f"'{path}' ends after .. of the 60 frames that it sta"):
        frames = list(read_video(path))
    assert 10 < len(frames) < 50
    video, read = read_video(path, strict=True), []
    with pytest.raises(VideoReadError, match=f"ends after {len(frames)} of the 60 frames"):
        read.extend(video)
    assert len(read) == len(frames) and next(video, None) is None


def header_first(content):
    """An MP4 with its header before the frames, as for streaming, so that it can be cut off."""
    start, end = content.index(b"mdat") - 4, content.index(b"moov") - 4
    header, table = bytearray(content[end:]), content[end:].index(b"stco") + 8
    (count,) = struct.unpack_from(">I", header, table)
    for number in range(table + 4, table + 4 + 4 * count, 4):
        (place,) = struct.unpack_from(">I", header, number)
        struct.pack_into(">I", header, number, place + len(header))
    return content[:start] + bytes(header) + content[start:end]


def test_an_mp4_that_ends_early_and_one_that_is_trimmed(tmp_path, recwarn):
    path = write_video(tmp_path / "a.mp4", frames=60, code="mp4v", fps=10)
    content = header_first(path.read_bytes())
    path.write_bytes(content)
    assert len(list(read_video(path))) == 60

    duration = content.index(b"elst") + 12  # in ms; the list of one entry plays all 6 s
    assert struct.unpack_from(">I", content, duration) == (6000,)
    trimmed = content[:duration] + struct.pack(">I", 3000) + content[duration + 4 :]
    path.write_bytes(trimmed)
    assert len(list(read_video(path))) == 30 and not recwarn.list  # a phone cuts so: it is whole

    start = content.index(b"mdat")
    path.write_bytes(content[: start + (len(content) - start) // 2])
    with pytest.raises(VideoReadError, match=r"ends after \d+ of the 60 frames that it states"):
        list(read_video(path, strict=True))


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF1234", b"\0\0\0\x08moov", b"\0\0\0\0wide" * 3, b"\0\0\0\1mdat" + b"\xff" * 16],
)
def test_a_file_without_a_list_of_edits(content, tmp_path):
    (tmp_path / "a.mp4").write_bytes(content)
    assert played_seconds(tmp_path / "a.mp4") is None


def test_a_video_that_the_caller_ends_early(tmp_path, recwarn):
    with read_video(write_video(tmp_path / "a.avi"), strict=True) as video:
        next(video)
    assert next(video, None) is None and not recwarn.list


def test_is_video():
    assert is_video("a.MOV") and is_video("a.webm") and not is_video("a.png")
