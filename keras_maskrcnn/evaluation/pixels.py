"""What is measured of every pixel: semantic and panoptic maps."""

from __future__ import annotations

import numpy as np

from keras_maskrcnn.evaluation.panoptic import PanopticQuality, true_map
from keras_maskrcnn.evaluation.semantic import SemanticMetrics
from keras_maskrcnn.semantics import IGNORED, stuff_values


class PixelMetrics:
    """The semantic maps, and the panoptic maps if there are any, of a model on a source.

    Classes are matched by name.

    Args:
        source: a `Source` with semantic maps.

    Attributes:
        semantic: `SemanticMetrics`.
        panoptic: `PanopticQuality`, None if no masks were found with the semantic maps.
    """

    def __init__(self, source):
        self._class_names, self._names = source.class_names, source.semantic_names
        self.semantic = SemanticMetrics(self._names)
        self.panoptic: PanopticQuality | None = None

    def add(self, sample, detections) -> None:
        """Take in one image; one whose true map is not known is left out.

        Args:
            sample: a `Sample`.
            detections: the `Detections` in it, with a semantic map.
        """
        instances = sample.instances
        if instances.semantic is None:
            return
        places = {name: value for value, name in enumerate(self._names)}
        named = [places.get(name, IGNORED) for name in detections.semantic_names]
        table = np.array(named + [IGNORED] * (IGNORED + 1 - len(named)), np.uint8)
        self.semantic.add(table[detections.semantic], instances.semantic)
        if detections.has_masks and instances.has_masks.all():
            if self.panoptic is None:
                stuff = [self._names[v] for v in stuff_values(self._names, self._class_names)]
                self.panoptic = PanopticQuality(self._class_names, stuff)
            truth = true_map(instances, self._class_names, self._names)
            self.panoptic.add(detections.panoptic(), truth)

    def to_json(self) -> dict:
        """Return {"semantic": ...} and, if it was measured, "panoptic"."""
        figures = {"semantic": self.semantic.to_json()}
        if self.panoptic is not None:
            figures["panoptic"] = self.panoptic.to_json()
        return figures


def measurable(model, source) -> bool:
    """Return whether a model and a source both have semantic maps."""
    return bool(getattr(model, "semantic_names", ()) and source.semantic_names)


def pixel_lines(results) -> list[str]:
    """Return the lines of a table of what `PixelMetrics.to_json` gave, none if it is not there."""
    lines = []
    if semantic := results.get("semantic"):
        lines = [
            "",
            f"Pixels: mean IoU {_figure(semantic['mIoU'])}, "
            f"{_figure(semantic['pixel_accuracy'])} of them right. IoU of each class:",
            *_columns((name, [one["IoU"]]) for name, one in semantic["per_class"].items()),
        ]
    if panoptic := results.get("panoptic"):
        groups = {"all": panoptic, "things": panoptic["things"], "stuff": panoptic["stuff"]}
        rows = [(name, [one[key] for key in ("PQ", "SQ", "RQ")]) for name, one in groups.items()]
        lines += ["", "Panoptic quality PQ, and its factors SQ and RQ:", *_columns(rows)]
    return lines


def _columns(rows):
    rows = [(name, figures) for name, figures in rows if figures[0] >= 0]
    width = max((len(name) for name, _ in rows), default=0)
    return [f"{name:{width}}  {'  '.join(map(_figure, figures))}" for name, figures in rows]


def _figure(value):
    return f"{value:.3f}" if value >= 0 else "-"
