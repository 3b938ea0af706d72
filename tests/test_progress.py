"""What a terminal, a log file and a notebook see of progress, with a clock that is set by hand."""

import io
import sys

import pytest

from keras_maskrcnn import progress as module
from keras_maskrcnn.progress import Line, progress

MB = 10**6


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    """Seconds that pass when told to."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)


def shown(stream, steps, *arguments, total=60):
    """What is written while `steps` of (seconds, done) pass."""
    clock = Clock()
    with progress("predict", total, *arguments, line=Line(stream, clock)) as show:
        for clock.seconds, done in steps:
            show(done)
        drawn = stream.getvalue()
    return drawn


def test_a_terminal_sees_one_line_with_the_time_left():
    steps = [(5, 1), (7, 2), (7.05, 3), (9, 15)]  # the third comes too soon to be drawn
    assert shown(Terminal(), steps).split("\r") == [
        "",
        "predict [....................] 0/60",
        "predict [....................] 1/60",
        "predict [....................] 2/60  1:56 left",
        "predict [#####...............] 15/60  0:13 left",
    ]


def test_the_line_is_gone_at_the_end():
    stream, clock = Terminal(), Clock()
    with progress("verify", 4, line=Line(stream, clock)):
        pass
    assert stream.getvalue() == "\rverify [....................] 0/4\r" + 33 * " " + "\r"


def test_a_shorter_line_leaves_nothing_of_the_longer_and_none_is_wrapped():
    stream, clock = Terminal(), Clock()
    line = Line(stream, clock)
    line.show(lambda columns: "x" * 70)
    clock.seconds = 1
    line.show(lambda columns: f"of {columns} columns")
    assert stream.getvalue() == "\r" + "x" * 59 + "\rof 60 columns".ljust(60)


def test_what_is_printed_meanwhile_stands_above(monkeypatch):
    stream, clock = Terminal(), Clock()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("predict", 4, line=Line(clock=clock)) as show:
        print("'a.png' cannot be read", file=sys.stderr)
        sys.stderr.write("half")
        show(2)  # not drawn behind the half of a line
        sys.stderr.write(" a line\n")
        clock.seconds = 4
        show(3)
    assert sys.stderr is stream
    lines = (
        "\rpredict [....................] 0/4",
        "\rpredict [###############.....] 3/4  0:04 left",
    )
    first, last = (line + "\r" + " " * (len(line) - 1) + "\r" for line in lines)
    assert stream.getvalue() == f"{first}'a.png' cannot be read\nhalf a line\n{last}"


def test_a_log_file_gets_a_line_a_minute():
    steps = [(2.5 * n, n) for n in range(1, 61)]  # 60 images, 150 s
    assert shown(io.StringIO(), steps).splitlines() == [
        "predict: 24 of 60, 1:30 left",
        "predict: 48 of 60, 0:30 left",
    ]


def test_a_log_file_gets_nothing_of_what_is_quick():
    assert shown(io.StringIO(), [(0.9 * n, n) for n in range(60)]) == ""


def test_a_notebook_gets_no_control_character(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", io)
    assert shown(Terminal(), [(60, 30)]) == "predict: 30 of 60\n"


def test_a_dumb_terminal_gets_none_either(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert shown(Terminal(), [(60, 30)]) == "predict: 30 of 60\n"


def test_bytes_have_a_speed_and_what_was_there_before_does_not_count(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    steps = [(1, 80 * MB), (5, 100 * MB)]
    drawn = shown(Terminal(), steps, "MB", MB, total=200 * MB).split("\r")
    assert drawn[-1] == "predict [##########..........] 100.0/200.0 MB  5.0 MB/s  0:20 left"
    steps = [(60, 80 * MB), (121, 141 * MB)]
    assert shown(io.StringIO(), steps, "MB", MB, total=200 * MB).splitlines() == [
        "predict: 80.0 of 200.0 MB",
        "predict: 141.0 of 200.0 MB, 1.0 MB/s, 0:59 left",
    ]


def test_a_total_may_become_unknown():
    stream, clock = Terminal(), Clock()
    with progress("splash", 10, line=Line(stream, clock)) as show:
        clock.seconds = 1
        show(11, None)
    assert "splash [....................] 11/?" in stream.getvalue()


def test_the_width_is_that_of_the_terminal(monkeypatch):
    class Wide(Terminal):
        def fileno(self):
            return 7

    size = module.os.terminal_size((210, 50))
    monkeypatch.setattr(module.os, "get_terminal_size", lambda handle: size)
    assert module.columns_of(Wide()) == 210
    assert module.columns_of(io.StringIO()) == 60
