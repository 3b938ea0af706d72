"""YOLO's text labels, polygons or boxes with keypoints, one file for each image."""

from keras_maskrcnn.formats.yolo.reading import FORMAT, read, read_labels
from keras_maskrcnn.formats.yolo.writing import write_labels, write_set

__all__ = ["FORMAT", "read", "read_labels", "write_labels", "write_set"]
