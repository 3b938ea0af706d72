"""Pure functions on `keras.ops` tensors: no layer, no state, no randomness."""

from keras_maskrcnn.ops import anchors, boxes, masks
from keras_maskrcnn.ops.masks import resample_masks
from keras_maskrcnn.ops.nms import nms, suppress
from keras_maskrcnn.ops.roi_align import assign_levels, roi_align

__all__ = [
    "anchors",
    "assign_levels",
    "boxes",
    "masks",
    "nms",
    "resample_masks",
    "roi_align",
    "suppress",
]
