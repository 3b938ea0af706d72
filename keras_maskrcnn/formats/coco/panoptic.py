"""COCO's panoptic files: a JSON file, and a PNG of the ids of segments for each image.

The id of a segment is the colour of its pixels, R + 256 G + 65536 B; black is no segment.
"""

import os
from pathlib import Path

import numpy as np

from keras_maskrcnn.formats.coco.checks import check_content, check_ids, check_image_files
from keras_maskrcnn.formats.files import DatasetError, read_json
from keras_maskrcnn.formats.images import check_size, read_image
from keras_maskrcnn.semantics import PanopticMap, Segment
from keras_maskrcnn.wording import listed, shown
from keras_maskrcnn.writing import write_json, write_picture

MOST_ID = 2**24 - 1


def is_panoptic(content) -> bool:
    """Return whether parsed JSON is a COCO panoptic file: its annotations list segments."""
    annotations = content.get("annotations") if isinstance(content, dict) else None
    first = annotations[0] if isinstance(annotations, list) and annotations else None
    return isinstance(first, dict) and "segments_info" in first


def read(path, images_dir, content=None) -> tuple[list[dict], dict[int, dict]]:
    """Read and check a panoptic JSON file; the PNGs are not read.

    Args:
        path: of the JSON file.
        images_dir: folder that the images' `file_name` is relative to.
        content: the parsed JSON, if it was read already.

    Returns:
        list of a dict for each image: "image_id", "file_name", as on the disk, "size" (height,
        width), "png", the name of its PNG, and "segments", the file's `segments_info`; and the
        categories, a dict from id to {"name", "isthing"}.

    Raises:
        FileNotFoundError: the file or the folder is missing.
        DatasetError: the content has a mistake. The message names the place.
    """
    name = os.fspath(path)
    content = read_json(path) if content is None else content
    _check_annotations(content, name)
    plain = [{**one, "category_id": 0} for one in content["annotations"]]
    check_content({**content, "annotations": plain}, name)
    check_ids(content, name)
    files = check_image_files(content["images"], images_dir, name)
    categories = {one["id"]: one for one in content["categories"]}
    for one in categories.values():
        if one.get("isthing") not in (0, 1):
            raise DatasetError(
                f"Category '{one['name']}' in '{name}' must have 0 or 1 as isthing. "
                f"Received: {shown(one.get('isthing'))}."
            )
    annotations = {one["image_id"]: one for one in content["annotations"]}
    images = []
    for entry, file in zip(content["images"], files, strict=True):
        annotation = annotations.pop(entry["id"], None)
        if annotation is None:
            raise DatasetError(f"Image '{entry['file_name']}' in '{name}' has no annotation.")
        _check_segments(annotation, categories, name)
        size = entry["height"], entry["width"]
        about = {"image_id": entry["id"], "file_name": file, "size": size}
        known = {"png": annotation["file_name"], "segments": annotation["segments_info"]}
        images.append({**about, **known})
    if annotations:
        raise DatasetError(
            f"Annotations in '{name}' belong to images that 'images' lacks: image_id "
            f"{listed(map(shown, annotations))}."
        )
    return images, categories


def read_map(image, categories, panoptic_dir) -> PanopticMap:
    """Return the segments of an image, with its PNG.

    Args:
        image: dict, categories: dict, both as of `read`.
        panoptic_dir: folder of the PNGs.

    Raises:
        FileNotFoundError: the PNG is missing.
        DatasetError: it is of another size than the image, or its colours are not those of the
            segments. The message names the file and the segment.
    """
    path = os.path.join(panoptic_dir, image["png"])
    ids = from_rgb(read_image(path))
    check_size(panoptic_dir, image["png"], ids.shape, image["size"], "the JSON file")
    stated, there = {one["id"] for one in image["segments"]}, set(np.unique(ids).tolist()) - {0}
    if lacking := there - stated:
        raise DatasetError(f"Segment {min(lacking)} of '{path}' has no entry in segments_info.")
    if lacking := stated - there:
        raise DatasetError(f"Segment {min(lacking)} of '{path}' has no pixel.")
    return PanopticMap(ids, [_segment(one, categories) for one in image["segments"]])


def _segment(info, categories):
    category = categories[info["category_id"]]
    crowd = bool(info.get("iscrowd", 0))
    return Segment(info["id"], category["name"], bool(category["isthing"]), crowd)


