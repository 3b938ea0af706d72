"""Threads that read and resize images and lay them into batches, ahead of the device."""

import dataclasses
import itertools
import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

_PATIENCE = 2.0  # seconds that closing waits for a source that is itself waiting
_END = object()


@dataclasses.dataclass
class _Last:
    """Stands after the last image or batch; `error` is why there are no more, if one is."""

    error: BaseException | None = None


class Feed:
    """Batches of an iterable of images, prepared by threads while others run.

    Iterating gives lists of prepared images of one padded size with what `assemble` made of them,
    in the order of the images, or None where the next batch is not ready yet. An error of the
    iterable, of `prepare` or of `assemble` is raised after the batches before it. Used as a context
    manager, which ends the threads.

    Args:
        images: iterator; one thread asks it for images, never for more than `prefetch * batch_size`
            that are in no batch given out.
        prepare: called as `prepare(image, index)` in several threads; returns an object with
            `padded_size`.
        assemble: called with each list of prepared images; returns a batch.
        batch_size: the most images of a batch.
        prefetch: batches that may be ready or under way.
    """

    def __init__(self, images, prepare, assemble, batch_size, prefetch):
        self._images = images
        self._prepare, self._assemble = prepare, assemble
        self._batch_size = batch_size
        self._room = threading.Semaphore(batch_size * prefetch)
        self._pending, self._ready = queue.SimpleQueue(), queue.SimpleQueue()
        self._closed = False
        self._pool = ThreadPoolExecutor(workers(), thread_name_prefix="maskrcnn-prepare")
        self._threads = [
            threading.Thread(target=target, name=f"maskrcnn-{name}", daemon=True)
            for name, target in {"pull": self._pull, "batch": self._batch}.items()
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._stop_pulling()
        self._pending.put(_Last())  # should the source never return
        self._pool.shutdown(cancel_futures=True)
        for thread in self._threads:
            thread.join(_PATIENCE)

    def __iter__(self):
        while True:
            try:
                rows, batch = self._ready.get_nowait()
            except queue.Empty:
                yield None
                rows, batch = self._ready.get()
            if isinstance(batch, _Last):
                yield None
                if batch.error is not None:
                    raise batch.error
                return
            self._room.release(len(rows))
            yield rows, batch

    def _pull(self):
        """Thread: take images while there is room, and have each prepared."""
        error = None
        try:
            for index in itertools.count():
                self._room.acquire()
                if self._closed or (image := next(self._images, _END)) is _END:
                    break
                self._pending.put(self._pool.submit(self._prepare, image, index))
        except BaseException as raised:  # whatever it is, it belongs to the caller's thread
            error = raised
        self._pending.put(_Last(error))

    def _batch(self):
        """Thread: take what is prepared in its order, and lay it into batches."""
        last = _Last()
        try:
            for rows in self._groups():
                self._ready.put((rows, self._assemble(rows)))
        except BaseException as raised:
            last = _Last(raised)
        self._stop_pulling()
        self._ready.put(([], last))

    def _groups(self):
        rows = []
        while not isinstance(one := self._next_prepared(), _Last):
            if rows and one.padded_size != rows[0].padded_size:
                yield rows
                rows = []
            rows.append(one)
            if len(rows) == self._batch_size:
                yield rows
                rows = []
        if rows:
            yield rows
        if one.error is not None:
            raise one.error

    def _next_prepared(self):
        item = self._pending.get()
        if isinstance(item, _Last):
            return item
        try:
            return item.result()
        except BaseException as raised:
            return _Last(raised)

    def _stop_pulling(self):
        self._closed = True
        self._room.release()


def workers() -> int:
    """How many threads prepare images."""
    return min(4, os.cpu_count() or 1)
