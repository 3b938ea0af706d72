"""Finds the weights in what a checkpoint holds, and makes arrays of them alone."""

import numpy as np

from keras_maskrcnn.checkpoints.errors import CheckpointError, shown
from keras_maskrcnn.checkpoints.numpy_stand_ins import NumPyArray
from keras_maskrcnn.checkpoints.torch_stand_ins import LateTensor, Tensor

#: Where weights lie in the files of trainings, of Detectron2's model zoo ("model") and of Caffe2.
PLACES = ("model", "state_dict", "model_state_dict", "blobs")
_PARALLEL = "module."
_LISTED = 8


def arrays_of(content, budget, array_of_tensor=None) -> dict[str, np.ndarray]:
    """Return the weights of a checkpoint as arrays, in the order of the file.

    They are the values of the dict itself, or of the one under a key of `PLACES`. Its other values,
    numbers and text, are left out. A "module." before every key is taken off.

    Args:
        content: what the pickle describes.
        budget: `Budget`.
        array_of_tensor: function from a `Tensor` and its name to an array; None where the pickle
            cannot have made one.

    Returns:
        dict from str to array.

    Raises:
        CheckpointError: if there are no weights there, or they are damaged.
    """
    arrays = {}
    for key, value in _state_dict(content).items():
        if type(key) is not str:
            continue
        what = f"'{shown(key)}'"
        if type(value) is LateTensor:
            if value.tensor is None:
                raise CheckpointError(f"{what} was never filled. The file is damaged")
            value = value.tensor
        if type(value) is Tensor:
            arrays[key] = array_of_tensor(value, what)
        elif type(value) is NumPyArray:
            arrays[key] = value.to_array(budget, what)
    if all(key.startswith(_PARALLEL) for key in arrays):
        return {key.removeprefix(_PARALLEL): array for key, array in arrays.items()}
    return arrays


def _state_dict(content):
    if type(content) is not dict:
        raise CheckpointError(
            f"the file holds {_kind(content)}, not a dict of weights. Save model.state_dict()"
        )
    for place in PLACES:
        if type(content.get(place)) is dict and _has_weights(content[place]):
            return content[place]
    if not _has_weights(content):
        keys = ", ".join(f"'{shown(str(key))}'" for key in list(content)[:_LISTED]) or "none"
        places = ", ".join(f"'{place}'" for place in PLACES)
        raise CheckpointError(
            f"the file holds no weights: neither by their names, nor in a dict under {places}. "
            f"Its keys: {keys}. Save model.state_dict()"
        )
    return content


def _has_weights(content):
    return any(
        type(key) is str and type(value) in (Tensor, LateTensor, NumPyArray)
        for key, value in content.items()
    )


def _kind(value):
    return "a tensor" if type(value) in (Tensor, LateTensor, NumPyArray) else shown(value)
