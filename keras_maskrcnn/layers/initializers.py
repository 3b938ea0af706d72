"""The initial weights: drawn by NumPy, so that every backend gets the same and compiles nothing."""

import contextlib
import contextvars
from collections.abc import Iterator

import keras
import numpy as np
from keras import ops

_DRAWN = contextvars.ContextVar("drawn", default=True)


@contextlib.contextmanager
def left_at_zero() -> Iterator[None]:
    """Leave at 0 what `Normal` would draw in the block: weights that are loaded afterwards."""
    token = _DRAWN.set(False)
    try:
        yield
    finally:
        _DRAWN.reset(token)


@keras.saving.register_keras_serializable("keras_maskrcnn")
class Normal(keras.initializers.Initializer):
    """Normal distribution, by default with He's deviation `sqrt(2 / fan_in)` for ReLU networks.

    Draws from NumPy's global generator, which `keras.utils.set_random_seed` seeds.

    Args:
        stddev: standard deviation. Default: by the fan-in of the kernel.

    Example:

    >>> import keras
    >>> keras.utils.set_random_seed(0)
    >>> kernel = Normal()((3, 3, 2, 5))
    >>> tuple(kernel.shape)
    (3, 3, 2, 5)

    References:
        He et al. 2015, Delving Deep into Rectifiers, equation 10.
    """

    def __init__(self, stddev=None):
        self.stddev = stddev

    def __call__(self, shape, dtype=None):
        if _DRAWN.get():
            stddev = self.stddev or np.sqrt(2.0 / max(1, np.prod(shape[:-1])))
            values = (np.random.standard_normal(shape) * stddev).astype("float32")
        else:
            values = np.zeros(shape, "float32")
        return ops.convert_to_tensor(values, dtype or keras.config.floatx())

    def get_config(self) -> dict:
        return {"stddev": self.stddev}
