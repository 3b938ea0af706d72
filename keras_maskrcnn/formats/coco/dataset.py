"""A COCO annotation file."""

import os
from collections import Counter
from pathlib import Path

from pycocotools import mask as coco_mask

from keras_maskrcnn.formats.coco.checks import (
    check_annotations,
    check_content,
    check_ids,
    check_image_files,
    has_mask,
)
from keras_maskrcnn.formats.coco.dialects import plain
from keras_maskrcnn.formats.coco.keypoints import (
    categories_of,
    from_indices,
    skeleton_of,
    to_indices,
)
from keras_maskrcnn.formats.files import read_json
from keras_maskrcnn.formats.records import (
    AnnotatedImage,
    AnnotatedObject,
    AnnotatedSet,
    Format,
)
from keras_maskrcnn.formats.segmentations import to_rle


def recognizes(path, content) -> bool:
    """Return whether parsed JSON has the keys of a COCO annotation file, or two of the three."""
    keys = {"images", "annotations", "categories"}
    return isinstance(content, dict) and len(keys & set(content)) >= 2


def read(path, images_dir=None, *, content=None, skeleton=None) -> AnnotatedSet:
    """Read an annotation file.

    An annotation needs a `segmentation` or a `bbox`; with the box alone it is an object without a
    mask. VIA's export as COCO is read, too, and a category that only stands above others, as
    Roboflow writes it, is left out.

    Args:
        path, images_dir, content, skeleton: see `Format.read`.

    Raises:
        FileNotFoundError: the file or the folder is missing.
        DatasetError: the content has a mistake. The message names the place.
    """
    name = os.fspath(path)
    images_dir = os.fspath(Path(path).parent if images_dir is None else images_dir)
    content = read_json(path) if content is None else content
    check_content(content, name)
    content, remarks = plain(content)
    check_ids(content, name)
    files = check_image_files(content["images"], images_dir, name)
    skeleton = skeleton_of(content["categories"], name, skeleton)
    check_annotations(content, name, skeleton)
    names = {category["id"]: category["name"] for category in content["categories"]}
    objects = {entry["id"]: [] for entry in content["images"]}
    for annotation in content["annotations"]:
        objects[annotation["image_id"]].append(_object(annotation, names, skeleton))
    images = [
        _image(entry, file, objects[entry["id"]])
        for entry, file in zip(content["images"], files, strict=True)
    ]
    category_ids = {name: id_ for id_, name in names.items()}
    return AnnotatedSet(name, images_dir, images, category_ids, remarks, skeleton)


def write(images, category_ids, skeleton=None) -> dict:
    """Return images and objects as the content of a COCO annotation file.

    Polygons stay polygons; an object whose mask covers no pixel is left out.

    Args:
        images: list of `AnnotatedImage` with `image_id`.
        category_ids: dict from the name of each class to its id, in the order wanted; objects of
            other classes are left out.
        skeleton: `Skeleton` of the objects' keypoints, None if they have none.

    Returns:
        dict of "images", "annotations" and "categories", ready for `json.dump`.

    Example:

    >>> cat = AnnotatedObject("cat", [[0, 0, 4, 0, 4, 4, 0, 4]])
    >>> content = write([AnnotatedImage("a.png", (4, 8), [cat], image_id=1)], {"cat": 1})
    >>> content["images"], content["categories"]
    ([{'id': 1, 'file_name': 'a.png', 'height': 4, 'width': 8}], [{'id': 1, 'name': 'cat'}])
    >>> content["annotations"][0]["bbox"], content["annotations"][0]["area"]
    ([0.0, 0.0, 4.0, 4.0], 16.0)
    """
    annotations = []
    for image in images:
        for one in image.objects:
            if one.class_name not in category_ids:
                continue
            known = annotation_of(one, category_ids[one.class_name], image.size)
            if one.segmentation is not None:
                if not coco_mask.area(known["segmentation"]):
                    continue
                known["segmentation"] = _as_json(one.segmentation, image.size)
            number = len(annotations) + 1
            annotations.append({"id": number, "image_id": image.image_id, **known})
    categories = categories_of(category_ids, skeleton)
    entries = [image.values() for image in images]
    return {"images": entries, "annotations": annotations, "categories": categories}


def write_set(annotated, folder=None) -> tuple[dict, Counter]:
    """Return a data set as the content of a file, and what it cannot hold; see `Format.write`."""
    content = write(annotated.images, annotated.category_ids, annotated.skeleton)
    objects = sum(len(image.objects) for image in annotated.images)
    empty = objects - len(content["annotations"])
    return content, +Counter({("object", "whose mask covers no pixel"): empty})


def annotation_of(one, category_id, size) -> dict:
    """Return an object as COCO's tools want it: masks as run lengths, box and area known.

    Args:
        one: `AnnotatedObject`. Box and area that it does not state are those of the mask.
        category_id: int.
        size: (height, width) of the image.

    Returns:
        dict with "category_id", "bbox", "segmentation" (not of an object without a mask), "area"
        and "iscrowd"; of an object with keypoints "keypoints" and "num_keypoints".
    """
    known = {"category_id": category_id, "bbox": one.bbox}
    if one.segmentation is None:
        area = one.bbox[2] * one.bbox[3]
    else:
        rle = to_rle(one.segmentation, size)
        if isinstance(rle["counts"], list):
            rle = coco_mask.frPyObjects(rle, *size)
        known["segmentation"], area = rle, float(coco_mask.area(rle))
        if one.bbox is None:
            known["bbox"] = coco_mask.toBbox(rle).tolist()
    known["area"] = area if one.area is None else one.area
    known |= {"iscrowd": int(one.iscrowd)}
    points = (one.fields or {}).get("keypoints")
    if points is None:
        return known
    number = sum(value > 0 for value in points[2::3])
    return known | {"keypoints": to_indices(points), "num_keypoints": number}


def _image(entry, file_name, objects):
    """Return the record of one of the "images", of that name on the disk."""
    size = (entry["height"], entry["width"])
    return AnnotatedImage(file_name, size, objects, image_id=entry["id"], stated=dict(entry))


def _object(annotation, names, skeleton):
    """Return the record of one of the "annotations"."""
    points = annotation.get("keypoints") if skeleton else None
    return AnnotatedObject(
        names[annotation["category_id"]],
        annotation["segmentation"] if has_mask(annotation) else None,
        annotation.get("bbox"),
        annotation.get("area"),
        bool(annotation.get("iscrowd", 0)),
        fields=None if points is None else {"keypoints": from_indices(points)},
    )


def _as_json(segmentation, size):
    """Return a segmentation that `json.dump` can write."""
    if isinstance(segmentation, list):
        return segmentation
    rle = to_rle(segmentation, size)
    counts = rle["counts"]
    return {**rle, "counts": counts.decode("ascii") if isinstance(counts, bytes) else counts}


FORMAT = Format(
    "COCO",
    "JSON",
    "the keys 'images', 'annotations' and 'categories'",
    recognizes,
    read,
    options=("content", "skeleton"),
    write=write_set,
)
