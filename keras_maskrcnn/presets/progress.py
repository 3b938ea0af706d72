"""The bar that shows a download."""

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def bytes_bar(name) -> Iterator[Callable]:
    """Draw a bar with speed and time left on standard error, on a terminal only.

    Args:
        name: str shown before the bar.

    Yields:
        A function that is called as `show(done_bytes, total_bytes)`.
    """
    from rich import progress
    from rich.console import Console

    bar = progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    tasks = []

    def show(done, total):
        if tasks:
            bar.update(tasks[0], completed=done, total=total)
        else:  # what an earlier download brought does not count as speed
            tasks.append(bar.add_task(name, completed=done, total=total))

    with bar:
        yield show
