"""Detections as objects of other libraries, which are imported when they are asked for."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from keras_maskrcnn.detections.selection import areas_of
from keras_maskrcnn.drawing.keypoints import LEAST_SCORE

if TYPE_CHECKING:
    import pandas
    import supervision


def data_frame(found) -> pandas.DataFrame:
    """Return the table of `Detections.to_pandas`."""
    try:
        import pandas
    except ImportError:
        raise ImportError(
            "`to_pandas` needs pandas, which is not installed. "
            'Type: pip install "keras3-maskrcnn[pandas]"'
        ) from None
    x1, y1, x2, y2 = found.boxes.T
    areas = areas_of(found)
    return pandas.DataFrame(
        {
            "label": found.labels,
            "class_name": found.names,
            "score": found.scores,
            "x1": x1,
            "y1": y1,
            "x2": x2,
            "y2": y2,
            "width": x2 - x1,
            "height": y2 - y1,
            "area": areas.astype(np.int64) if found.has_masks else areas,
            **_keypoint_columns(found),
        }
    )


def _keypoint_columns(found) -> dict:
    """Return x, y and score of each keypoint, NaN in rows of a class without keypoints."""
    if found.keypoints is None:
        return {}
    points = np.where(found.keypoints.any(axis=(1, 2), keepdims=True), found.keypoints, np.nan)
    return {
        f"{name}_{part}": points[:, j, column]
        for j, name in enumerate(found.skeleton.names)
        for column, part in enumerate(("x", "y", "score"))
    }


def supervision_detections(found) -> supervision.Detections:
    """Return the object of `Detections.to_supervision`."""
    return _supervision("to_supervision").Detections(
        xyxy=found.boxes.copy(),
        mask=found.masks,
        confidence=found.scores.copy(),
        **_classes(found),
    )


def supervision_keypoints(found) -> supervision.KeyPoints:
    """Return the object of `Detections.to_supervision_keypoints`."""
    if found.keypoints is None:
        raise ValueError(
            "`to_supervision_keypoints` must have keypoints to work on. Received: none. "
            "Use a model with keypoints, or `to_supervision` for boxes and masks."
        )
    points, scores = found.keypoints[..., :2].copy(), found.keypoints[..., 2].copy()
    return _supervision("to_supervision_keypoints").KeyPoints(
        xy=points,
        keypoint_confidence=scores,
        detection_confidence=found.scores.copy(),
        visible=scores >= LEAST_SCORE,
        **_classes(found),
    )


def _classes(found) -> dict:
    """Return the classes as supervision has them: their numbers from 0, and their names."""
    names = np.array(found.names, dtype=str)
    return {"class_id": found.labels.astype(int) - 1, "data": {"class_name": names}}


def _supervision(method) -> ModuleType:
    """Import supervision."""
    try:
        import supervision
    except ImportError:
        raise ImportError(
            f"`{method}` needs supervision, which is not installed. "
            'Type: pip install "keras3-maskrcnn[supervision]"'
        ) from None
    return supervision
