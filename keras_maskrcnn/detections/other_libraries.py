"""Detections as objects of other libraries, which are imported when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_maskrcnn.detections.selection import areas_of

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
        }
    )


def supervision_detections(found) -> supervision.Detections:
    """Return the object of `Detections.to_supervision`."""
    try:
        import supervision
    except ImportError:
        raise ImportError(
            "`to_supervision` needs supervision, which is not installed. "
            'Type: pip install "keras3-maskrcnn[supervision]"'
        ) from None
    return supervision.Detections(
        xyxy=found.boxes.copy(),
        mask=found.masks,
        confidence=found.scores.copy(),
        class_id=found.labels.astype(int) - 1,
        data={"class_name": np.array(found.names, dtype=str)},
    )
