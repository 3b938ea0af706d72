"""What the verbs write: files that are whole or absent, and progress that only a terminal sees."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from keras_maskrcnn.wording import counted
from keras_maskrcnn.writing import begin, finish

DEFAULT_FPS = 25.0
MOST_FPS = 1000.0  # containers that do not know say 90000


@contextlib.contextmanager
def progress(what, total) -> Iterator[Callable[[int, int], None]]:
    """Show progress and the time left on standard error while the block runs, only on a terminal.

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

    def close(self, keep=True) -> None:
        """End the video and give it its name, or delete it."""
        self._writer.release()
        if not keep:
            self._part.unlink()
            return
        finish(self._part, self.path)


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
