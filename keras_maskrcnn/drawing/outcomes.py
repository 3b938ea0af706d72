"""What became of the objects of an image and of its detections."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keras_maskrcnn.drawing.marks import (
    CLASS_CONFUSION,
    FALSE_POSITIVE,
    MISSED,
    NOT_COUNTED,
    TRUE_POSITIVE,
    Style,
)

OUTCOMES = {
    "found": TRUE_POSITIVE,
    "missed": MISSED,
    "false_alarms": FALSE_POSITIVE,
    "wrong_class": CLASS_CONFUSION,
}


class Judged(NamedTuple):
    """The objects of an image, or its detections, and what each was matched with.

    Attributes:
        boxes: (n, 4) xyxy pixels.
        labels: (n,) int in 1..K.
        partners: (n,) int, the label of the detection that takes the object, or of the object that
            the detection takes: the own label for a true positive, another 1..K for a class
            confusion, 0 for a missed object or a false positive, -1 for what does not count, such
            as a crowd.
        scores: (n,) float of detections, else None.
        masks: n crops `(crop, x, y)` as in `draw_instances`; None shows boxes.
        keypoints: (n, J, 3) as in `draw_keypoints`; None shows none.
    """

    boxes: np.ndarray
    labels: np.ndarray
    partners: np.ndarray
    scores: np.ndarray | None = None
    masks: list | None = None
    keypoints: np.ndarray | None = None


def count_outcomes(truth: Judged, found: Judged) -> dict[str, int]:
    """Count true positives, missed objects, false positives and class confusions of an image.

    A class confusion is counted once and as nothing else: where precision and recall are taken it
    is a false positive of one class and a false negative of another.

    Args:
        truth: the objects.
        found: the detections.

    Returns:
        {"found": true positives, "missed": objects that no detection takes, "false_alarms":
        detections that take no object, "wrong_class": class confusions}.

    Example:

    >>> boxes = np.zeros((3, 4))
    >>> count_outcomes(Judged(boxes, [1, 1, 2], [1, 0, 1]), Judged(boxes, [1, 1, 2], [1, 2, 0]))
    {'found': 1, 'missed': 1, 'false_alarms': 1, 'wrong_class': 1}
    """
    styles = styles_of(truth, MISSED)
    counts = {name: styles.count(style) for name, style in OUTCOMES.items()}
    return counts | {"false_alarms": styles_of(found, FALSE_POSITIVE).count(FALSE_POSITIVE)}


def describe(counts) -> str:
    """Write the counts of `count_outcomes` that are not 0 in words.

    >>> describe({"found": 12, "missed": 2, "false_alarms": 1, "wrong_class": 0})
    '12 true positives, 2 missed, 1 false positive'
    """
    parts = [OUTCOMES[name].counted(count) for name, count in counts.items() if count]
    return ", ".join(parts) or "nothing"


def styles_of(judged: Judged, alone) -> list:
    """Return the style of each row; `alone` is that of a row without a partner."""
    rows = zip(judged.labels, judged.partners, strict=True)
    return [_style(label, partner, alone) for label, partner in rows]


def _style(label, partner, alone) -> Style:
    if partner < 0:
        return NOT_COUNTED
    if partner == label:
        return TRUE_POSITIVE
    return CLASS_CONFUSION if partner else alone
