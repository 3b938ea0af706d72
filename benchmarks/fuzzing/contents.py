"""Parsed contents of results and annotations of one image, which `Detections` reads."""

import json

import numpy as np

from benchmarks.fuzzing import json_changes
from benchmarks.fuzzing import keypoints as with_keypoints
from benchmarks.fuzzing.annotations import HEIGHT, WIDTH, coco, labelme, via_export
from benchmarks.fuzzing.target import Target
from keras_maskrcnn import Detections
from keras_maskrcnn.skeletons import Skeleton

SIZE = (HEIGHT, WIDTH)
NAMES = ("cat", "dog", "e", "7")
PLACES = ("Result ", "Region ", "Shape ", "Feature ", "`content`", "`entry`", "`results`")
PLACES += ("`label_map`", "`labels`", "`boxes`")


def found() -> Detections:
    """Return detections whose masks have pieces and holes."""
    masks = np.zeros((3, *SIZE), bool)
    masks[0, 1:8, 2:9], masks[0, 3:5, 4:6] = True, False
    masks[1, 2:4, 10:12] = masks[1, 9:, 13:] = True
    masks[2, :, 0] = True
    return Detections.from_masks(masks, [1, 2, 1], [0.75, 0.5, 0.25], NAMES[:2])


def found_keypoints() -> Detections:
    """Return detections with keypoints."""
    points = np.float32([[[3, 4, 0.5], [7, 6, 0.25]], [[12, 2, 1], [13, 3, 0.01]]])
    boxes = [[2, 2, 10, 8], [11, 1, 14, 3]]
    fields, skeleton = {"keypoints": points}, Skeleton(("left", "right"))
    return Detections(boxes, [1, 2], [0.75, 0.5], None, NAMES[:2], SIZE, fields, skeleton)


def contents() -> dict:
    """Return for each kind its contents, and who reads them."""
    results = found().to_coco(7)
    annotated = [{**one, "image_id": 7} for one in coco()["annotations"][:3]]
    boxes = [{key: one[key] for key in one if key != "segmentation"} for one in results]
    ids = {"category_ids": [1, 3]}
    pointed, points = found_keypoints(), {"skeleton": found_keypoints().skeleton}
    grouped = with_keypoints.via_export(2)["a.png99"]
    feature = {"type": "Feature", "geometry": None, "properties": {"classification": {"name": "e"}}}
    point = {**feature, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    features = [point, feature, *found().to_geojson()["features"]]
    return {
        "COCO results": (results, lambda one: Detections.from_coco(one, NAMES, SIZE)),
        "COCO results of boxes": (boxes, lambda one: Detections.from_coco(one, NAMES, SIZE)),
        "COCO annotations": (annotated, lambda x: Detections.from_coco(x, NAMES[:2], SIZE, **ids)),
        "COCO results keypoints": (
            pointed.to_coco(7),
            lambda x: Detections.from_coco(x, NAMES, SIZE),
        ),
        "VIA keypoints": (grouped, lambda x: Detections.from_via(x, NAMES, SIZE)),
        "VIA keypoints of ours": (
            pointed.to_via("a"),
            lambda x: Detections.from_via(x, NAMES, SIZE, **points),
        ),
        "LabelMe content keypoints": (
            with_keypoints.labelme(SIZE),
            lambda x: Detections.from_labelme(x, NAMES, **points),
        ),
        "LabelMe keypoints of ours": (
            pointed.to_labelme("a"),
            lambda x: Detections.from_labelme(x, NAMES),
        ),
        "GeoJSON": (found().to_geojson(), lambda x: Detections.from_geojson(x, NAMES, SIZE)),
        "GeoJSON of QuPath": (features, lambda x: Detections.from_geojson(x, NAMES, SIZE)),
        "VIA entry": (via_export(2)["a.png99"], lambda x: Detections.from_via(x, NAMES, SIZE)),
        "VIA entry of ours": (found().to_via("a"), lambda x: Detections.from_via(x, NAMES, SIZE)),
        "LabelMe content": (labelme(), lambda x: Detections.from_labelme(x, NAMES)),
        "LabelMe of ours": (found().to_labelme("a"), lambda x: Detections.from_labelme(x, NAMES)),
    }


def changed(data, others, rng) -> bytes:
    """Return JSON that can be parsed."""
    while True:
        text = json_changes.changed(json.loads(data), rng)
        try:
            json.loads(text)
            return text.encode("utf-8", "surrogatepass")
        except (ValueError, RecursionError):
            pass


def targets() -> list[Target]:
    """Return the kinds of contents, and an image of numbers."""
    kinds = [_target(name, *known) for name, known in contents().items()]
    return [*kinds, _label_map()]


def _target(name, content, reader):
    def write(folder):
        (folder / "content.json").write_text(json.dumps(content), "utf-8")

    def read(folder, file):
        detections = reader(json.loads(file.read_bytes().decode("utf-8", "surrogatepass")))
        json.dumps([detections.to_coco(1), detections.to_geojson(), detections.to_via("a")])
        json.dumps([detections.to_labelme("a"), detections.to_yolo()])

    return Target(name, write, ("content.json",), changed, read, (ValueError,), _places, 8)


def _label_map():
    dtypes = ("u1", "i1", "u2", "i2", "i4", "u8", "i8", "f4", "f8", "?", "c8", "S1")

    def write(folder):
        (folder / "map.bin").write_bytes(b"\0\0" + found().to_label_map().astype("u1").tobytes())

    def change(data, others, rng):
        changed = bytearray(data)
        changed[:2] = rng.randrange(6), rng.randrange(len(dtypes))
        for _ in range(rng.randrange(3)):
            changed[rng.randrange(2, len(data))] = rng.randrange(256)
        return bytes(changed)

    def read(folder, file):
        kind, dtype, *_ = data = file.read_bytes()
        array = np.frombuffer(data[2:], dtypes[dtype])
        shapes = ((HEIGHT, -1), (-1, WIDTH // 8), (1, -1), (-1,), (2, 2, -1), (-1, 0)[:1])
        Detections.from_label_map(array.reshape(shapes[kind]), [1, 1, 1], None, ["cat"])

    return Target("label map", write, ("map.bin",), change, read, (ValueError,), _places)


def _places(folder, file):
    return PLACES
