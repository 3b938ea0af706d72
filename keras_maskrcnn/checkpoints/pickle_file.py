"""Reads pickle files of arrays: those of Detectron2's model zoo and of Caffe2."""

from keras_maskrcnn.checkpoints import file_kinds
from keras_maskrcnn.checkpoints.budget import Budget
from keras_maskrcnn.checkpoints.containers import CONTAINER_NAMES
from keras_maskrcnn.checkpoints.numpy_stand_ins import NUMPY_NAMES
from keras_maskrcnn.checkpoints.pickle_machine import PickleMachine
from keras_maskrcnn.checkpoints.state_dict import arrays_of

NAMES = CONTAINER_NAMES | NUMPY_NAMES


def read_pickle(path) -> dict:
    """Read the weights in a pickle file of NumPy arrays, without running the file.

    They are read from files of Detectron2's model zoo (a dict under "model"), of Caffe2 and
    Detectron 1 (under "blobs", written by Python 2), and from plain dicts of arrays.

    Args:
        path: str or Path.

    Returns:
        dict from key to array, in the order of the file. Where possible the arrays are read-only
        views of the file mapped into memory: leave it in place while you use them, or copy them.

    Raises:
        CheckpointError: if the file is damaged, is of another kind, or refers to anything besides
            arrays of numbers and plain containers.

    Example:

    >>> import pickle
    >>> import numpy as np
    >>> weights = {"conv1.weight": np.array([1.0, 2.0], "float32")}
    >>> with open("model.pkl", "wb") as file:
    ...     pickle.dump({"model": weights, "__author__": "me"}, file)
    >>> read_pickle("model.pkl")
    {'conv1.weight': array([1., 2.], dtype=float32)}
    """
    with file_kinds.opened(path, file_kinds.PICKLE) as (_, view):
        content = PickleMachine(view, NAMES, "the pickle").run()
        return arrays_of(content, Budget(len(view)))
