"""Images in every format that is read, and videos."""

import functools
import io

import cv2
import numpy as np
from PIL import Image

from benchmarks.fuzzing import byte_changes
from benchmarks.fuzzing.target import Target
from keras_maskrcnn.data.video import VideoReadError, read_video
from keras_maskrcnn.formats.images import ImageReadError, read_image, read_image_size

SUFFIXES = (".jpg", ".png", ".webp", ".tif", ".bmp", ".gif", ".avif", ".jp2", ".ppm")
VIDEOS = ((".avi", "MJPG"), (".mp4", "mp4v"), (".mkv", "MJPG"), (".mov", "mp4v"), (".webm", "VP80"))
FRAMES = 3


def pixels(height=11, width=14, seed=0):
    """Return an image of few colours, uint8 (H, W, 3)."""
    return np.random.default_rng(seed).choice(np.uint8([0, 90, 255]), (height, width, 3))


def encoded(suffix) -> list[bytes]:
    """Return files of a format: of OpenCV and Pillow, turned, of 16 bits, with alpha."""
    files, image = [], pixels()
    done, data = cv2.imencode(suffix, image)
    files += [data.tobytes()] if done else []
    if suffix in (".png", ".tif"):
        files.append(cv2.imencode(suffix, image.astype(np.uint16) * 257)[1].tobytes())
        files.append(cv2.imencode(suffix, np.dstack([image, image[..., 0]]))[1].tobytes())
    turned = Image.Exif()
    turned[0x0112] = 6
    for options in ({}, {"exif": turned}):
        buffer = io.BytesIO()
        kind = Image.registered_extensions()[suffix]
        if kind != "GIF" or not options:
            Image.fromarray(image).save(buffer, kind, **options)
            files.append(buffer.getvalue())
    return files


def write_images(folder, suffix) -> None:
    """Write the files of a format."""
    for number, data in enumerate(encoded(suffix)):
        (folder / f"{number}{suffix}").write_bytes(data)


def read_picture(folder, file) -> None:
    """Read size and pixels, which must not contradict each other."""
    image, size = None, None
    try:
        size = read_image_size(file)
    except ImageReadError as error:
        size = error
    image = read_image(file)
    assert image.dtype == np.uint8 and image.ndim == 3, image.shape
    if isinstance(size, tuple):
        assert size == image.shape[:2], (size, image.shape)


def write_video(folder, suffix, code) -> None:
    """Write a small video."""
    path = str(folder / f"0{suffix}")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*code), 10, (32, 32))
    for number in range(FRAMES):
        writer.write(pixels(32, 32, number))
    writer.release()


def read_frames(folder, file) -> None:
    """Decode all frames."""
    with read_video(file, strict=True) as video:
        for number, frame in enumerate(video):
            assert frame.dtype == np.uint8 and frame.ndim == 3, frame.shape
            if number > 100:
                break


def changed(data, others, rng) -> bytes:
    """Return a file with changed bytes."""
    return byte_changes.changed(data, others, rng, byte_changes.ANY)


def targets() -> list[Target]:
    """Return the formats of images and videos."""
    kinds, image, video = [], (ImageReadError,), (VideoReadError,)
    for suffix in SUFFIXES:
        victims = tuple(f"{number}{suffix}" for number in range(len(encoded(suffix))))
        write = functools.partial(write_images, suffix=suffix)
        name = f"image {suffix}"
        kinds.append(Target(name, write, victims, changed, read_picture, image, share=4))
    for suffix, code in VIDEOS:
        write = functools.partial(write_video, suffix=suffix, code=code)
        name, victims = f"video {suffix}", (f"0{suffix}",)
        kinds.append(Target(name, write, victims, changed, read_frames, video, share=3))
    return kinds
