"""What the words SOURCE of a command line name: images and videos, read one after another."""

import collections
import dataclasses
import glob
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

READERS = 4  # threads that read image files, each at most one file ahead


def list_sources(*sources) -> list[Path]:
    """List the image and video files that the words name: see `keras_maskrcnn.data.list_images`.

    Videos are found by the suffix of a file or pattern; those in a folder are left out. What is
    left out of a folder is counted on standard error.

    Returns:
        list of Path, each file once.

    Raises:
        FileNotFoundError: a word names nothing.
    """
    from keras_maskrcnn.data import list_images
    from keras_maskrcnn.data.video import is_video

    paths = {}
    for source in sources:
        if not is_video(source) or Path(source).is_dir():
            found = list_images(source)
            _report_others(source)
        elif Path(source).exists():
            found = [Path(source)]
        else:
            found = [Path(name) for name in sorted(glob.glob(source, recursive=True))]
        if not found:
            raise FileNotFoundError(f"There is no video file or pattern match for '{source}'.")
        paths.update(dict.fromkeys(found))
    return list(paths)


def _report_others(source):
    """Print how many files of a folder are no images, by suffix."""
    from keras_maskrcnn.formats.image_files import count_other_files, others_left_out

    if Path(source).is_dir() and (others := count_other_files(Path(source).iterdir())):
        print(f"'{source}': {others_left_out(others)}", file=sys.stderr)


@dataclasses.dataclass
class Picture:
    """An image, or a frame of a video.

    Args:
        path: Path of the file it comes from.
        image: uint8 (H, W, 3).
        image_id: int, counted over all files from 1 on.
        frame: int, counted in its video from 1 on, or None for an image file.
        fps: float, frames per second of its video.
    """

    path: Path
    image: np.ndarray
    image_id: int
    frame: int | None = None
    fps: float = 0.0


class Reader:
    """Reads files for `detect_stream` and keeps each picture until its detections are there.

    A file that cannot be read is reported on standard error and left out; so is a video that ends
    early, after the frames that it has.

    Args:
        paths: the files.
        verb: str, whose name stands before a report.

    Attributes:
        failures: int, files left out.
        shortened: list of Path, videos that ended early.
    """

    def __init__(self, paths, verb):
        self.paths, self.verb = paths, verb
        self.failures, self.shortened = 0, []
        self.total = len(paths)  # pictures, or None within a video that has more than it says
        self.count = 0
        self._waiting = collections.deque()

    def images(self) -> Iterator[np.ndarray]:
        """Generate the images; each adds its `Picture` to those that `take` gives."""
        for picture in self.pictures():
            yield picture.image

    def pictures(self) -> Iterator[Picture]:
        """Generate the pictures; each is added to those that `take` gives."""
        for picture in self._pictures():
            self._waiting.append(picture)
            yield picture

    def take(self) -> Picture:
        """Return the first picture that was not taken yet."""
        return self._waiting.popleft()

    def _pictures(self):
        from keras_maskrcnn.data import read_image
        from keras_maskrcnn.data.video import is_video

        started = collections.deque()
        with ThreadPoolExecutor(READERS) as pool:
            for path in self.paths:
                started.append((path, None if is_video(path) else pool.submit(read_image, path)))
                if len(started) > READERS:
                    yield from self._opened(*started.popleft())
            while started:
                yield from self._opened(*started.popleft())

    def _opened(self, path, reading):
        from keras_maskrcnn.data import read_video

        try:
            opened = read_video(path, strict=True) if reading is None else reading.result()
        except (ValueError, OSError) as error:
            self._print(error)
            self.failures += 1
            self.count += 1
            return
        if reading is not None:
            self.count += 1
            yield Picture(path, opened, self.count)
            return
        yield from self._frames(path, opened)

    def _frames(self, path, video):
        from keras_maskrcnn.data import VideoReadError

        others = self.total - 1
        self.total = others + video.frame_count
        try:
            with video:
                for frame, image in enumerate(video, start=1):
                    if frame > video.frame_count:
                        self.total = None
                    self.count += 1
                    yield Picture(path, image, self.count, frame, video.fps)
        except VideoReadError as error:
            self._print(error)
            self.shortened.append(path)
        self.total = others + frame

    def _print(self, error):
        print(f"maskrcnn {self.verb}: {error}", file=sys.stderr)
