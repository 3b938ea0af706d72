import errno
import io
import json
import struct
import sys

import cv2
import numpy as np
import pytest

from keras_maskrcnn.cli import main, results, sources
from keras_maskrcnn.cli.output import VideoFile
from keras_maskrcnn.data import read_video
from tests.cli.videos import frames_of, images_and_walk

pytestmark = pytest.mark.usefixtures("compile_fast", "loaded_once")


@pytest.fixture
def folder(shapes_dataset, tmp_path):
    """walk.avi, 5 frames of 64 x 64 at 10 per second, between two images."""
    images_and_walk(shapes_dataset, tmp_path, frames=5)
    return tmp_path


def test_images_and_videos_in_one_run(tiny_preset, folder, capsys):
    (folder / "broken.mp4").write_bytes(b"no video")
    names = ["1.png", "broken.mp4", "walk.avi", "2.png"]
    words = [str(folder / name) for name in names]
    options = ["--preset", str(tiny_preset), "--score-threshold", "0", "--batch-size", "2"]
    options += ["--out", str(folder / "out"), "--json", str(folder / "found.json")]
    assert main(["predict", *words, *options]) == 1
    printed = capsys.readouterr()
    assert "broken.mp4' is not a video that can be read" in printed.err.splitlines()[0]
    assert printed.err.splitlines()[1:] == [
        "maskrcnn predict: 1 file could not be read, see above."
    ]
    assert "in 2 images and 5 frames. Written: " in printed.out

    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "1.png",
        "2.png",
        "walk.mp4",
    ]
    frames, fps = frames_of(folder / "out" / "walk.mp4")
    assert len(frames) == 5 and frames[0].shape == (64, 64, 3) and fps == 10

    found = json.loads((folder / "found.json").read_text())
    places = {(one["image_id"], one["file_name"], one.get("frame")) for one in found}
    # The broken file has the number 2.
    assert places <= {
        (1, "1.png", None),
        *((2 + frame, "walk.avi", frame) for frame in range(1, 6)),
        (8, "2.png", None),
    }
    assert len(places) > 4
    assert [one["image_id"] for one in found] == sorted(one["image_id"] for one in found)


def test_via_takes_no_video(folder, capsys):
    words = [str(folder / "1.png"), str(folder / "walk.avi")]
    assert main(["predict", *words, "--preset", "x", "--via", str(folder / "via.json")]) == 1
    error = capsys.readouterr().err
    assert "`--via` must go with images only" in error and "walk.avi'. Type --json" in error


def test_what_words_name(folder):
    (folder / "b.avi").write_bytes(b"")
    assert sources.list_sources(str(folder)) == [folder / "1.png", folder / "2.png"]
    videos = [folder / "b.avi", folder / "walk.avi"]
    assert sources.list_sources(str(folder / "*.avi"), str(folder / "walk.avi")) == videos
    with pytest.raises(FileNotFoundError, match="no video file or pattern match for '.*none.mp4'"):
        sources.list_sources(str(folder / "none.mp4"))


def test_the_reader_is_never_far_ahead(folder, monkeypatch):
    opened = []
    read_image = sys.modules["keras_maskrcnn.data"].read_image
    monkeypatch.setattr(
        "keras_maskrcnn.data.read_image", lambda path: opened.append(path) or read_image(path)
    )
    reader = sources.Reader([folder / "1.png"] * 50, "predict")
    images = reader.images()
    for count in range(1, 20):
        next(images)
        assert len(opened) <= count + sources.READERS
        assert reader.take().image_id == count
    images.close()


@pytest.mark.parametrize(
    ("claimed", "totals"),
    [(5, [7] * 5 + [7]), (2, [4, 4, None, None, None, 7]), (9, [11] * 5 + [7])],
)
def test_the_total_is_what_the_video_says(claimed, totals, folder, monkeypatch):
    video = read_video(folder / "walk.avi")  # has 5 frames
    video.frame_count, video.fps = claimed, 0.0  # a length of no known rate is no promise
    monkeypatch.setattr("keras_maskrcnn.data.read_video", lambda path, strict: video)
    reader = sources.Reader([folder / name for name in ("1.png", "walk.avi", "2.png")], "predict")
    seen = [reader.total for _ in reader.images()]
    assert seen == [3, *totals]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def drawn(writer, count):
    for number in range(count):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))


