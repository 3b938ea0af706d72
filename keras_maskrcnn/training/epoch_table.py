"""What a person sees of a training: a row for each epoch, and a line that is redrawn."""

import sys
import threading

import keras

from keras_maskrcnn.evaluation.kinds import deciding_log
from keras_maskrcnn.progress import Line, can_redraw, columns_of
from keras_maskrcnn.training.epoch_lines import Columns, Standing, labelled, sentence
from keras_maskrcnn.training.memory_use import peak_memory
from keras_maskrcnn.wording import counted

FIRST_STEP = "the first step takes longest"  # most backends compile in it


class EpochTable(keras.callbacks.Callback):
    """Shows how training goes, in the place of Keras' bar: `fit(..., verbose=0)`.

    On a terminal, a table with a row for each epoch: loss and its parts in the order of the paper,
    loss and AP of the validation, time; "best" stands behind a row whose AP was the highest until
    then. Below it a line is redrawn that has, besides, the steps, the last AP and the highest, the
    time left and the most memory taken so far. In a log file or a notebook, one short line for each
    epoch, without control characters, and a line a minute in epochs that take longer.

    AP is the figure that decides which epoch is the best (of a panoptic map PQ, of a semantic one
    mean IoU), by `COCOMetrics`, after which it is placed in the list of callbacks.

    Args:
        validated: whether there are validation images: columns for their loss and AP.
        history: list of dicts, the logs of earlier epochs of the run.
        monitor: kind whose figure is shown as the AP, as of `Recipe`.
        line: `keras_maskrcnn.progress.Line` that is redrawn; default: a new one.
        out: stream of the rows; default: standard output.

    Example:

    ```python
    model.fit(
        loader,
        validation_data=val_loader,
        verbose=0,
        callbacks=[
            keras_maskrcnn.evaluation.COCOMetrics(val_source),
            keras_maskrcnn.training.EpochTable(),
        ],
    )
    ```
    """

    async_safe = True

    def __init__(self, *, validated=True, history=(), monitor=None, line=None, out=None):
        super().__init__()
        self.validated = validated
        self.history = list(history)
        self.monitor = monitor
        self.line = line
        self.out = out
        self._lock = threading.Lock()

    def on_train_begin(self, logs=None) -> None:
        """Write the head of the table."""
        self._line = Line() if self.line is None else self.line
        self._rows = sys.stdout if self.out is None else self.out
        names = ["loss", *getattr(self.model, "loss_names", ())]
        self._standing = Standing(self.params["epochs"], dict.fromkeys(names))
        self._steps, self._epoch_seconds = self.params["steps"], None
        for earlier in self.history:
            self._take_ap(earlier, int(earlier["epoch"]))
        self._columns = None
        if can_redraw(self._rows):
            self._columns = Columns(names, self._standing.epochs, self.validated)
            self._print(*self._columns.head(columns_of(self._rows)))
        else:
            steps = f" of {counted(self._steps, 'step')}" if self._steps else ""
            self._print(f"{counted(self._standing.epochs, 'epoch')}{steps}; {FIRST_STEP}")

    def on_epoch_begin(self, epoch, logs=None) -> None:
        """Start the clock of the epoch."""
        self._began, self._done = self._line.clock(), 0
        self._first = self._latest = None  # seconds and steps done
        self._standing.epoch, self._standing.training = epoch, True
        self._take_losses({})
        self._show(at_once=True)

    def on_train_batch_end(self, batch, logs=None) -> None:
        """Show the losses; may run in another thread, and out of order."""
        with self._lock:
            if batch < self._done:
                return
            self._done = batch + 1
            self._take_losses(logs or {})
            self._latest = (self._line.clock(), self._done)
            self._first = self._first or self._latest
        self._show()

    def on_test_begin(self, logs=None) -> None:
        """Say that validation has begun."""
        self._go_on_with("validation")

    def on_test_batch_end(self, batch, logs=None) -> None:
        """Show how far validation is; may run in another thread."""
        self._go_on_with(f"validation {batch + 1}")

    def measured(self, done, total) -> None:
        """Show on how many images AP has been measured."""
        self._go_on_with(f"AP of {done}/{total} images")

    def on_epoch_end(self, epoch, logs=None) -> None:
        """Write the row of the epoch."""
        logs, standing = logs or {}, self._standing
        self._take_losses(logs)
        self._take_ap(logs, epoch + 1)
        standing.val_loss = logs.get("val_loss")
        standing.seconds = self._line.clock() - self._began
        self._epoch_seconds = standing.seconds - self._happens_once()
        standing.left = (standing.epochs - epoch - 1) * self._epoch_seconds
        self._line.erase()
        if self._columns:
            self._print(self._columns.row(standing, columns_of(self._rows)))
        else:
            self._print(sentence(standing))
        self._line.said()

    def on_train_end(self, logs=None) -> None:
        """Take the line off the terminal."""
        self._line.erase()

    def _take_losses(self, logs):
        self._standing.losses = {name: logs.get(name) for name in self._standing.losses}

    def _take_ap(self, logs, epoch):
        standing, ap = self._standing, logs.get(deciding_log(logs, self.monitor))
        standing.ap = ap
        if ap is not None and (standing.best is None or ap > standing.best):
            standing.best, standing.best_epoch = ap, epoch

    def _go_on_with(self, phase):
        self._standing.step, self._standing.training = phase, False
        self._show()

    def _show(self, at_once=False):
        self._line.show(self._text, at_once)

    def _text(self, columns):
        """Return the line; it has labels where no table stands above it."""
        standing = self._standing
        if standing.training:
            standing.step = f"{self._done}/{self._steps or '?'}"
            if not self._done and self._epoch_seconds is None:
                standing.step += f"; {FIRST_STEP}"
        standing.left, standing.memory = self._time_left(), peak_memory()
        if columns is None or not self._columns:
            return labelled(standing)
        return self._columns.line(standing, columns)

    def _time_left(self):
        """Return seconds: at the pace of the last epoch or, in the first, of its steps."""
        now, later = self._line.clock(), self._standing.epochs - self._standing.epoch - 1
        if self._epoch_seconds is not None:
            rest = max(0.0, self._epoch_seconds - (now - self._began))
            return rest + later * self._epoch_seconds
        a_step = self._seconds_of_a_step()
        if a_step is None or self._steps is None:
            return None
        return a_step * (self._steps * (later + 1) - self._done)

    def _happens_once(self):
        """Return the seconds by which the first step of the run was longer, as it compiles."""
        a_step = self._seconds_of_a_step()
        if self._epoch_seconds is not None or a_step is None:
            return 0.0
        return max(0.0, self._first[0] - self._began - a_step)

    def _seconds_of_a_step(self):
        """Return the mean over the steps after the first of the epoch; None before them."""
        if self._first is None or self._first == self._latest:
            return None
        (start, first), (now, done) = self._first, self._latest
        return (now - start) / (done - first)

    def _print(self, *lines):
        print(*lines, sep="\n", file=self._rows, flush=True)
