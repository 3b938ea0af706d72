"""Reading images under the name of version 0.1, which scripts import: see `formats.images`."""

from keras_maskrcnn.formats.images import ImageReadError, read_image, read_image_size

__all__ = ["ImageReadError", "read_image", "read_image_size"]