def test_a_video_has_its_name_only_when_it_is_whole(tmp_path):
    video = VideoFile(tmp_path / "out" / "a.mp4", (48, 64), 0)
    drawn(video, 4)
    assert not (tmp_path / "out" / "a.mp4").exists()
    video.close()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.mp4"]
    frames, fps = frames_of(tmp_path / "out" / "a.mp4")
    assert len(frames) == 4 and fps == 25
    assert [round(frame.mean() / 20) for frame in frames] == [0, 1, 2, 3]

    video = VideoFile(tmp_path / "b.mp4", (48, 64), 5)
    video.close(keep=False)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("fps", [30000 / 1001, 24000 / 1001, 12.5, 0.5])
def test_frame_rates_that_are_no_whole_number(fps, tmp_path):
    video = VideoFile(tmp_path / "a.mp4", (48, 64), fps)
    drawn(video, 4)
    video.close()
    assert frames_of(tmp_path / "a.mp4")[1] == pytest.approx(fps, abs=1e-3)


def test_an_impossible_frame_rate_becomes_25(tmp_path):
    video = VideoFile(tmp_path / "a.mp4", (48, 64), 90000)
    drawn(video, 4)
    video.close()
    assert frames_of(tmp_path / "a.mp4")[1] == 25


def test_odd_sides_lose_a_pixel_and_other_sizes_are_resized(tmp_path):
    video = VideoFile(tmp_path / "a.mp4", (49, 65), 10)
    ramp = np.linspace(0, 240, 65).astype(np.uint8)
    for size in [(49, 65), (98, 130)]:
        video.write(cv2.resize(np.tile(ramp[None, :, None], (49, 1, 3)), size[::-1]))
    video.close()
    for frame in frames_of(tmp_path / "a.mp4")[0]:
        assert frame.shape == (48, 64, 3)
        np.testing.assert_allclose(frame, np.tile(ramp[None, :64, None], (48, 1, 3)), atol=16)


def test_a_side_of_one_pixel_makes_no_video(tmp_path):
    with pytest.raises(OSError, match="a.mp4' of 1 x 64 pixels cannot be written"):
        VideoFile(tmp_path / "a.mp4", (1, 64), 10)
    assert not list(tmp_path.iterdir())


def test_a_turned_video_is_read_upright(tmp_path):
    """A phone writes the frames as its sensor has them, and how they are turned into the header."""
    video = VideoFile(tmp_path / "a.mp4", (48, 64), 10)
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:24, :32] = 255  # the top left quarter
    video.write(frame)
    video.close()
    content = (tmp_path / "a.mp4").read_bytes()
    matrix = content.index(b"tkhd") + 44
    one = 1 << 16
    quarter_turn = struct.pack(">9i", 0, one, 0, -one, 0, 0, 48 * one, 0, one << 14)
    (tmp_path / "a.mp4").write_bytes(content[:matrix] + quarter_turn + content[matrix + 36 :])
    video = read_video(tmp_path / "a.mp4")
    assert video.size == (64, 48)
    upright = next(video)
    assert upright[:24, 32:].mean() > 240 and upright[:, :16].mean() < 8  # now the top right


def test_a_video_without_frames_is_none(tmp_path):
    VideoFile(tmp_path / "a.mp4", (48, 64), 10).close()
    assert not list(tmp_path.iterdir())


