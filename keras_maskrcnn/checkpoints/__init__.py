"""The weights in other libraries' checkpoints, as NumPy arrays.

`read` looks which kind of file it has; `read_torch` reads files of `torch.save`, `read_pickle`
those of Detectron2's model zoo and of Caffe2, `read_keras_h5` Matterport's. Neither torch nor
TensorFlow, Keras or h5py is needed, and nothing in a file is ever run: a checkpoint counts as
hostile. What a file may ask for is a closed list; the rest is refused by name (`CheckpointError`).
"""

from keras_maskrcnn.checkpoints.errors import CheckpointError
from keras_maskrcnn.checkpoints.keras_h5 import read_keras_h5
from keras_maskrcnn.checkpoints.pickle_file import read_pickle
from keras_maskrcnn.checkpoints.reading import read
from keras_maskrcnn.checkpoints.torch_file import read_torch

__all__ = ["CheckpointError", "read", "read_keras_h5", "read_pickle", "read_torch"]
