import json
import signal

import cv2
import numpy as np
import pytest

from keras_maskrcnn.cli import detection, main
from keras_maskrcnn.cli.output import VideoFile
from tests.cli.videos import frames_of, images_and_walk

pytestmark = pytest.mark.usefixtures("compile_fast", "loaded_once")
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


def test_a_cut_out_of_images(shapes_dataset, folder):
    out = folder / "out"
    assert main(["cutout", str(folder), *PRESET, "--feather", "0", "--out", str(out)]) == 0
    image = cv2.imread(str(folder / "1.png"))
    picture = cv2.imread(str(out / "1.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(picture[..., :3], image)
    assert (picture[true_mask(shapes_dataset, 1), 3] == 255).mean() > 0.9
    assert (picture[true_mask(shapes_dataset, 1, inner=False), 3] == 0).mean() > 0.9


def test_each_object_cut_out(folder, capsys):
    out = folder / "out"
    assert main(["cutout", str(folder), *PRESET, "--each", "--out", str(out)]) == 0
    objects = int(capsys.readouterr().out.split()[1])
    pictures = sorted(out.glob("*/*.png"))
    assert len(pictures) == objects > 2
    assert {path.parent.name for path in pictures} == {"1", "2"}
    assert out / "1" / "1.png" in pictures
    for path in pictures:
        alpha = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., 3]
        assert alpha.max() == 255 and alpha.shape < (64, 64)


@pytest.mark.parametrize("background", ["lime", "#00ff00", "green.png"])
def test_another_background(background, shapes_dataset, folder, monkeypatch):
    monkeypatch.chdir(folder)
    cv2.imwrite("green.png", np.full((5, 9, 3), (0, 255, 0), np.uint8))
    command = ["background", "1.png", "walk.avi", *PRESET, "--background", background]
    assert main([*command, "--feather", "0"]) == 0
    picture = cv2.imread("replaced/1.png")
    green = (picture == (0, 255, 0)).all(axis=-1)
    assert green[true_mask(shapes_dataset, 1, inner=False)].mean() > 0.9
    np.testing.assert_array_equal(picture[~green], cv2.imread("1.png")[~green])
    assert len(frames_of("replaced/walk.mp4")[0]) == 3


def test_pixelated_objects(shapes_dataset, folder):
    out = folder / "out"
    assert main(["pixelate", str(folder), *PRESET, "--blocks", "1", "--out", str(out)]) == 0
    image, picture = cv2.imread(str(folder / "1.png")), cv2.imread(str(out / "1.png"))
    outside = true_mask(shapes_dataset, 1, inner=False)
    assert (picture == image).all(axis=-1)[outside].mean() > 0.9
    hidden = (picture != image).any(axis=-1)
    assert hidden[true_mask(shapes_dataset, 1)].mean() > 0.9
    options = ["--classes", "circle", "--score-threshold", "1"]  # nothing is found
    assert main(["pixelate", str(folder), *PRESET, *options, "--out", str(out)]) == 0
    np.testing.assert_array_equal(cv2.imread(str(out / "1.png")), image)


@pytest.mark.parametrize("source", ["1.png", "walk.avi"])
def test_an_unknown_class_leaves_nothing_behind(source, folder, capsys, monkeypatch):
    monkeypatch.setattr(detection, "detect", None)  # refused before the first detection
    out = folder / "out"
    command = ["blur", str(folder / source), *PRESET, "--classes", "person", "--out", str(out)]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert error.startswith("maskrcnn blur: `--classes` must be names of the model's classes. ")
    assert error.endswith("Choose among ['circle', 'square', 'triangle'].\n")
    assert not out.exists()


def test_ctrl_c_leaves_a_playable_video(folder, monkeypatch):
    write = VideoFile.write

    def interrupted(self, frame, count=[]):  # noqa: B006
        count.append(frame)
        if len(count) == 3:
            signal.raise_signal(signal.SIGINT)
        write(self, frame)

    monkeypatch.setattr(VideoFile, "write", interrupted)
    command = ["splash", str(folder / "walk.avi"), *PRESET, "--out", str(folder / "out")]
    # A shell's background process is started with SIGINT ignored, and Python leaves it so.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(command) == 130
    finally:
        signal.signal(signal.SIGINT, handler)
    assert [path.name for path in (folder / "out").iterdir()] == ["walk.mp4"]
    assert len(frames_of(folder / "out" / "walk.mp4")[0]) == 2


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("blur 1.png --strength 0", "a number above 0, up to 1. Received: '0'"),
        ("blur 1.png --feather -1", "a number from 0 on. Received: '-1'"),
        ("blur 1.png --out .", "`--out` must not be the folder of the images"),
        (
            "blur walk.avi --out walk.png",
            "`--out` must end in .mp4, or be a folder, for 'walk.avi'",
        ),
        ("cutout 1.png --out o.jpg", "`--out` must be a picture that can be transparent. Received"),
        ("cutout 1.png --each --out o.png", "`--out` must be a folder with `--each`. Received"),
        ("pixelate 1.png --blocks 0", "a whole number of at least 1. Received: '0'"),
        ("background 1.png --background sea.jpg", "a picture or a colour. Received: 'sea.jpg'"),
        ("cutout 1.png walk.avi", "images only: no MP4 has a transparent background. Received: 'w"),
    ],
)
def test_errors(command, message, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    try:
        status = main([*command.split(), *PRESET])
    except SystemExit as left:
        status = left.code
    assert status == 1
    assert message in capsys.readouterr().err
