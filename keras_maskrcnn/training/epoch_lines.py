"""What the rows, the redrawn line and the log lines of a training say."""

from __future__ import annotations

import dataclasses

from keras_maskrcnn.progress import spelled

CELL, NARROW = 5, 100  # characters of a figure; columns below which one space stands between two
BEST = "best"  # behind the row of an epoch that was the best until then


@dataclasses.dataclass
class Standing:
    """How far a training is.

    Args:
        epochs: int, of the whole run.
        epoch: int, the one that runs, from 0.
        step: str, how far it is: "12/50", or what is done after the last step.
        training: bool, whether `step` is one of training.
        losses: dict of name to number of this epoch, the sum first; None is not known yet.
        val_loss: loss of the validation, or None.
        ap: float, the last AP, or None.
        best: float, the highest AP so far, or None.
        best_epoch: int, whose it is, from 1.
        seconds: float, that the epoch took.
        left: float, seconds until the end of the run, or None.
        memory: float, gigabytes taken, or None.
    """

    epochs: int
    losses: dict
    epoch: int = 0
    step: str = ""
    training: bool = True
    val_loss: float | None = None
    ap: float | None = None
    best: float | None = None
    best_epoch: int = 0
    seconds: float = 0.0
    left: float | None = None
    memory: float | None = None

    @property
    def of_all(self) -> str:
        """The number of the epoch, and that of all."""
        return f"{self.epoch + 1}/{self.epochs}"

    @property
    def is_best(self) -> bool:
        """Whether no epoch before had an AP as high."""
        return self.best_epoch == self.epoch + 1


class Columns:
    """The columns of the table.

    Args:
        names: of the losses.
        epochs: int, of the whole run.
        validated: whether there is a loss and an AP of validation.
    """

    def __init__(self, names, epochs, validated):
        self.validated = validated
        losses = [name.removesuffix("_loss").replace("_", " ") for name in names]
        ends = ["val loss", "AP"] if validated else []
        # The last word of a title stands below the others.
        self.titles = [title.rpartition(" ")[::2] for title in ("epoch", *losses, *ends, "time")]
        self._widths = [max(CELL, *map(len, title)) for title in self.titles]
        self._widths[0] = max(CELL, 2 * len(str(epochs)) + 1)

    def head(self, columns) -> list[str]:
        """Return the two lines above the rows, for a terminal of so many columns."""
        return [self._aligned(words, columns) for words in zip(*self.titles, strict=True)]

    def row(self, standing, columns) -> str:
        """Return the row of an epoch that is done."""
        ends = [standing.val_loss, standing.ap] if self.validated else []
        cells = [*self._losses(standing), *map(figure, ends), spelled(standing.seconds)]
        row = self._aligned(cells, columns)
        return f"{row}  {BEST}" if standing.is_best else row

    def line(self, standing, columns) -> str:
        """Return the line of the epoch that runs, below the rows; what has no room is left out."""
        start, gap = self._aligned(self._losses(standing), columns), _gap(columns)
        ends = [standing.step, *_facts(standing)]
        goes_first = [len(ends) - 1, 1, 2, 3]
        goes_first = [0, *goes_first] if standing.training else goes_first
        text = gap.join(filter(None, [start, *ends]))
        while len(text) >= columns and goes_first:
            ends[goes_first.pop(0)] = ""
            text = gap.join(filter(None, [start, *ends]))
        return text

    def _losses(self, standing):
        return [standing.of_all, *map(figure, standing.losses.values())]

    def _aligned(self, cells, columns):
        pairs = zip(cells, self._widths, strict=False)
        return _gap(columns).join(cell.rjust(width) for cell, width in pairs).rstrip()


def labelled(standing) -> str:
    """Return how far the epoch that runs is, where no table says what the figures are.

    >>> labelled(Standing(20, {"loss": 1.5}, epoch=2, step="12/50", left=750.0))
    'epoch 3/20: step 12/50, loss 1.500, 12:30 left'
    """
    step = f"step {standing.step}" if standing.training else standing.step
    loss = standing.losses["loss"]
    loss = "" if loss is None else f"loss {figure(loss)}"
    facts = filter(None, [step, loss, *_facts(standing)])
    return f"epoch {standing.of_all}: {', '.join(facts)}"


def sentence(standing) -> str:
    """Return the line of an epoch that is done in a log file.

    >>> done = Standing(20, {"loss": 1.5}, 2, ap=0.25, best=0.3, best_epoch=2, seconds=62, left=9)
    >>> sentence(done)
    'epoch 3/20: loss 1.500, AP 0.250 (best 0.300 in epoch 2), 1:02, 0:09 left'
    """
    parts = [f"loss {figure(standing.losses['loss'])}"]
    if standing.val_loss is not None:
        parts.append(f"val loss {figure(standing.val_loss)}")
    if standing.ap is not None:
        earlier = f"best {figure(standing.best)} in epoch {standing.best_epoch}"
        parts.append(f"AP {figure(standing.ap)} ({BEST if standing.is_best else earlier})")
    parts.append(spelled(standing.seconds))
    if standing.left:
        parts.append(f"{spelled(standing.left)} left")
    return f"epoch {standing.of_all}: {', '.join(parts)}"


def figure(value) -> str:
    """Write a number in five characters, "-" for none and for COCO's -1.

    >>> figure(0.12345), figure(12.345), figure(123.45), figure(None), figure(-1)
    ('0.123', '12.35', '123.5', '-', '-')
    """
    if value is None or float(value) == -1:
        return "-"
    value = float(value)
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


def _facts(standing):
    """AP, the highest AP, time left and memory; "" for one that is not known."""
    ap, best, left, memory = standing.ap, standing.best, standing.left, standing.memory
    return [
        "" if ap is None else f"AP {figure(ap)}",
        "" if best is None else f"best {figure(best)}",
        "" if left is None else f"{spelled(left)} left",
        "" if memory is None else f"{memory:.1f} GB",
    ]


def _gap(columns):
    return " " if columns < NARROW else "  "
