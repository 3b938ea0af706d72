"""A small video to run commands on, and the frames of what they write."""

import shutil

import cv2


def images_and_walk(shapes_dataset, folder, frames):
    """Puts 1.png, 2.png and walk.avi, frames of 64 x 64 at 10 per second, into the folder."""
    for name in ("1.png", "2.png"):
        shutil.copy(shapes_dataset / "images" / name, folder / name)
    writer = cv2.VideoWriter(
        str(folder / "walk.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 64)
    )
    for number in range(1, frames + 1):
        writer.write(cv2.imread(str(shapes_dataset / "images" / f"{number}.png")))
    writer.release()


def frames_of(path):
    """The frames of a video, and how many there are in a second."""
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (frame := capture.read()[1]) is not None:
        frames.append(frame)
    return frames, capture.get(cv2.CAP_PROP_FPS)
