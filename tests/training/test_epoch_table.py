"""What a person sees of a training, on a terminal, in a log file and in a notebook."""

import io

import pytest

from keras_maskrcnn.progress import Line
from keras_maskrcnn.training import EpochTable, epoch_table

LOSSES = ("rpn_class_loss", "rpn_box_loss", "class_loss", "box_loss", "mask_loss")
BATCH = {"loss": 2.5, **dict(zip(LOSSES, (0.125, 0.25, 1.0, 0.5, 0.625), strict=True))}


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Model:
    loss_names = LOSSES


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


class Training:
    """A run of 2 epochs of 4 steps, which take 10 s each but for the first."""

    def __init__(self, monkeypatch, stream, columns=110, **options):
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(epoch_table, "peak_memory", lambda: 2.25)
        self.clock, self.stream, self.rows = Clock(), stream, type(stream)()
        line = Line(stream, self.clock)
        self.table = EpochTable(line=line, out=self.rows, **options)
        self.table.set_model(Model())
        self.table.set_params({"epochs": 2, "steps": 4, "verbose": 0})
        self.table.on_train_begin()

    def last(self):
        return self.stream.getvalue().split("\r")[-1].rstrip()

    def epoch(self, number, ap):
        self.table.on_epoch_begin(number)
        for batch in range(4):
            self.clock.seconds += 10
            self.table.on_train_batch_end(batch, BATCH)
        self.clock.seconds += 20
        measured = {"val_loss": 3.0, "val_box_AP": 0.9, "val_mask_AP": ap}
        self.table.on_epoch_end(number, {**BATCH, **measured})


def test_a_terminal_sees_a_row_for_each_epoch_with_the_best_marked(monkeypatch):
    training = Training(monkeypatch, Terminal())
    training.epoch(0, ap=0.25)
    training.epoch(1, ap=0.125)
    assert training.rows.getvalue().splitlines() == [
        "                rpn    rpn                         val",
        "epoch   loss  class    box  class    box   mask   loss     AP   time",
        "  1/2  2.500  0.125  0.250  1.000  0.500  0.625  3.000  0.250   1:00  best",
        "  2/2  2.500  0.125  0.250  1.000  0.500  0.625  3.000  0.125   1:00",
    ]
    assert training.last() == ""


def test_the_line_has_losses_ap_best_time_left_and_memory(monkeypatch):
    training = Training(monkeypatch, Terminal())
    training.table.on_epoch_begin(0)
    begun = (
        "  1/2      -      -      -      -      -      -  0/4; the first step takes longest  2.2 GB"
    )
    assert training.last() == begun
    for batch, seconds in enumerate((30, 40)):  # the first compiles
        training.clock.seconds = seconds
        training.table.on_train_batch_end(batch, BATCH)
    row = "2.500  0.125  0.250  1.000  0.500  0.625"
    assert training.last() == f"  1/2  {row}  2/4  1:00 left  2.2 GB"
    training.table.on_train_batch_end(0, {**BATCH, "loss": 9.0})  # late, from another thread
    training.clock.seconds = 60
    training.table.on_test_batch_end(4)
    assert training.last().startswith(f"  1/2  {row}  validation 5  ")
    training.clock.seconds = 61
    training.table.measured(3, 8)
    assert training.last().startswith(f"  1/2  {row}  AP of 3/8 images  ")
    training.clock.seconds = 70
    training.table.on_epoch_end(0, {**BATCH, "val_box_AP": 0.5})
    training.table.on_epoch_begin(1)
    training.clock.seconds = 80
    training.table.on_train_batch_end(0, BATCH)
    assert (
        training.last() == f"  2/2  {row}  1/4  AP 0.500  best 0.500  0:40 left  2.2 GB"
    )  # without compiling


def test_80_columns_have_room_for_all_but_the_steps(monkeypatch):
    history = [{"epoch": 1, "val_mask_AP": 0.375}]
    training = Training(monkeypatch, Terminal(), columns=80, history=history)
    training.table.on_epoch_begin(1)
    for batch, seconds in enumerate((30, 40)):
        training.clock.seconds = seconds
        training.table.on_train_batch_end(batch, BATCH)
    figures = "2.500 0.125 0.250 1.000 0.500 0.625"
    assert training.last() == f"  2/2 {figures} AP 0.375 best 0.375 0:20 left 2.2 GB"
    assert len(training.last()) < 80


def test_a_log_file_gets_a_short_line_for_each_epoch(monkeypatch):
    training = Training(monkeypatch, io.StringIO())
    training.epoch(0, ap=0.25)
    training.epoch(1, ap=0.125)
    assert training.rows.getvalue().splitlines() == [
        "2 epochs of 4 steps; the first step takes longest",
        "epoch 1/2: loss 2.500, val loss 3.000, AP 0.250 (best), 1:00, 1:00 left",
        "epoch 2/2: loss 2.500, val loss 3.000, AP 0.125 (best 0.250 in epoch 1), 1:00",
    ]


def test_a_long_epoch_is_not_silent_in_a_log_file(monkeypatch):
    training = Training(monkeypatch, io.StringIO())
    training.table.on_epoch_begin(0)
    for batch, seconds in enumerate((90, 140, 190)):
        training.clock.seconds = seconds
        training.table.on_train_batch_end(batch, BATCH)
    assert training.stream.getvalue().splitlines() == [
        "epoch 1/2: step 1/4, loss 2.500, 2.2 GB",
        "epoch 1/2: step 3/4, loss 2.500, 4:10 left, 2.2 GB",
    ]


def test_without_validation_there_is_no_ap_and_no_best(monkeypatch):
    training = Training(monkeypatch, Terminal(), validated=False)
    training.table.on_epoch_begin(0)
    training.clock.seconds = 5
    training.table.on_epoch_end(0, BATCH)
    assert training.rows.getvalue().splitlines() == [
        "                rpn    rpn",
        "epoch   loss  class    box  class    box   mask   time",
        "  1/2  2.500  0.125  0.250  1.000  0.500  0.625   0:05",
    ]


def test_a_resumed_run_knows_what_was_the_best(monkeypatch):
    history = [{"epoch": 1, "val_mask_AP": 0.5}]
    training = Training(monkeypatch, io.StringIO(), history=history)
    training.epoch(1, ap=0.25)
    assert "AP 0.250 (best 0.500 in epoch 1)" in training.rows.getvalue()


def test_memory_is_that_of_this_process():
    resource = pytest.importorskip("resource")
    from keras_maskrcnn.training.memory_use import peak_memory

    taken = peak_memory()
    assert taken == pytest.approx(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, rel=0.1)