def from_rgb(colours) -> np.ndarray:
    """Return the ids (H, W) int32 of the colours (H, W, 3) uint8 of a panoptic PNG.

    >>> from_rgb(np.uint8([[[2, 1, 0], [0, 0, 1]]])).tolist()
    [[258, 65536]]
    """
    return np.asarray(colours, np.int32) @ np.int32([1, 256, 65536])


def to_rgb(ids) -> np.ndarray:
    """Return the colours (H, W, 3) uint8 of ids (H, W) below 2**24.

    >>> to_rgb(np.array([[258, 65536]])).tolist()
    [[[2, 1, 0], [0, 0, 1]]]
    """
    return np.stack([np.asarray(ids) >> shift & 255 for shift in (0, 8, 16)], -1).astype(np.uint8)


def annotation_of(panoptic, image_id, file_name, category_ids) -> dict:
    """Return the entry of an image in a panoptic JSON file.

    Args:
        panoptic: `PanopticMap`.
        image_id: of the image.
        file_name: of its PNG, whose colours are `to_rgb(panoptic.ids)`.
        category_ids: dict from the name of each class to its id.

    Raises:
        ValueError: a class has no id.
    """
    infos = []
    for one in panoptic.segments:
        if one.class_name not in category_ids:
            raise ValueError(
                "`category_ids` must have the class of each segment. "
                f"Received: no {one.class_name!r}."
            )
        rows, columns = np.nonzero(panoptic.ids == one.id)
        x, y = int(columns.min()), int(rows.min())
        box = [x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y]
        info = {"id": one.id, "category_id": category_ids[one.class_name]}
        infos.append({**info, "area": len(rows), "bbox": box, "iscrowd": int(one.iscrowd)})
    return {"image_id": image_id, "file_name": file_name, "segments_info": infos}


def write(path, maps, categories, images=()) -> None:
    """Write panoptic maps as a JSON file, and PNGs in a folder of its name beside it.

    Args:
        path: of the JSON file, "results.json"; the PNGs go to "results".
        maps: iterable of (image_id, file_name of the image, `PanopticMap`).
        categories: list of dicts with "id", "name" and "isthing".
        images: list of COCO's dicts of the images. Default: made of the maps.
    """
    path = Path(path)
    folder = path.with_suffix("")
    ids = {one["name"]: one["id"] for one in categories}
    annotations, entries = [], []
    for image_id, file_name, panoptic in maps:
        png = Path(file_name).with_suffix(".png").name
        write_picture(folder / png, to_rgb(panoptic.ids))
        annotations.append(annotation_of(panoptic, image_id, png, ids))
        height, width = panoptic.ids.shape
        entries.append({"id": image_id, "file_name": file_name, "height": height, "width": width})
    content = {"images": list(images) or entries, "annotations": annotations}
    write_json(path, {**content, "categories": list(categories)})


def _check_annotations(content, name):
    annotations = content.get("annotations") if isinstance(content, dict) else None
    for i, one in enumerate(annotations if isinstance(annotations, list) else ()):
        if not isinstance(one, dict) or not isinstance(one.get("segments_info"), list):
            raise DatasetError(f"annotations[{i}] in '{name}' has no list under 'segments_info'.")
        if not isinstance(one.get("file_name"), str):
            raise DatasetError(f"annotations[{i}] in '{name}' must name its PNG as 'file_name'.")


def _check_segments(annotation, categories, name):
    """Raise DatasetError, naming the segment, unless all are of known categories."""
    seen = set()
    for i, one in enumerate(annotation["segments_info"]):
        id_ = one.get("id") if isinstance(one, dict) else None
        if type(id_) is not int or not 0 < id_ <= MOST_ID:
            problem = f"must have a whole number from 1 to {MOST_ID} as its id"
        elif id_ in seen:
            problem = f"has the id {id_} of another one"
        elif one.get("category_id") not in categories:
            problem = f"has category_id {shown(one.get('category_id'))}, which 'categories' lacks"
        elif one.get("iscrowd", 0) not in (0, 1):
            problem = f"has iscrowd {shown(one['iscrowd'])}, which must be 0 or 1"
        else:
            seen.add(id_)
            continue
        raise DatasetError(
            f"segments_info[{i}] (id {shown(id_)}) of '{annotation['file_name']}' in '{name}' "
            f"{problem}."
        )
