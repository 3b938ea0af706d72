"""The averaged weights of an optimizer in the place of the model's own."""

import contextlib
from collections.abc import Iterator

import keras
from keras import ops


class AveragedWeights(keras.callbacks.Callback):
    """Puts the averaged weights into the model whenever it is measured or saved.

    For optimizers with `use_ema`. From the validation of an epoch, or its end, to the start of the
    next epoch the model has the averaged weights; it trains with its own. After `fit` it keeps the
    averaged ones. Place it first in the list of callbacks.

    Unlike `keras.callbacks.SwapEMAWeights` it leaves the optimizer's averages where they are, so
    that stopping early keeps them, and `own_weights` lets a checkpoint hold both.
    """

    def __init__(self):
        super().__init__()
        self._own = None

    def on_epoch_begin(self, epoch, logs=None) -> None:
        """Let the model train with its own weights."""
        self._take_out()

    def on_test_begin(self, logs=None) -> None:
        """Let validation see the averaged weights."""
        self._put_in()

    def on_epoch_end(self, epoch, logs=None) -> None:
        """Let the callbacks after this one see the averaged weights."""
        self._put_in()

    @contextlib.contextmanager
    def own_weights(self) -> Iterator[None]:
        """Put the model's own weights in their place within the block."""
        was_in = self._own is not None
        self._take_out()
        try:
            yield
        finally:
            if was_in:
                self._put_in()

    def _put_in(self):
        if self._own is None:
            variables = self.model.trainable_variables
            self._own = _copies(variables)
            self.model.optimizer.finalize_variable_values(variables)
            # On JAX they now share memory with the optimizer's, which validation would give away.
            _assign(variables, _copies(variables))

    def _take_out(self):
        if self._own is not None:
            _assign(self.model.trainable_variables, self._own)
            self._own = None


def _copies(variables):
    return [ops.convert_to_numpy(variable.value).copy() for variable in variables]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
