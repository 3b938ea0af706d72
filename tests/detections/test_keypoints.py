"""Keypoints of detections, in the files of other tools and back."""

import json

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import VIASource, via_project
from keras_maskrcnn.detections import Detections
from keras_maskrcnn.skeletons import Skeleton, as_skeleton

FACE = Skeleton(("nose", "left", "right"), mirrored=[("left", "right")])
SIZE = (37, 41)
# Of the second face the left eye's score is too low for it to be drawn.
POINTS = np.float32(
    [
        [[10.25, 9, 0.9], [8, 6.5, 0.75], [13, 6, 0.5]],
        [[30, 20, 0.25], [27, 16, 0.01], [33, 16.125, 1]],
    ]
)
SEEN = POINTS * (POINTS[..., 2:] >= 0.05)


def faces(masks=True):
    boxes = [[5, 3, 16, 14], [25, 12, 36, 26]]
    grids = np.ones((2, 28, 28)) if masks else None
    return Detections(boxes, [1, 1], [0.8, 0.6], grids, ["face"], SIZE, {"keypoints": POINTS}, FACE)


def through_json(content):
    return json.loads(json.dumps(content))


@pytest.mark.parametrize("masks", [True, False])
def test_coco_results_keep_everything(masks):
    found = faces(masks)
    results = through_json(found.to_coco(7))
    read = Detections.from_coco(results, ["face"], SIZE, skeleton=FACE)
    np.testing.assert_array_equal(read.keypoints, POINTS)
    np.testing.assert_array_equal(read.scores, found.scores)
    assert read.skeleton is FACE
    unnamed = Detections.from_coco(results, ["face"], SIZE)
    assert unnamed.skeleton == as_skeleton(3)
    del results[0]["keypoints"]
    read = Detections.from_coco(results, ["face"], SIZE)
    np.testing.assert_array_equal(read.keypoints[0], np.zeros((3, 3)))
    np.testing.assert_array_equal(read.keypoints[1], POINTS[1])


def test_coco_annotations_have_scores_of_1():
    annotation = {
        "category_id": 1,
        "bbox": [5, 3, 11, 11],
        "keypoints": [4, 3, 2, 6, 5, 1, 0, 0, 0],
    }
    read = Detections.from_coco([annotation], ["face"], SIZE)
    assert read.keypoints.tolist() == [[[4.5, 3.5, 1], [6.5, 5.5, 1], [0, 0, 0]]]


@pytest.mark.parametrize("points", [[1, 2], [1, 2, 3, 4], "12", [1, 2, None] * 3])
def test_wrong_coco_keypoints_say_which(points):
    result = {"category_id": 1, "bbox": [5, 3, 11, 11], "score": 0.5, "keypoints": points}
    with pytest.raises(ValueError, match="Result 1 must have keypoints of 9 numbers"):
        Detections.from_coco([result], ["face"], SIZE, skeleton=FACE)


def test_labelme_keeps_scores():
    found = faces()
    content = through_json(found.to_labelme("a.jpg"))
    kinds = [shape["shape_type"] for shape in content["shapes"]]
    assert kinds == ["polygon", *["point"] * 3, "polygon", *["point"] * 2]
    assert [shape["group_id"] for shape in content["shapes"]] == [1] * 4 + [2] * 3
    assert content["shapes"][1]["points"] == [[10.25, 9]]
    assert content["shapes"][1]["description"] == "score 0.9"
    read = Detections.from_labelme(content, ["face"], skeleton=FACE)
    np.testing.assert_array_equal(read.keypoints, SEEN)
    assert Detections.from_labelme(content, ["face"]).skeleton.names == ("left", "nose", "right")


def test_via_keeps_what_is_drawn(tmp_path):
    found = faces(masks=False)
    entry = through_json(found.to_via("a.png"))
    assert len(entry["regions"]) == 2 + 5
    read = Detections.from_via(entry, ["face"], SIZE, skeleton=FACE)
    np.testing.assert_array_equal(read.keypoints[..., :2], SEEN[..., :2])
    assert read.keypoints[..., 2].tolist() == [[1, 1, 1], [1, 0, 1]]
    path = tmp_path / "via.json"
    path.write_text(json.dumps(via_project([entry], ["face"], skeleton=FACE)))
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((*SIZE, 3), np.uint8))
    source = VIASource(path, tmp_path)
    assert source.skeleton.names == FACE.names and source.class_names == ("face",)
    points = source.instances(0).fields["keypoints"].points
    np.testing.assert_array_equal(points[..., :2], SEEN[..., :2])
    assert points[..., 2].tolist() == [[2, 2, 2], [2, 0, 2]]


def test_yolo():
    found = faces()
    first, second = found.to_yolo().splitlines()
    assert second.split()[5:] == [
        *(f"{30 / 41:.10g}", f"{20 / 37:.10g}", "2"),
        *("0", "0", "0"),
        *(f"{33 / 41:.10g}", f"{16.125 / 37:.10g}", "2"),
    ]
    read = Detections.from_yolo(found.to_yolo(), ["face"], SIZE, skeleton=FACE)
    np.testing.assert_allclose(read.boxes, found.boxes, rtol=1e-7)
    np.testing.assert_allclose(read.keypoints[..., :2], SEEN[..., :2], rtol=1e-7)
    assert read.keypoints[..., 2].tolist() == [[1, 1, 1], [1, 0, 1]] and not read.has_masks
    with pytest.raises(ValueError, match="Line 2 is of class 1, but only 0 to 0 have names"):
        Detections.from_yolo("0 0.5 0.5 0.5 0.5\n1 0 0 1 0 1 1", ["face"], SIZE)
    with pytest.raises(ValueError, match="`text` must be the text of the labels"):
        Detections.from_yolo(None, ["face"], SIZE)
    plain = Detections([[2, 1, 6, 3]], [2], [0.9], np.ones((1, 28, 28)), ["a", "b"], (4, 8))
    assert plain.to_yolo() == "1 0.25 0.25 0.25 0.75 0.75 0.75 0.75 0.25\n"
    (again,) = Detections.from_yolo(plain.to_yolo(), ["a", "b"], (4, 8))
    assert again.names == ["b"] and (again.masks == plain.masks).all()
    assert plain[:0].to_yolo() == ""
