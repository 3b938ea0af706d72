"""How good the detections of a model are: COCO's AP, precision, recall, F1, class confusions.

`evaluate` gives all figures at once. To look at them at several thresholds, or to draw the curves,
run the model once with `collect_predictions` and measure with `detection_metrics`.
"""

from keras_maskrcnn.evaluation.collecting import collect_predictions
from keras_maskrcnn.evaluation.comparison import Comparison, compare, write_comparisons
from keras_maskrcnn.evaluation.correct_keypoints import correct_keypoints
from keras_maskrcnn.evaluation.curves import PrecisionRecallCurve
from keras_maskrcnn.evaluation.detection_metrics import DetectionMetrics, detection_metrics
from keras_maskrcnn.evaluation.evaluator import evaluate, summarize
from keras_maskrcnn.evaluation.panoptic import PanopticQuality, true_map
from keras_maskrcnn.evaluation.plots import (
    plot_confusion_matrix,
    plot_f1,
    plot_precision_recall,
)
from keras_maskrcnn.evaluation.predictions import Predictions
from keras_maskrcnn.evaluation.report import check_folder, check_report_folder, write_report
from keras_maskrcnn.evaluation.semantic import SemanticMetrics
from keras_maskrcnn.evaluation.table import format_table

__all__ = [
    "COCOMetrics",
    "Comparison",
    "DetectionMetrics",
    "PrecisionRecallCurve",
    "PanopticQuality",
    "Predictions",
    "SemanticMetrics",
    "check_folder",
    "check_report_folder",
    "collect_predictions",
    "compare",
    "correct_keypoints",
    "detection_metrics",
    "evaluate",
    "format_table",
    "plot_confusion_matrix",
    "plot_f1",
    "plot_precision_recall",
    "summarize",
    "true_map",
    "write_comparisons",
    "write_report",
]


def __getattr__(name):
    """Import `COCOMetrics`, and Keras with it, when it is first asked for."""
    if name == "COCOMetrics":
        from keras_maskrcnn.evaluation.callback import COCOMetrics

        return COCOMetrics
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
