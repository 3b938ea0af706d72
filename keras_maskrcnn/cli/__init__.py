"""The `maskrcnn` command. Nothing here imports Keras before its backend has been chosen."""

from keras_maskrcnn.cli.app import main

__all__ = ["main"]
