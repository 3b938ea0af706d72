"""What a person holds after `detect`, and the formats it is written in."""

from keras_maskrcnn.detections.detections import Detections

__all__ = ["Detections"]
