"""What a person holds after `detect`, which `formats` write and read."""

from keras_maskrcnn.detections.detections import Detections

__all__ = ["Detections"]
