"""COCO's JSON: a data set's annotations, and the results on one image."""

from keras_maskrcnn.formats.coco.dataset import FORMAT, annotation_of, read, write, write_set
from keras_maskrcnn.formats.coco.panoptic import is_panoptic
from keras_maskrcnn.formats.coco.results import ids_of, read_results, write_results

__all__ = [
    "FORMAT",
    "annotation_of",
    "ids_of",
    "is_panoptic",
    "read",
    "read_results",
    "write",
    "write_results",
    "write_set",
]
