"""COCO's results list."""

import math

import numpy as np

from keras_maskrcnn.detections.reading import ReadObject, filled
from keras_maskrcnn.formats import scores
from keras_maskrcnn.mask_crops import encode


def run_lengths(found) -> list[dict]:
    """The dicts of `Detections.to_rle`."""
    return [encode(crop, x, y, found.image_size) for crop, x, y in found.mask_crops()]


def coco_results(found, image_id, category_ids) -> list[dict]:
    """The dicts of `Detections.to_coco`."""
    ids = _ids(category_ids, found.class_names)
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
    if found.has_masks:
        for result, segmentation in zip(results, run_lengths(found), strict=True):
            result["segmentation"] = segmentation
    return results


def coco_objects(results, class_names, image_size, category_ids) -> list[ReadObject]:
    """The objects of `Detections.from_coco`."""
    labels = {category: k for k, category in enumerate(_ids(category_ids, class_names), start=1)}
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise ValueError(
            "`results` must be a list of dicts, one for each object. "
            f"Received: {results!r:.60}. Of a COCO file pass the 'annotations' of one image."
        )
    images = list(dict.fromkeys(result.get("image_id") for result in results))
    if len(images) > 1:
        raise ValueError(
            f"`results` must be of one image. Received: the image_id {images[0]!r} and "
            f"{images[1]!r}. Type: [r for r in results if r['image_id'] == {images[0]!r}]."
        )
    masked = any("segmentation" in result for result in results)
    objects = []
    for number, result in enumerate(results, start=1):
        place = f"Result {number}"
        category = result.get("category_id")
        if category not in labels:
            raise ValueError(
                f"{place} has the category_id {category!r}, which no class has. "
                f"Received: ids {list(labels)}. Give all of the file's as `category_ids`."
            )
        crop = filled(result.get("segmentation"), image_size, place) if masked else None
        score = scores.read(result.get("score"), place)
        objects.append(ReadObject(labels[category], score, _box(result, place), crop))
    return objects


def _ids(category_ids, class_names):
    """The K ids of the classes."""
    ids = range(1, len(class_names) + 1) if category_ids is None else category_ids
    if len(ids) != len(class_names):
        raise ValueError(
            f"`category_ids` must have one id for each of the {len(class_names)} classes. "
            f"Received: {len(ids)} ids. Pass them in the order of `class_names`."
        )
    return ids


def _box(result, place) -> tuple:
    """The corners of a result's `bbox`."""
    try:
        x, y, width, height = (float(value) for value in result.get("bbox"))
        if math.isfinite(x + y + width + height):
            return (x, y, x + width, y + height)
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"{place} must have a bbox of four numbers [x, y, width, height]. "
        f"Received: {result.get('bbox')!r:.60}."
    )
