"""Reading video files."""

import os
from pathlib import Path

import cv2

from keras_maskrcnn.formats.files import read_bytes

VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp",
)  # fmt: skip


class VideoReadError(ValueError):
    """A video file that cannot be used; the message names the file and the reason."""


class Video:
    """The frames of a video file, decoded one by one as they are asked for: see `read_video`.

    Also a context manager. The file is let go at the end of the frames, by `close`, and when the
    object is no longer used.

    Args:
        path: str or path of the file.

    Attributes: as the container states them, which may be wrong or 0 for unknown.

        fps: float, frames per second.
        frame_count: int.
        size: (height, width) of the first frame.
    """

    def __init__(self, path):
        self.path = os.fspath(path)
        read_bytes(self.path, "a video", VideoReadError, size=1)  # OpenCV would only fail to open
        self._capture = cv2.VideoCapture(self.path)
        self._first = self._decoded()
        if self._first is None:
            self.close()
            raise VideoReadError(
                f"The file '{self.path}' is not a video that can be read: no frame can be decoded. "
                "It is damaged, truncated or of another type. Convert it to MP4 with H.264."
            )
        self.fps = max(0.0, float(self._capture.get(cv2.CAP_PROP_FPS)))
        self.frame_count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.size = self._first.shape[:2]

    def __iter__(self):
        return self

    def __next__(self):
        frame, self._first = self._first, None
        if frame is None:
            frame = self._decoded()
        if frame is None:
            self.close()
            raise StopIteration
        return frame

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self) -> None:
        """Let go of the file; there are no more frames then."""
        self._first = None
        self._capture.release()

    def _decoded(self):
        """Decode the next frame, RGB, or return None."""
        found, frame = self._capture.read()
        return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) if found else None

    def __repr__(self):
        height, width = self.size
        return f"<Video {self.path!r}: {height} x {width} pixels, {self.fps:g} frames per second>"


def read_video(path) -> Video:
    """Open a video file and read its frames lazily, as 8-bit RGB.

    Only the first frame is decoded at once, to find out whether it can be.

    Args:
        path: str or path of an MP4, MOV, AVI, MKV, WebM or other file that OpenCV's FFmpeg reads.

    Returns:
        `Video`, an iterator of uint8 arrays (H, W, 3), with `fps`, `size`, `frame_count`, `close`.

    Raises:
        FileNotFoundError: there is no such file.
        VideoReadError: a `ValueError`; the file is a folder, empty, no video, or no frame of it can
            be decoded.

    Example:

    >>> import cv2, numpy as np
    >>> writer = cv2.VideoWriter("gray.avi", cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    >>> for level in (0, 100, 200):
    ...     _ = writer.write(np.full((48, 64, 3), level, np.uint8))
    >>> writer.release()
    >>> video = read_video("gray.avi")
    >>> video.fps, video.size, video.frame_count
    (10.0, (48, 64), 3)
    >>> [round(frame.mean() / 100) for frame in video]
    [0, 1, 2]
    """
    return Video(path)


def is_video(path) -> bool:
    """Whether the suffix of a path is that of a video file.

    >>> is_video("walk.MP4"), is_video("walk.jpg")
    (True, False)
    """
    return Path(path).suffix.lower() in VIDEO_SUFFIXES
