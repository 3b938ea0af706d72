"""A training run that survives being killed: recipe, checkpoints, log and best preset in a folder.

It is what `maskrcnn train` does. Nothing here is needed for plain `compile` and `fit`.
"""

from keras_maskrcnn.training.checkpoint import RunState, read_checkpoint, write_checkpoint
from keras_maskrcnn.training.recipe import Recipe
from keras_maskrcnn.training.recorder import RunRecorder
from keras_maskrcnn.training.run import train

__all__ = ["Recipe", "RunRecorder", "RunState", "read_checkpoint", "train", "write_checkpoint"]
