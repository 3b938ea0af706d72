"""Finds the weights in what a checkpoint holds, and makes arrays of them alone."""

import numpy as np

from keras_maskrcnn.checkpoints.errors import CheckpointError, shown
from keras_maskrcnn.checkpoints.numpy_stand_ins import NumPyArray
from keras_maskrcnn.checkpoints.torch_stand_ins import LateTensor, Tensor

#: Where weights lie in the files of trainings, of Detectron2's model zoo ("model") and of Caffe2.
PLACES = ("model", "state_dict", "model_state_dict", "blobs")
#: What DataParallel, Lightning, torch.compile and averaged copies put before every key.
WRAPPERS = ("module.", "model.", "_orig_mod.", "ema.", "ema_model.")
_DEEPEST = 8  # wrappers in each other
_COUNTERS = ("n_averaged",)  # beside the weights of torch's AveragedModel
_LISTED = 8


def arrays_of(content, budget, array_of_tensor=None) -> dict[str, np.ndarray]:
    """Return the weights of a checkpoint as arrays, in the order of the file.

    They are the values of the dict itself, or of the one under a key of `PLACES`. Its other values,
    numbers and text, are left out. What `WRAPPERS` put before every key is taken off, and what
    counts their steps is left out.

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
    return _unwrapped(arrays)


def _unwrapped(arrays):
    """Return the arrays without the wrappers' prefixes that all keys share, one in another."""
    weights = {key: array for key, array in arrays.items() if key not in _COUNTERS}
    wrapped = False
    for _ in range(_DEEPEST):
        shared = (one for one in WRAPPERS if all(key.startswith(one) for key in weights))
        prefix = next(shared, None)
        if not weights or prefix is None:
            break
        weights = {key.removeprefix(prefix): array for key, array in weights.items()}
        wrapped = True
    return weights if wrapped else arrays


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
