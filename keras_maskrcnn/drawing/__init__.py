"""Pictures of instances: NumPy in, NumPy out."""

from keras_maskrcnn.drawing.colors import PALETTE, distinct_colors
from keras_maskrcnn.drawing.comparison import draw_comparison
from keras_maskrcnn.drawing.instances import draw_ground_truth, draw_instances
from keras_maskrcnn.drawing.keypoints import draw_keypoints
from keras_maskrcnn.drawing.outcomes import Judged, count_outcomes, describe
from keras_maskrcnn.drawing.semantic import draw_panoptic, draw_semantic
from keras_maskrcnn.drawing.sheets import contact_sheet

__all__ = [
    "PALETTE",
    "Judged",
    "contact_sheet",
    "count_outcomes",
    "describe",
    "distinct_colors",
    "draw_comparison",
    "draw_ground_truth",
    "draw_instances",
    "draw_keypoints",
    "draw_panoptic",
    "draw_semantic",
]
