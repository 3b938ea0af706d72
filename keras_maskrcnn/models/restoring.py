"""Giving a model its weights back after an error.

On JAX, Keras takes the arrays out of the variables while `fit`, `evaluate` and `predict` run, and
hands them to each step, which may use their memory for its results (donation). Where a step never
ends, the variables stay empty, or hold arrays that are gone.
"""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np


@contextlib.contextmanager
def weights_kept(model, training=False) -> Iterator[None]:
    """Have the variables hold the last completed step's values after any exception in the block.

    Where no step was completed, or its arrays went into one that failed, they hold those from
    before the block. For these the weights are copied to the host, once per block; those that are
    spread over several processes are not.

    Args:
        model: `FasterRCNN`.
        training: whether the block also changes the variables of the optimizer.
    """
    if keras.backend.backend() != "jax":
        yield
        return
    variables = [v for v in _variables(model, training) if v.value.is_fully_addressable]
    before = [np.array(variable.value) for variable in variables]
    model._jax_state = None  # of an earlier call, which Keras would take for this one's
    try:
        yield
    except BaseException:
        model.jax_state_sync()
        if not all(map(_is_there, variables)):
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)
            model.reset_metrics()
        raise


def _variables(model, training):
    """Return the variables that a step takes and gives, but for the means of the losses."""
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    optimizer = getattr(model, "optimizer", None) if training else None
    if optimizer is None:
        return variables
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    return [*variables, *optimizer.variables]


def _is_there(variable):
    """Whether a variable holds an array, and one that was computed."""
    try:
        variable.value.block_until_ready()
    except Exception:  # Keras' of an empty variable, JAX's of a donated array or a failed step
        return False
    return True
