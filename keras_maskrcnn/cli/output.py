"""What the verbs write: files that are whole or absent, and progress that only a terminal sees."""

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

DEFAULT_FPS = 25.0
MOST_FPS = 1000.0  # containers that do not know say 90000


@contextlib.contextmanager
def progress(what, total):
    """Progress and the time left on standard error while the block runs, only on a terminal.

    Args:
        what: str shown before the bar.
        total: int, number of steps.

    Yields:
        A function that is called as `show(done)` or `show(done, total)`; a total of None is one
        that is not known.
    """
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(),
        bars.TextColumn("left"),
    )
    quiet = not sys.stderr.isatty()
    console = Console(stderr=True)
    with bars.Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task(what, total=total)

        def show(done, total=total):
            bar.tasks[0].total = total  # `update` takes None for "as before"
            bar.update(task, completed=done)

        yield show


def write_json(path, content):
    """Writes JSON beside `path` and renames it, so that `path` is never half a file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def write_picture(path, image):
    """Writes a uint8 RGB or RGBA image (H, W, C) in the format that the suffix of `path` names."""
    import cv2

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    code = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    try:
        written = cv2.imwrite(str(path), cv2.cvtColor(image, code))
    except cv2.error:
        written = False
    if not written:
        raise OSError(f"The picture {str(path)!r} cannot be written. Give a name ending in .png.")


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

        self.path, self.size = path, size
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, self._part = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
        os.close(handle)
        code = cv2.VideoWriter_fourcc(*"mp4v")
        fps = fps if 0 < fps <= MOST_FPS else DEFAULT_FPS
        self._writer = cv2.VideoWriter(self._part, code, fps, size[::-1])
        if not self._writer.isOpened():
            self.close(keep=False)
            raise OSError(
                f"The video {str(path)!r} of {size[0]} x {size[1]} pixels cannot be written: "
                "OpenCV has no MPEG-4 here, or a side has less than 2."
            )

    def write(self, frame):
        """Appends a uint8 RGB frame; one of another size is resized."""
        import cv2

        if frame.shape[:2] != self.size:
            frame = cv2.resize(frame, self.size[::-1])
        self._writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))

    def close(self, keep=True):
        """Ends the video and gives it its name, or deletes it."""
        self._writer.release()
        if not keep:
            os.unlink(self._part)
            return
        os.chmod(self._part, 0o666 & ~_umask())
        os.replace(self._part, self.path)


def table(rows):
    """Lines of text with the columns of `rows` (tuples of str, the heading first) aligned.

    >>> print(table([("name", "AP"), ("mask", "0.41")]))
    name  AP
    mask  0.41
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def listed(names, most=8):
    """The names, or the first of many and how many there are.

    >>> listed(["a", "b"]), listed("abcd", most=2)
    ('a, b', 'a, b, ... (4)')
    """
    names = list(names)
    return ", ".join(names[:most]) + (f", ... ({len(names)})" if len(names) > most else "")


def counted(number, noun):
    """`1 image`, `2 images`.

    >>> counted(1, "image"), counted(0, "image")
    ('1 image', '0 images')
    """
    return f"{number} {noun}" + "s" * (number != 1)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
