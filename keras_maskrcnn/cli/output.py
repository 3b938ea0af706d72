"""What the verbs write: files that are whole or absent, and tables."""

import os

from keras_maskrcnn.wording import counted
from keras_maskrcnn.writing import (
    begin,
    check_name,
    explained,
    finish,
    try_file,
    try_folder,
    try_picture,
)

DEFAULT_FPS = 25.0
MOST_FPS = 1000.0  # containers that do not know say 90000
PROBE = 1 << 20  # bytes; more than a video's writer may have left on a full disk


def check_outputs(*, files=(), pictures=(), folders=(), inside=(), inputs=()) -> None:
    """Say before the work whether what it makes can be written; leave nothing behind.

    Args:
        files: dict of an option to its path; None is an option that was not given.
        pictures: the same, of pictures, whose suffix names their format.
        folders: the same, of folders.
        inside: dict of the path of each file in the folders, if they are known, to its option.
        inputs: paths of the files that are read.

    Raises:
        OSError: something cannot be written; the message says why.
        ValueError: it would overwrite an input, or what another option writes.
    """
    kinds = ((files, try_file), (pictures, try_picture), (folders, try_folder))
    taken = {os.path.realpath(path): None for path in inputs}
    for path, option in dict(inside).items():
        _take(taken, option, path)
    for options, attempt in kinds:
        for option, path in dict(options).items():
            if path is None:
                continue
            _take(taken, option, path)
            attempt(path)
    for path in inside:
        check_name(path)


def _take(taken, option, path):
    place = os.path.realpath(path)
    if place not in taken:
        taken[place] = option
        return
    if taken[place] is None:
        raise ValueError(
            f"`{option}` must not be a file that is read. Received: {str(path)!r}, which would be "
            "overwritten. Give another name."
        )
    raise ValueError(
        f"`{option}` must be another path than `{taken[place]}`. Received: {str(path)!r} for both."
    )


class VideoFile:
    """An MP4 that is written frame by frame beside `path` and renamed at the end.

    Args:
        path: Path, ending in .mp4.
        size: (height, width) of the frames. MPEG-4 wants even sides: an odd one loses its last row
            or column.
        fps: float, frames per second; 0, for unknown, and above 1000 become 25.
    """

    def __init__(self, path, size, fps):
        import cv2

        self.path, self.size, self.frames = path, size, 0
        self._part = begin(path)
        code = cv2.VideoWriter_fourcc(*"mp4v")
        fps = fps if 0 < fps <= MOST_FPS else DEFAULT_FPS
        self._writer = cv2.VideoWriter(str(self._part), code, fps, size[::-1])
        if not self._writer.isOpened():
            self.close(keep=False)
            raise OSError(
                f"The video {str(path)!r} of {size[0]} x {size[1]} pixels cannot be written: "
                "OpenCV has no MPEG-4 here, or a side has less than 2."
            )

    def write(self, frame) -> None:
        """Append a uint8 RGB frame; one of another size is resized."""
        import cv2

        if frame.shape[:2] != self.size:
            frame = cv2.resize(frame, self.size[::-1])
        self._writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        self.frames += 1

    def close(self, keep=True) -> None:
        """End the video and give it its name, or delete it; one without frames is deleted.

        Raises:
            OSError: the video is not whole, and is deleted; the message says why.
        """
        self._writer.release()
        try:
            if keep and self.frames:
                self._check_whole()
                finish(self._part, self.path)
        finally:
            self._part.unlink(missing_ok=True)

    def _check_whole(self):
        """Read the last frame back: OpenCV's writer keeps a full disk to itself."""
        import cv2

        capture = cv2.VideoCapture(str(self._part))
        whole = round(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == self.frames
        capture.set(cv2.CAP_PROP_POS_FRAMES, self.frames - 1)
        whole = whole and capture.read()[0]
        capture.release()
        if not whole:
            with explained(self.path, self._part), self._part.open("ab") as file:
                file.write(bytes(PROBE))  # which fails for the reason that the video did
            raise OSError(
                f"{str(self.path)!r} cannot be written: OpenCV does not read back the "
                f"{counted(self.frames, 'frame')} that it wrote."
            )


def table(rows) -> str:
    """Return lines of text with the columns of `rows` (tuples of str, the heading first) aligned.

    >>> print(table([("name", "AP"), ("mask", "0.41")]))
    name  AP
    mask  0.41
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def print_left_out(name, found) -> None:
    """Print what a source of that name, as it describes itself, does not train on."""
    for remark in found.get("remarks", ()):
        print(f"{name}: {remark}")
    if crowds := found.get("crowds"):
        print(f"{name}: left out {counted(crowds, 'crowd')} (iscrowd 1), not trained on")
    for kind, count in found["skipped"].items():
        print(f"{name}: left out {counted(count, kind)}, which cannot be a mask")
