import json

import cv2
import numpy as np
import pytest

from keras_maskrcnn.cli import main
from keras_maskrcnn.cli.output import VideoFile
from tests.cli.videos import frames_of, images_and_walk

pytestmark = pytest.mark.usefixtures("compile_fast")
PRESET = ["--preset", "mask_rcnn_tiny_shapes"]


@pytest.fixture
def folder(shapes_dataset, tmp_path):
    """1.png and 2.png, and walk.avi, 3 frames of 64 x 64 at 10 per second."""
    images_and_walk(shapes_dataset, tmp_path, frames=3)
    return tmp_path


def true_mask(shapes_dataset, image_id, inner=True):
    """The pixels well within the objects of an image, or those well outside."""
    from pycocotools import mask as rle

    objects = json.loads((shapes_dataset / "annotations.json").read_text())["annotations"]
    masks = [rle.decode(o["segmentation"]) for o in objects if o["image_id"] == image_id]
    mask = np.max(masks, axis=0) if inner else 1 - np.max(masks, axis=0)
    return cv2.erode(mask, np.ones((9, 9), np.uint8), borderValue=0) > 0


def test_a_splash_of_images_and_a_video(shapes_dataset, folder, capsys):
    sources = [str(folder), str(folder / "walk.avi")]
    out = folder / "out"
    assert main(["splash", *sources, *PRESET, "--feather", "0", "--out", str(out)]) == 0
    assert f"in 2 images and 3 frames. Written: {out}" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == ["1.png", "2.png", "walk.mp4"]
    image, picture = cv2.imread(str(folder / "1.png")), cv2.imread(str(out / "1.png"))
    kept = (picture == image).all(axis=-1)
    gray = np.ptp(picture, axis=-1) == 0
    assert (kept | gray).all()
    assert kept[true_mask(shapes_dataset, 1)].mean() > 0.9
    assert gray[true_mask(shapes_dataset, 1, inner=False)].mean() > 0.9
    frames, _ = frames_of(out / "walk.mp4")
    assert len(frames) == 3 and frames[0].shape == (64, 64, 3)


def test_a_blur_of_chosen_classes(folder):
    out = folder / "out"
    options = ["--classes", "circle", "square", "--strength", "0.1", "--score-threshold", "1"]
    assert main(["blur", str(folder / "1.png"), *PRESET, *options, "--out", str(out)]) == 0
    blurred = cv2.GaussianBlur(cv2.imread(str(folder / "1.png")), (0, 0), 6.4)  # nothing is found
    np.testing.assert_allclose(cv2.imread(str(out / "1.png")), blurred, atol=2)


@pytest.mark.parametrize("source", ["1.png", "walk.avi"])
def test_an_unknown_class_leaves_nothing_behind(source, folder, capsys):
    out = folder / "out"
    command = ["blur", str(folder / source), *PRESET, "--classes", "person", "--out", str(out)]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert error == (
        "maskrcnn blur: `classes` must hold names of classes. Received: 'person'. "
        "The known ones are: circle, square, triangle.\n"
    )
    assert not out.exists()


def test_ctrl_c_leaves_a_playable_video(folder, monkeypatch):
    write = VideoFile.write

    def interrupted(self, frame, count=[]):  # noqa: B006
        count.append(frame)
        if len(count) == 3:
            raise KeyboardInterrupt
        write(self, frame)

    monkeypatch.setattr(VideoFile, "write", interrupted)
    command = ["splash", str(folder / "walk.avi"), *PRESET, "--out", str(folder / "out")]
    assert main(command) == 130
    assert [path.name for path in (folder / "out").iterdir()] == ["walk.mp4"]
    assert len(frames_of(folder / "out" / "walk.mp4")[0]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strength", "0"], "a number above 0, up to 1. Received: '0'"),
        (["--feather", "-1"], "a number from 0 on. Received: '-1'"),
        (["--out", "."], "`--out` must not be the folder of the images"),
    ],
)
def test_errors(arguments, message, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    try:
        status = main(["blur", "1.png", *PRESET, *arguments])
    except SystemExit as left:
        status = left.code
    assert status == 1
    assert message in capsys.readouterr().err
