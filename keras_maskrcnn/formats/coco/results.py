"""COCO's results list: what was found in one image."""

from keras_maskrcnn.formats.coco.keypoints import from_indices, to_indices
from keras_maskrcnn.formats.polygons import is_coordinate
from keras_maskrcnn.formats.records import AnnotatedObject
from keras_maskrcnn.formats.segmentations import check_segmentation, to_rle
from keras_maskrcnn.scores import read_score
from keras_maskrcnn.skeletons import as_skeleton
from keras_maskrcnn.wording import shown


def write_results(objects, category_ids, image_id, image_size) -> list[dict]:
    """Return the results of an image, ready for `json.dump`; nothing is rounded.

    Args:
        objects: list of `AnnotatedObject` with `bbox` and `score`; all have a mask or none has.
        category_ids: the id of each one's class.
        image_id: the image's id in the COCO file.
        image_size: (height, width).
    """
    results = []
    for one, category_id in zip(objects, category_ids, strict=True):
        result = {"image_id": image_id, "category_id": int(category_id), "bbox": one.bbox}
        result["score"] = one.score
        if one.segmentation is not None:
            result["segmentation"] = to_rle(one.segmentation, image_size)
        if one.fields:
            result["keypoints"] = to_indices(one.fields["keypoints"])
        results.append(result)
    return results


def read_results(results, class_names, image_size, category_ids=None, skeleton=None) -> tuple:
    """Read the results of one image, or its annotations, which have no score.

    Args:
        results: list of dicts with `category_id`, `bbox` and, all of them or none, `segmentation`.
        class_names: the K names.
        image_size: (height, width).
        category_ids: their K ids; None for 1..K.
        skeleton: `Skeleton` of the keypoints. Default: of as many as the first have.

    Returns:
        list of `AnnotatedObject`, whose keypoints have a score, and the `Skeleton` or None.

    Raises:
        ValueError: a result is broken; the message says which, counted from 1.
    """
    names = dict(
        zip(
            ids_of(range(1, len(class_names) + 1), class_names, category_ids),
            class_names,
            strict=True,
        )
    )
    _check_list(results)
    masked = any("segmentation" in result for result in results)
    pointed = [result["keypoints"] for result in results if result.get("keypoints")]
    if skeleton is None and pointed and isinstance(pointed[0], list) and len(pointed[0]) > 2:
        skeleton = as_skeleton(len(pointed[0]) // 3)
    objects = []
    for number, result in enumerate(results, start=1):
        place = f"Result {number}"
        category, segmentation = result.get("category_id"), result.get("segmentation")
        if not isinstance(category, int | str) or category not in names:
            raise ValueError(
                f"{place} has the category_id {shown(category)}, which no class has. "
                f"Received: ids {list(names)}. Give all of the file's as `category_ids`."
            )
        if masked:
            check_segmentation(segmentation, image_size, place)
        objects.append(
            AnnotatedObject(
                names[category],
                segmentation if masked else None,
                _bbox(result, place),
                score=read_score(result.get("score"), place),
                fields=_fields(result, skeleton, place),
                place=place,
            )
        )
    return objects, skeleton


def ids_of(labels, class_names, category_ids=None) -> list:
    """Return the category id of each label.

    Args:
        labels: ints in 1..K.
        class_names: the K names, to count them.
        category_ids: the K ids; None for 1..K.

    Raises:
        ValueError: there is not one id for each class.
    """
    ids = range(1, len(class_names) + 1) if category_ids is None else category_ids
    if len(ids) != len(class_names):
        raise ValueError(
            f"`category_ids` must have one id for each of the {len(class_names)} classes. "
            f"Received: {len(ids)} ids. Pass them in the order of `class_names`."
        )
    return [ids[label - 1] for label in labels]


def _check_list(results):
    """Check that they are dicts, and of one image."""
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise ValueError(
            "`results` must be a list of dicts, one for each object. "
            f"Received: {shown(results)}. Of a COCO file pass the 'annotations' of one image."
        )
    images = list(dict.fromkeys(shown(result.get("image_id")) for result in results))
    if len(images) > 1:
        raise ValueError(
            f"`results` must be of one image. Received: the image_id {images[0]} and {images[1]}. "
            f"Type: [r for r in results if r['image_id'] == {images[0]}]."
        )


def _fields(result, skeleton, place):
    """Return the keypoints of a result with their scores, or of an annotation with 1 or 0."""
    points = result.get("keypoints")
    if not points:
        return None
    count = 3 * len(skeleton or ())
    if not isinstance(points, list) or len(points) != count or not all(map(is_coordinate, points)):
        raise ValueError(
            f"{place} must have keypoints of {count} numbers, x, y and a score for each. "
            f"Received: {shown(points)}."
        )
    if "score" not in result:
        points = [float(v > 0) if i % 3 == 2 else v for i, v in enumerate(points)]
    return {"keypoints": from_indices(points)}


def _bbox(result, place):
    """Return the `bbox` of a result, as float."""
    try:
        bbox = [float(value) for value in result.get("bbox")]
        if len(bbox) == 4 and all(map(is_coordinate, bbox)):
            return bbox
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(
        f"{place} must have a bbox of four numbers [x, y, width, height]. "
        f"Received: {shown(result.get('bbox'))}."
    )
