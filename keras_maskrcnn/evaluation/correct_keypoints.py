"""The percentage of correct keypoints (PCK)."""

from __future__ import annotations

import numpy as np

from keras_maskrcnn.evaluation.kinds import KINDS
from keras_maskrcnn.evaluation.matching import match_at
from keras_maskrcnn.evaluation.predictions import Predictions
from keras_maskrcnn.evaluation.rates import share

ALPHA = 0.1  # of the longer side of an object's box
BOX_IOU = 0.5


def correct_keypoints(
    predictions: Predictions,
    *,
    alpha: float = ALPHA,
    score_threshold: float = 0.5,
    max_detections: int | None = None,
) -> dict:
    """Measure the percentage of correct keypoints (PCK), as shares in 0..1.

    A keypoint is correct that is found no farther from the labelled one than

        alpha * max(width, height)          of the annotated box of its object.

    It is a share of the labelled keypoints, hidden ones too, of the objects that are found: COCO's
    matching of boxes at an IoU of 0.5 says which detection is of which object. Objects that are
    missed do not count here; recall and AP tell of them. Nor does the score of a keypoint.

    Args:
        predictions: from `collect_predictions`, of a model and a source with keypoints.
        alpha: above 0.
        score_threshold: 0..1, the least score of a detection that counts.
        max_detections: per image and class, the best scores; None counts all there are.

    Returns:
        A dict that `json.dump` can write: "alpha"; "objects", the number of found ones with a
        labelled keypoint; "mean" over the keypoints that have a share; "per_keypoint" {name:
        {"PCK", "labelled"}}. A share of nothing is -1.

    Raises:
        ValueError: keypoints are not measured, or `alpha` is not above 0.

    References:
        Yang and Ramanan 2013, Articulated Human Detection with Flexible Mixtures of Parts: the
        definition, with alpha 0.1 and 0.2, of persons whose boxes are given.
    """
    if not alpha > 0:
        raise ValueError(
            f"`alpha` must be above 0. Received: alpha={alpha}. Usual are 0.1 and 0.2."
        )
    predictions.kind("keypoint")
    matches = match_at(predictions.match("box", max_detections), BOX_IOU, KINDS["box"])
    rows = zip(matches.object_entries, matches.takers, strict=True)
    pairs = [
        (truth, found)
        for truth, found in rows
        if found and found["score"] >= score_threshold and truth["num_keypoints"]
    ]
    names = predictions.skeleton.names
    truths, found = (
        np.array([one["keypoints"] for one in side], float).reshape(-1, len(names), 3)
        for side in (zip(*pairs, strict=True) if pairs else ((), ()))
    )
    reach = alpha * np.array([max(truth["bbox"][2:]) for truth, _ in pairs])
    labelled = truths[..., 2] > 0  # (objects, J)
    near = np.linalg.norm(truths[..., :2] - found[..., :2], axis=-1) <= reach[:, None]
    counts = labelled.sum(axis=0)
    shares = share((near & labelled).sum(axis=0), counts)
    return {
        "alpha": alpha,
        "objects": len(pairs),
        "mean": float(shares[counts > 0].mean()) if counts.any() else -1.0,
        "per_keypoint": {
            name: {"PCK": float(part), "labelled": int(count)}
            for name, part, count in zip(names, shares, counts, strict=True)
        },
    }
