"""Pure functions on `keras.ops` tensors: no layer, no state, no randomness.

The letters of shapes, here and in all code that handles tensors:

    B     images of a batch
    H, W  height and width: of the padded images, or of a feature map where maps are spoken of
    C     channels
    A     anchors per cell
    N     anchors of all levels; in functions on any boxes, the boxes
    R     RoIs (proposals) per image
    S     samples: rows drawn per image in training; sampling points per bin and axis in RoIAlign
    D     detections per image
    G     ground-truth slots per image
    K     foreground classes
    L     pyramid levels
    P     bins per side of a RoI
    T     taps: cells of a feature map that a bin reads along one axis
    m     side of a mask

A comment `# (B, R, P)` at a line, or above it, is the shape of what the line assigns; `...` stands
for any leading axes.
"""

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
