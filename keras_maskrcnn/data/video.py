"""Reading video files."""

import os
import warnings
from pathlib import Path

import cv2

from keras_maskrcnn.data.video_edits import played_seconds
from keras_maskrcnn.formats.files import read_bytes
from keras_maskrcnn.formats.images import upright

VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp",
)  # fmt: skip
# MP4, MOV and AVI list their frames. Others state a length, of the sound too, and a frame rate.
LIST_FRAMES = (b"RIFF", b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
ORIENTATIONS = {90: 6, 180: 3, 270: 8}  # of EXIF, by the degrees that a frame is to be turned
SHARE, SLACK = 0.9, 0.5  # the least part of a stated length, and seconds less


class VideoReadError(ValueError):
    """A video file that cannot be used; the message names the file and the reason."""


class Video:
    """The frames of a video file, decoded one by one as they are asked for: see `read_video`.

    Also a context manager. The file is let go at the end of the frames, by `close`, and when the
    object is no longer used.

    Args:
        path: str or path of the file.
        strict: as in `read_video`.

    Attributes: as the container states them, which may be wrong or 0 for unknown.

        fps: float, frames per second.
        frame_count: int.
        size: (height, width) of the first frame.
    """

    def __init__(self, path, strict=False):
        self.path, self.strict = os.fspath(path), strict
        start = read_bytes(self.path, "a video", VideoReadError, size=8)  # OpenCV gives no reason
        self._lists_frames = start[:4] in LIST_FRAMES or start[4:] in LIST_FRAMES
        self._capture = cv2.VideoCapture(self.path)
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)  # not all versions turn frames
        degrees = round(self._capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
        self._orientation = ORIENTATIONS.get(degrees, 1)
        self._read, self._seconds = 0, 0.0  # frames, and where the last one stands
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
            opened = self._capture.isOpened()
            self.close()
            if opened and self._ended_early():
                self._report_end()
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
        if not found:
            return None
        self._read += 1
        self._seconds = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return upright(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), self._orientation)

    def _ended_early(self):
        """Tell whether frames are missing and the time of the last one says the same."""
        if self._read >= self.frame_count or not self.fps:
            return False
        stated, reached = self.frame_count / self.fps, self._seconds + 1 / self.fps
        if self._lists_frames:
            stated = min(stated, played_seconds(self.path) or stated)  # a trimmed one is whole
            return reached < stated - 0.5 / self.fps
        return reached < SHARE * stated - SLACK

    def _report_end(self):
        message = (
            f"The video '{self.path}' ends after {self._read} of the {self.frame_count} frames "
            "that it states. It is damaged, or its copy is not complete: copy it again."
        )
        if self.strict:
            raise VideoReadError(message)
        warnings.warn(message, RuntimeWarning, stacklevel=3)

    def __repr__(self):
        height, width = self.size
        return f"<Video {self.path!r}: {height} x {width} pixels, {self.fps:g} frames per second>"


def read_video(path, *, strict=False) -> Video:
    """Open a video file and read its frames lazily, as 8-bit RGB, turned upright.

    Only the first frame is decoded at once, to find out whether it can be.

    Args:
        path: str or path of an MP4, MOV, AVI, MKV, WebM or other file that OpenCV's FFmpeg reads.
        strict: whether a video that ends before all the frames that it states were read, as a
            damaged one does, raises `VideoReadError` after its last frame. Otherwise it warns.

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
    return Video(path, strict)


def is_video(path) -> bool:
    """Whether the suffix of a path is that of a video file.

    >>> is_video("walk.MP4"), is_video("walk.jpg")
    (True, False)
    """
    return Path(path).suffix.lower() in VIDEO_SUFFIXES
