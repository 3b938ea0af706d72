"""COCO's results list."""

import numpy as np

from keras_maskrcnn.mask_crops import encode


def coco_results(found, image_id, category_ids) -> list[dict]:
    """The dicts of `Detections.to_coco`."""
    ids = range(1, len(found.class_names) + 1) if category_ids is None else category_ids
    if len(ids) != len(found.class_names):
        raise ValueError(
            f"`category_ids` must have one id for each of the {len(found.class_names)} classes. "
            f"Received: {len(ids)} ids. Pass them in the order of `class_names`."
        )
    x1, y1, x2, y2 = found.boxes.astype(float).T
    rows = zip(found.labels, np.stack([x1, y1, x2 - x1, y2 - y1], -1), found.scores, strict=True)
    results = [
        {
            "image_id": image_id,
            "category_id": int(ids[label - 1]),
            "bbox": box.tolist(),
            "score": float(score),
        }
        for label, box, score in rows
    ]
    if found.mask_probabilities is not None:
        for result, (crop, x, y) in zip(results, found.mask_crops(), strict=True):
            result["segmentation"] = encode(crop, x, y, found.image_size)
    return results
