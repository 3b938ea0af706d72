"""A training run that survives being killed: recipe, checkpoints, log and best preset in a folder.

It is what `maskrcnn train` does. Nothing here is needed for plain `compile` and `fit`, though
`FiniteLoss`, `AveragedWeights` and `EpochTable` serve there too.
"""

from keras_maskrcnn.training.averaging import AveragedWeights
from keras_maskrcnn.training.checkpoint import RunState, read_checkpoint, write_checkpoint
from keras_maskrcnn.training.divergence import FiniteLoss
from keras_maskrcnn.training.epoch_table import EpochTable
from keras_maskrcnn.training.folds import cross_validate
from keras_maskrcnn.training.optimization import Optimization
from keras_maskrcnn.training.recipe import Recipe
from keras_maskrcnn.training.record import measured_images, read_run, trained_on
from keras_maskrcnn.training.recorder import RunRecorder
from keras_maskrcnn.training.run import train

__all__ = [
    "AveragedWeights",
    "EpochTable",
    "FiniteLoss",
    "Optimization",
    "Recipe",
    "RunRecorder",
    "RunState",
    "cross_validate",
    "measured_images",
    "read_checkpoint",
    "read_run",
    "train",
    "trained_on",
    "write_checkpoint",
]
