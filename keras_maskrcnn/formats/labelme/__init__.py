"""LabelMe's JSON files, one for each image."""

from keras_maskrcnn.formats.labelme.reading import FORMAT, read, read_content
from keras_maskrcnn.formats.labelme.writing import write_content, write_set

__all__ = ["FORMAT", "read", "read_content", "write_content", "write_set"]
