"""One file that holds all a killed run needs to go on, replaced in one step."""

import dataclasses
import json

import numpy as np
from keras import ops
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialize

from keras_maskrcnn.writing import written_aside


@dataclasses.dataclass
class RunState:
    """How far a run has come.

    Args:
        epoch: int, epochs completed.
        history: list of dicts, the logs of each completed epoch.
        best: float, highest value of the monitored figure, or None.
        best_epoch: int, the epoch (from 1) that reached it, 0 before.
        stopped: bool, whether the run has been stopped early.
    """

    epoch: int = 0
    history: list = dataclasses.field(default_factory=list)
    best: float | None = None
    best_epoch: int = 0
    stopped: bool = False


def write_checkpoint(path, model, state) -> None:
    """Write weights, optimizer, random state and `state`; a kill meanwhile keeps the old file.

    Args:
        path: str or path of the file.
        model: a compiled `keras.Model`.
        state: `RunState`.

    Example:

    >>> import keras, tempfile
    >>> model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_checkpoint(f"{folder}/last", model, RunState(epoch=3))
    ...     read_checkpoint(f"{folder}/last", model).epoch
    3
    """
    arrays = {
        key: np.asarray(ops.convert_to_numpy(variable), order="C")
        for key, variable in _variables(model).items()
    }
    with written_aside(path) as part:
        part.write_bytes(serialize(arrays, {"state": json.dumps(dataclasses.asdict(state))}))


def read_checkpoint(path, model) -> RunState:
    """Put a checkpoint back into the model it was written from.

    Args:
        path: str or path of the file.
        model: a `keras.Model` built and compiled as at the start of the run.

    Returns:
        `RunState`.

    Raises:
        ValueError: if the file is damaged, or was written from another model or optimizer.
    """
    variables = _variables(model)
    try:
        with safe_open(path, framework="numpy") as file:
            stored = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
            if stored != {key: tuple(variable.shape) for key, variable in variables.items()}:
                raise ValueError(
                    f"The checkpoint {str(path)!r} was written from another model. "
                    "Resume with the preset and options that the run began with."
                )
            state = _state(file.metadata(), path)
            for key, variable in variables.items():
                variable.assign(file.get_tensor(key))
            return state
    except SafetensorError as error:
        raise ValueError(f"The checkpoint {str(path)!r} is damaged: {error!s:.200}.") from error


def _state(metadata, path):
    """Return the `RunState` in the metadata of a checkpoint."""
    try:
        state = RunState(**json.loads(metadata["state"]))
    except (TypeError, KeyError, ValueError, RecursionError):
        state = RunState(epoch=None)
    counts = (state.epoch, state.best_epoch)
    fits = all(type(count) is int and count >= 0 for count in counts)
    fits = fits and isinstance(state.stopped, bool) and isinstance(state.best, int | float | None)
    rows = state.history if isinstance(state.history, list) else [None]
    if not fits or state.best_epoch > len(rows) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"The checkpoint {str(path)!r} is damaged: it does not say how far it is.")
    return state


def _variables(model):
    """Every variable that training changes, by its place in the model."""
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    measured = {id(variable) for variable in model.metrics_variables}
    groups = {
        "model": [variable for variable in model.variables if id(variable) not in measured],
        "optimizer": optimizer.variables,
    }
    return {
        f"{group}/{number}": variable
        for group, variables in groups.items()
        for number, variable in enumerate(variables)
    }
