"""Stopping at the batch whose loss is not finite."""

import math
import threading

import keras


class FiniteLoss(keras.callbacks.Callback):
    """Ends training at the first batch whose loss is NaN or infinite, and names its images.

    Where Keras runs callbacks beside the training (JAX, unless another callback forbids it), steps
    do not wait for the check: training ends a few steps later, and the message still names the
    right batch, since the logs hold the mean over the epoch, which is not finite from there on.

    Args:
        loader: what `fit` trains on; its `file_names` are asked for the names.

    Raises:
        ValueError: from `fit`, at such a batch.
    """

    async_safe = True

    def __init__(self, loader):
        super().__init__()
        self.loader = loader
        self._lock = threading.Lock()

    def on_epoch_begin(self, epoch, logs=None) -> None:
        """Start counting."""
        self._epoch = epoch
        self._finite, self._first, self._names = 0, None, ()

    def on_train_batch_begin(self, batch, logs=None) -> None:
        """Raise if an earlier batch had no finite loss."""
        self._loader_epoch = self.loader.epoch
        self._raise()

    def on_train_batch_end(self, batch, logs=None) -> None:
        """Take note of the loss; may run in another thread, and out of order."""
        wrong = [name for name, value in (logs or {}).items() if not math.isfinite(value)]
        with self._lock:
            if not wrong:
                self._finite += 1
            elif self._first is None or batch < self._first:
                self._first, self._names = batch, tuple(wrong)

    def on_test_begin(self, logs=None) -> None:
        """Raise if the last batch had no finite loss."""
        self._raise()

    def on_epoch_end(self, epoch, logs=None) -> None:
        """Raise if the last batch had no finite loss."""
        self._raise()

    def _raise(self):
        with self._lock:
            if self._first is None or self._first != self._finite:
                return  # or batches before it have not been heard of yet
        files = self.loader.file_names(self._first, self._loader_epoch)
        raise ValueError(
            f"Training has diverged: {', '.join(sorted(self._names))} not finite at batch "
            f"{self._first + 1} of epoch {self._epoch + 1}. Its images: "
            f"{', '.join(map(repr, files))}. Train with a smaller learning rate or a longer "
            "warm-up, and look at these images."
        )
