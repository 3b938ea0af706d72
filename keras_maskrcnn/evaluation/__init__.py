"""How good the detections of a model are: COCO's average precision, precision and recall."""

from keras_maskrcnn.evaluation.evaluator import evaluate
from keras_maskrcnn.evaluation.table import format_table

__all__ = ["COCOMetrics", "evaluate", "format_table"]


def __getattr__(name):
    """Import `COCOMetrics`, and Keras with it, when it is first asked for."""
    if name == "COCOMetrics":
        from keras_maskrcnn.evaluation.callback import COCOMetrics

        return COCOMetrics
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