def test_a_video_on_a_full_disk(tmp_path, full_disk):
    (tmp_path / "a.mp4").write_bytes(b"of an earlier run")
    video = VideoFile(tmp_path / "a.mp4", (48, 64), 10)
    drawn(video, 4)
    video._writer.release()
    content = video._part.read_bytes()
    video._part.write_bytes(content[: len(content) // 2])  # OpenCV says nothing
    full_disk()
    with pytest.raises(OSError, match="a.mp4' cannot be written: No space left on device.") as told:
        video.close()
    assert told.value.errno == errno.ENOSPC
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"of an earlier run"


def test_a_video_that_lacks_frames_for_no_known_reason(tmp_path):
    video = VideoFile(tmp_path / "a.mp4", (48, 64), 10)
    drawn(video, 4)
    video.frames = 5
    with pytest.raises(OSError, match="OpenCV does not read back the 5 frames that it wrote"):
        video.close()
    assert not list(tmp_path.iterdir())


def test_a_video_that_ends_early_is_an_error_and_its_part_is_kept(tiny_preset, folder, capsys):
    video = folder / "walk.avi"
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 3 // 5])
    names = [str(folder / "1.png"), str(video), "--preset", str(tiny_preset)]
    assert main(["predict", *names, "--out", str(folder / "out")]) == 1
    printed = capsys.readouterr()
    assert "in 1 image and 2 frames. Written: " in printed.out
    assert printed.err.splitlines() == [
        f"maskrcnn predict: The video '{video}' ends after 2 of the 5 frames that it states. "
        "It is damaged, or its copy is not complete: copy it again.",
        "maskrcnn predict: 1 video ended early, see above. What was read of it is kept: "
        f"{folder / 'out' / 'walk.mp4'}",
    ]
    assert len(frames_of(folder / "out" / "walk.mp4")[0]) == 2
    assert main(["predict", *names, "--json", str(folder / "found.json")]) == 1
    assert capsys.readouterr().err.endswith("predict: 1 video ended early, see above.\n")


def test_a_full_disk_in_the_middle_loses_nothing_that_was_found(
    tiny_preset, folder, capsys, monkeypatch
):
    def full(path, image):
        raise OSError(f"'{path}' cannot be written: No space left on device.")

    monkeypatch.setattr(results, "write_picture", full)
    words = [str(folder / name) for name in ("walk.avi", "1.png", "2.png")]
    options = ["--preset", str(tiny_preset), "--score-threshold", "0"]
    options += ["--out", str(folder / "out"), "--json", str(folder / "found.json")]
    assert main(["predict", *words, *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith("maskrcnn predict: '") and error.endswith("No space left on device.\n")
    assert [path.name for path in (folder / "out").iterdir()] == ["walk.mp4"]
    assert len(frames_of(folder / "out" / "walk.mp4")[0]) == 5
    found = json.loads((folder / "found.json").read_text())
    assert {"walk.avi", "1.png"} <= {one["file_name"] for one in found}


@pytest.mark.parametrize(("error", "kept"), [(KeyboardInterrupt, 3), (OSError, None)])
def test_ctrl_c_leaves_a_playable_video(folder, error, kept):
    class Nothing:
        def __len__(self):
            return 0

        def draw(self, image):
            return image

    video = folder / "walk.avi"
    image = np.full((48, 64, 3), 200, np.uint8)
    with pytest.raises(error), results.Results(folder / "out", [video]) as written:
        for frame in range(1, 4):
            written.add(sources.Picture(video, image, frame, frame, 10.0), Nothing())
        raise error
    left = [path.name for path in (folder / "out").iterdir()]
    assert left == ([] if kept is None else ["walk.mp4"])
    if kept:
        assert len(frames_of(folder / "out" / "walk.mp4")[0]) == kept


def test_an_interrupted_command(tiny_preset, folder, capsys, monkeypatch):
    write = VideoFile.write

    def interrupted(self, frame, count=[]):  # noqa: B006
        count.append(frame)
        if len(count) == 3:
            raise KeyboardInterrupt
        write(self, frame)

    monkeypatch.setattr(VideoFile, "write", interrupted)
    command = ["predict", str(folder / "walk.avi"), "--preset", str(tiny_preset)]
    assert main([*command, "--out", str(folder / "out")]) == 130
    assert [path.name for path in (folder / "out").iterdir()] == ["walk.mp4"]
    assert len(frames_of(folder / "out" / "walk.mp4")[0]) == 2
