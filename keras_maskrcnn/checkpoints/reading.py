"""Reads a checkpoint of any kind."""

from keras_maskrcnn.checkpoints import file_kinds
from keras_maskrcnn.checkpoints.keras_h5 import read_keras_h5
from keras_maskrcnn.checkpoints.pickle_file import read_pickle
from keras_maskrcnn.checkpoints.torch_file import read_torch

READERS = {
    file_kinds.TORCH_ZIP: read_torch,
    file_kinds.TORCH_LEGACY: read_torch,
    file_kinds.PICKLE: read_pickle,
    file_kinds.HDF5: read_keras_h5,
}


def read(path) -> dict:
    """Read a checkpoint of torchvision, Detectron2 or Matterport: its first bytes say which.

    Args:
        path: str or Path of a file of `torch.save`, a pickle file or a Keras HDF5 file.

    Returns:
        dict from str to array, as `read_torch`, `read_pickle` or `read_keras_h5` gives it.

    Raises:
        OSError: if there is no such file, or it cannot be opened.
        CheckpointError: if it is no such file, is damaged, or holds what no checkpoint may hold.

    Example:

    >>> from pathlib import Path
    >>> _ = Path("weights.pth").write_text("version https://git-lfs.github.com/spec/v1")
    >>> read("weights.pth")
    Traceback (most recent call last):
        ...
    keras_maskrcnn.checkpoints.errors.CheckpointError: 'weights.pth': is a pointer of git-lfs, ...
    """
    with file_kinds.opened(path, *READERS) as (kind, _):
        reader = READERS[kind]
    return reader(path)
