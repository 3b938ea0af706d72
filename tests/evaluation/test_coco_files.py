"""On a COCO file the figures are those that pycocotools gives on that file."""

import contextlib
import copy
import io
import json

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from keras_maskrcnn.data import COCOSource, ShapesSource, Subset
from keras_maskrcnn.detections import Detections
from keras_maskrcnn.evaluation import evaluate

IMAGES = 10
IMAGE_IDS = [539, 100, 37, 252, 41, 8, 611, 77, 3, 460]  # unsorted, as COCO's
EMPTY = 100  # this image has no annotations
CATEGORIES = {1: "circle", 44: "square", 67: "star", 90: "triangle"}  # ids with gaps, as COCO's
SHAPES = ("circle", "square", "triangle")  # no object is a star


@pytest.fixture(scope="module")
def annotations(tmp_path_factory):
    """A COCO file whose boxes and areas are not those of its masks, with images beside it."""
    folder = tmp_path_factory.mktemp("coco")
    rng = np.random.default_rng(0)
    shapes = ShapesSource(IMAGES, image_size=(96, 96), seed=3)
    content = {
        "images": [],
        "annotations": [],
        "categories": [{"id": id_, "name": name} for id_, name in CATEGORIES.items()],
    }
    ids = {name: id_ for id_, name in CATEGORIES.items()}
    for number, sample in zip(IMAGE_IDS, shapes, strict=True):
        cv2.imwrite(str(folder / f"{number}.png"), sample.image[..., ::-1])
        content["images"].append(
            {"id": number, "file_name": f"{number}.png", "height": 96, "width": 96}
        )
        if number == EMPTY:
            continue
        for k, rle in enumerate(sample.instances.to_rle()):
            x1, y1, x2, y2 = (sample.instances.boxes[k] + rng.uniform(-3, 3, 4)).tolist()
            content["annotations"].append(
                {
                    "id": len(content["annotations"]) + 1,
                    "image_id": number,
                    "category_id": ids[SHAPES[sample.instances.labels[k] - 1]],
                    "segmentation": rle,
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": float(rng.choice([100.0, 2000.0, 20000.0])),  # small, medium, large
                    "iscrowd": int(rng.random() < 0.15),
                }
            )
        content["annotations"].append(
            {  # covers no pixel's centre: nothing to train on, but an object that is missed
                "id": len(content["annotations"]) + 1,
                "image_id": number,
                "category_id": 44,
                "segmentation": [[5.1, 5.1, 5.3, 5.1, 5.3, 5.3]],
                "bbox": [5.1, 5.1, 0.2, 0.2],
                "area": 0.02,
                "iscrowd": 0,
            }
        )
    path = folder / "annotations.json"
    path.write_text(json.dumps(content))
    return path


class Recorded:
    """A model whose detections of each image are made once, from what is there."""

    def __init__(self, source):
        # Two are no classes of the file, and the model knows no triangles.
        self.class_names = ("N/A 12", "square", "circle", "bird", "star")
        rng = np.random.default_rng(1)
        self.images = [source[i].image for i in range(len(source))]
        self.found = [self._guess(rng, source[i].instances) for i in range(len(source))]

    def _guess(self, rng, instances):
        pick = rng.integers(0, max(1, len(instances)), 2 * len(instances))
        boxes = instances.boxes[pick] + rng.normal(0, 2, (len(pick), 4))
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        labels = np.array([3, 2, 5, 1])[instances.labels[pick] - 1]
        labels = np.where(rng.random(len(pick)) < 0.2, rng.integers(1, 6, len(pick)), labels)
        scores = rng.integers(1, 6, len(pick)) / 5  # many are equal
        masks = instances.crop_masks(28)[pick]
        return Detections(boxes, labels, scores, masks, self.class_names, (96, 96))

    def detect(self, images, *, score_threshold, batch_size):
        index = [
            next(i for i, known in enumerate(self.images) if np.array_equal(known, image))
            for image in images
        ]
        return [self.found[i] for i in index]


def plain_pycocotools(path, results, iou_type, image_ids=None):
    truth = COCO(str(path))
    if iou_type == "segm":  # else pycocotools takes the box's area for the mask's
        results = [{k: v for k, v in r.items() if k != "bbox"} for r in results]
    coco_eval = COCOeval(truth, truth.loadRes(copy.deepcopy(results)), iou_type)
    if image_ids is not None:
        coco_eval.params.imgIds = image_ids
    coco_eval.evaluate()
    coco_eval.accumulate()
    coco_eval.summarize()
    return coco_eval.stats


@pytest.mark.parametrize(("kind", "iou_type"), [("box", "bbox"), ("mask", "segm")])
@pytest.mark.parametrize("part", [None, [7, 1, 4]])
def test_figures_are_those_of_the_file(kind, iou_type, part, annotations):
    source = COCOSource(annotations, annotations.parent)
    model = Recorded(source)
    ids = {name: id_ for id_, name in CATEGORIES.items()}
    category_ids = [ids.get(name, 91) for name in model.class_names]  # the file has no 91
    results = [
        result
        for image_id, found in zip(IMAGE_IDS, model.found, strict=True)
        for result in found.to_coco(image_id, category_ids)
    ]
    assert {result["category_id"] for result in results} == {1, 44, 67, 91}
    image_ids = None if part is None else [IMAGE_IDS[i] for i in part]
    with contextlib.redirect_stdout(io.StringIO()):
        stats = plain_pycocotools(annotations, results, iou_type, image_ids)
    measured = evaluate(model, source if part is None else Subset(source, part), batch_size=3)
    ours = measured[kind]
    names = ["AP", "AP50", "AP75", "APs", "APm", "APl"]
    assert [ours[name] for name in names] == stats[:6].tolist()
    assert ours["AR"] == stats[8]
    assert 0.02 < ours["AP"] < 0.9 and measured["missing_classes"] == ["triangle"]
    assert len({round(ours[name], 3) for name in names[3:]}) == 3, "sizes are told apart"


def test_boxes_and_areas_of_the_file_are_handed_on(annotations):
    source = COCOSource(annotations, annotations.parent)
    content = json.loads(annotations.read_text())
    handed = source.coco_annotations(0, source[0])
    stated = [a for a in content["annotations"] if a["image_id"] == IMAGE_IDS[0]]
    assert [a["bbox"] for a in handed] == [a["bbox"] for a in stated]
    assert [a["area"] for a in handed] == [a["area"] for a in stated]
    assert len(source[0].instances) == len(stated) - 1  # without the one that has no pixel
    assert source.coco_annotations(1, source[1]) == []  # the image EMPTY


def test_what_a_file_does_not_state_comes_from_the_mask(annotations, tmp_path):
    content = json.loads(annotations.read_text())
    for annotation in content["annotations"]:
        del annotation["bbox"], annotation["area"]
    (tmp_path / "bare.json").write_text(json.dumps(content))
    source = COCOSource(tmp_path / "bare.json", annotations.parent)
    sample = source[0]
    handed = source.coco_annotations(0, sample)[:-1]
    x1, y1, x2, y2 = sample.instances.boxes.T
    expected = np.stack([x1, y1, x2 - x1, y2 - y1], axis=1)
    np.testing.assert_array_equal([a["bbox"] for a in handed], expected)
    assert [a["area"] for a in handed] == sample.instances.areas.tolist()
