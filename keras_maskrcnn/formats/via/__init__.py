"""Files of the VGG Image Annotator (VIA), 1.x and 2.x."""

from keras_maskrcnn.formats.via.reading import FORMAT, read, read_entry
from keras_maskrcnn.formats.via.writing import via_project, write_entry, write_set

__all__ = ["FORMAT", "read", "read_entry", "via_project", "write_entry", "write_set"]
