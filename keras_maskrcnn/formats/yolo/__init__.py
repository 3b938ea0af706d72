"""YOLO's text labels, polygons or boxes, one file for each image."""

from keras_maskrcnn.formats.yolo.reading import FORMAT, read

__all__ = ["FORMAT", "read"]
