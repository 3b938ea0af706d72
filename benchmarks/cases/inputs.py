"""Random inputs as NumPy arrays, the same for both sides of a comparison."""

import json
import tempfile
from pathlib import Path

import numpy as np

from cases.sizes import SIZES, STRIDES


def pyramid(batch=1):
    """Feature maps "P2".."P5" of padded images, channels last, float32."""
    rng = np.random.default_rng(0)
    shapes = [(batch, *(side // s for side in SIZES.padded), SIZES.channels) for s in STRIDES]
    return [rng.standard_normal(shape, "float32") for shape in shapes]


def boxes(count, image=SIZES.image, seed=1):
    """`(count, 4)` boxes of all sizes inside an image."""
    height, width = image
    rng = np.random.default_rng(seed)
    side = np.exp(rng.uniform(np.log(height / 50), np.log(height / 1.6), (count, 2)))
    corner = rng.uniform(0, 1, (count, 2)) * (np.array([width, height]) - side).clip(1)
    found = np.concatenate([corner, corner + side], axis=1)
    return found.clip(0, [width, height] * 2).astype("float32")


def batch_of_boxes(batch, count):
    """`(batch, count, 4)`, other boxes in each image."""
    return np.stack([boxes(count, seed=1 + number) for number in range(batch)])


def scores(count):
    """`(count,)` in 0..1."""
    return np.random.default_rng(2).random(count, "float32")


def rpn_outputs():
    """`(objectness_logits, anchor_deltas)` of one image, dicts over "P2".."P6"."""
    rng = np.random.default_rng(3)
    logits, deltas = {}, {}
    for level, stride in zip(range(2, 7), (*STRIDES, 64), strict=True):
        cells = np.prod([-(-side // stride) for side in SIZES.padded])
        logits[f"P{level}"] = rng.normal(-3, 2, (1, 3 * cells)).astype("float32")
        deltas[f"P{level}"] = rng.normal(0, 0.2, (1, 3 * cells, 4)).astype("float32")
    return logits, deltas


def images(batch, image=SIZES.image, padded=SIZES.padded):
    """`(padded, unpadded)` uint8 images of noise."""
    rng = np.random.default_rng(4)
    canvas = np.zeros((batch, *padded, 3), "uint8")
    unpadded = rng.integers(0, 256, (batch, *image, 3), "uint8")
    canvas[:, : image[0], : image[1]] = unpadded
    return canvas, unpadded


def training_batch(batch, height, width):
    """A batch as `keras_maskrcnn.data.Loader` gives it: noise, and objects that fill their box."""
    rng = np.random.default_rng(5)
    count = SIZES.objects
    found = [boxes(count, (height, width), seed=10 + number) for number in range(batch)]
    return {
        "images": rng.integers(0, 256, (batch, height, width, 3), "uint8"),
        "image_sizes": np.tile(np.array([height, width], "int32"), (batch, 1)),
        "gt_boxes": np.stack(found),
        "gt_labels": rng.integers(1, SIZES.classes + 1, (batch, count)).astype("int32"),
        "gt_masks": np.ones((batch, count, 56, 56), "uint8"),
    }


def detections():
    """`Detections` with masks in a photo."""
    from keras_maskrcnn import Detections

    count = SIZES.masks
    rows, columns = np.mgrid[:28, :28] / 13.5 - 1
    disc = np.exp(-(rows**2 + columns**2)).astype("float32")
    found = boxes(count, SIZES.photo)
    return Detections(
        found, np.ones(count, int), scores(count), np.tile(disc, (count, 1, 1)), ["a"], SIZES.photo
    )


def coco_folder():
    """A temporary folder of JPEG photos in `images` with polygons in `annotations.json`."""
    import cv2

    count, width, height, _ = SIZES.loader
    folder = tempfile.TemporaryDirectory(prefix="benchmark-")
    path = Path(folder.name)
    (path / "images").mkdir()
    rng = np.random.default_rng(6)
    content = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "a"}]}
    for number in range(1, count + 1):
        noise = rng.integers(0, 256, (height // 8, width // 8, 3), "uint8")
        cv2.imwrite(str(path / "images" / f"{number}.jpg"), cv2.resize(noise, (width, height)))
        size = {"height": height, "width": width}
        content["images"].append({"id": number, "file_name": f"{number}.jpg", **size})
        for x1, y1, x2, y2 in boxes(SIZES.objects, (height, width), number).tolist():
            content["annotations"].append(
                {
                    "id": len(content["annotations"]) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "segmentation": [[x1, y1, x2, y1, x2, y2, x1, y2]],
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": (x2 - x1) * (y2 - y1),
                    "iscrowd": 0,
                }
            )
    (path / "annotations.json").write_text(json.dumps(content))
    return folder
