"""Checks that the arrays of a `Detections` fit together."""

import numpy as np


def check_arrays(boxes, labels, scores, masks, num_classes) -> None:
    """Raise ValueError unless all arrays speak of the same n objects of known classes."""
    n = len(boxes)
    if labels.shape != (n,) or scores.shape != (n,):
        raise ValueError(
            "`labels` and `scores` must have one number per box. Received: "
            f"boxes.shape={boxes.shape}, labels.shape={labels.shape}, scores.shape={scores.shape}."
        )
    masks.check(n)
    check_finite("`boxes` and `scores`", boxes, scores)
    if n and not (labels.min() >= 1 and labels.max() <= num_classes):
        raise ValueError(
            f"`labels` must lie in 1..{num_classes}, one for each class name. Received: labels "
            f"from {labels.min()} to {labels.max()}. Leave out the padding rows (label 0)."
        )


def check_finite(names, *arrays) -> None:
    """Raise ValueError unless all values of the arrays of these names are numbers."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(
            f"{names} must be finite. Received: NaN or infinity. "
            "The model's weights have probably diverged in training: lower the learning rate."
        )
