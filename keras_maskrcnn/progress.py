"""How far something has come: a line that is redrawn on a terminal, and elsewhere one now and then.

Nothing else in the package draws progress. What is not a terminal (a log file, a pipe, a notebook)
gets no control character, and nothing at all of what takes less than a minute.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator

SILENCE = 60.0  # seconds without a line, where none can be redrawn
REDRAWN = 0.1  # seconds from one drawing to the next
BAR = 20  # characters


class Line:
    """A line on standard error that says how far something has come.

    On a terminal it is redrawn in place, and erased at the end. As a context manager it also keeps
    what is printed meanwhile apart from it. Anywhere else it is a line of text a minute.

    Args:
        stream: where to write; default: standard error.
        clock: function that gives seconds.

    Attributes:
        redraws: bool, whether it is a terminal.
    """

    def __init__(self, stream=None, clock=time.monotonic):
        self.stream = sys.stderr if stream is None else stream
        self.clock = clock
        self.redraws = can_redraw(self.stream)
        self._drawn, self._within_line = "", False
        self._last = float("-inf") if self.redraws else clock()
        self._pause = REDRAWN if self.redraws else SILENCE
        self._lock = threading.RLock()
        self._streams = contextlib.ExitStack()

    def __enter__(self):
        if self.redraws:
            for name in ("stdout", "stderr"):
                redirect = getattr(contextlib, f"redirect_{name}")
                self._streams.enter_context(redirect(_Above(getattr(sys, name), self)))
        return self

    def __exit__(self, *error):
        self.erase()
        self._streams.close()

    def show(self, text, at_once=False) -> None:
        """Say how far it has come, if it is time to.

        Args:
            text: function of the columns of the terminal, or of None where it is none, that gives
                the line; called only when it is written.
            at_once: whether a terminal is redrawn though it just was.
        """
        with self._lock:
            now = self.clock()
            waits = now - self._last < self._pause and not (at_once and self.redraws)
            if waits or self._within_line:
                return
            self._last = now
            if self.redraws:
                self._draw(text(columns_of(self.stream)))
            else:
                print(text(None), file=self.stream, flush=True)

    def said(self) -> None:
        """Count the silence from now on: something else was printed."""
        if not self.redraws:
            self._last = self.clock()

    def erase(self) -> None:
        """Take the line off the terminal, until it is shown again."""
        with self._lock:
            if self._drawn:
                self._write("\r" + " " * len(self._drawn) + "\r")
                self._drawn, self._last = "", float("-inf")

    def _draw(self, text):
        text = text[: columns_of(self.stream) - 1]
        self._write("\r" + text.ljust(len(self._drawn)))
        self._drawn = text

    def _write(self, text):
        self.stream.write(text)
        self.stream.flush()


class _Above:
    """A stream whose text comes to stand above a `Line`."""

    def __init__(self, stream, line):
        self._stream, self._line = stream, line

    def write(self, text):
        self._line.erase()
        self._line._within_line = bool(text) and not text.endswith("\n")
        return self._stream.write(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)


@contextlib.contextmanager
def progress(what, total, unit="", scale=1, line=None) -> Iterator[Callable[[int, int], None]]:
    """Show progress and the time left on standard error while the block runs.

    Args:
        what: str shown first.
        total: int, number of steps; None if it is not known.
        unit: str shown after the numbers, "MB".
        scale: steps to a unit.
        line: `Line`; default: a new one.

    Yields:
        A function that is called as `show(done)` or `show(done, total)`; a total of None is one
        that is not known. Time before its first call is not counted: it holds what happens once.
    """
    began = []  # seconds and steps of the first call
    digits = 0 if scale == 1 else 1

    def amount(number):
        return "?" if number is None else f"{number / scale:.{digits}f}"

    def show(done, total=total, at_once=False):
        if not began:
            began.append((line.clock(), done))
        line.show(lambda columns: text(done, total, columns), at_once)

    def text(done, total, columns):
        (start, first), now = began[0] if began else (0, 0), line.clock()
        of = " of " if columns is None else "/"
        facts = [f"{amount(done)}{of}{amount(total)} {unit}".rstrip()]
        if unit and began and now > start:
            facts.append(f"{(done - first) / scale / (now - start):.1f} {unit}/s")
        left = time_left(start, first, now, done, total) if began else None
        if left is not None:
            facts.append(f"{spelled(left)} left")
        if columns is None:
            return f"{what}: {', '.join(facts)}"
        return f"{what} {_bar(done, total)} {'  '.join(facts)}"

    with Line() if line is None else line as line:
        if line.redraws:
            line.show(lambda columns: text(0, total, columns))
        yield show


def can_redraw(stream) -> bool:
    """Whether a stream is a terminal on which a line can be drawn anew."""
    notebook = "ipykernel" in sys.modules
    dumb = os.environ.get("TERM") == "dumb"
    return stream is not None and stream.isatty() and not notebook and not dumb


def columns_of(stream) -> int:
    """Return how many characters stand in a row of a terminal."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, ValueError, OSError):
        columns = 0
    return columns or shutil.get_terminal_size().columns


def time_left(start, first, now, done, total) -> float | None:
    """Return the seconds until `total` at the pace since `first` was done at `start`, or None.

    >>> time_left(10.0, 1, 16.0, 3, 5)
    6.0
    """
    if total is None or done <= first:
        return None
    return max(0.0, (now - start) / (done - first) * (total - done))


def spelled(seconds) -> str:
    """Write a time in minutes and seconds.

    >>> spelled(42), spelled(750.4), spelled(3723)
    ('0:42', '12:30', '1:02:03')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _bar(done, total):
    full = min(BAR, BAR * done // total) if total else 0
    return f"[{'#' * full}{'.' * (BAR - full)}]"
