"""Inputs read in child processes, so that a crash or one that never ends is an outcome as well."""

import multiprocessing
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

READY = 600.0  # seconds in which a child must be ready


def outcomes(read_batch, count, batch, seconds) -> Iterator[tuple]:
    """Yield what became of each input, in order.

    Args:
        read_batch: function of a range of numbers, an empty folder and a pipe, which runs in a
            child; it sends None when it is ready, and then for each a tuple that begins with its
            number.
        count: inputs.
        batch: inputs that one child reads.
        seconds: that one may take.

    Yields:
        What `read_batch` sent; (number, why) of an input that ended its child.
    """
    context, number = multiprocessing.get_context("fork"), 0
    while number < count:
        here, there = context.Pipe(duplex=False)
        numbers = range(number, min(number + batch, count))
        with tempfile.TemporaryDirectory() as folder:
            child = context.Process(target=read_batch, args=(numbers, folder, there))
            child.start()
            there.close()
            if here.poll(READY):
                here.recv()
            while number < numbers.stop:
                ended = None
                try:
                    if here.poll(seconds):
                        yield here.recv()
                    else:
                        ended = "no end"
                except EOFError:
                    child.join()
                    ended = f"crash with status {child.exitcode}"
                number += 1
                if ended:
                    yield number - 1, ended
                    break
            child.kill()
            child.join()


def limit_memory(more) -> None:
    """Have this process fail to take more than `more` bytes beyond what it has."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + more, used + more))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
