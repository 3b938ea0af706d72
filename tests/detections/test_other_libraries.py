import sys
from types import SimpleNamespace

import numpy as np
import pytest

from keras_maskrcnn.detections import Detections
from keras_maskrcnn.skeletons import Skeleton
from tests.detections.scenes import blobs, solid


def found_two():
    return solid([[1, 1, 4, 3], [5, 0, 7.5, 2]], labels=[2, 1], scores=[0.75, 0.5])


def columns(table):
    return {key: list(values) for key, values in table.items()}


BY_HAND = {
    "label": [2, 1],
    "class_name": ["dust", "cell"],
    "score": [0.75, 0.5],
    "x1": [1, 5],
    "y1": [1, 0],
    "x2": [4, 7.5],
    "y2": [3, 2],
    "width": [3, 2.5],
    "height": [2, 2],
    "area": [6, 6],  # the centre of the third column lies on the edge of the box: half of 1
}


def test_table_by_hand_with_a_stand_in(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=dict))
    assert columns(found_two().to_pandas()) == BY_HAND
    boxes = Detections([[5, 0, 7.5, 2]], [1], [0.5], None, ["cell"], (6, 8))
    assert columns(boxes.to_pandas())["area"] == [5]


def test_table_of_pandas():
    pandas = pytest.importorskip("pandas")
    table = found_two().to_pandas()
    assert isinstance(table, pandas.DataFrame) and columns(table) == BY_HAND
    assert table["area"].dtype == np.int64 and table["score"].dtype == np.float32
    found = blobs(0)
    rows = found.to_pandas().query("area > 200 and class_name == 'cell'").index
    assert found[rows].boxes.tolist() == found.filter("cell", min_area=201).boxes.tolist()
    assert found[:0].to_pandas().shape == (0, 10)


def check_supervision(converted, found):
    np.testing.assert_array_equal(converted.xyxy, found.boxes)
    np.testing.assert_array_equal(converted.confidence, found.scores)
    np.testing.assert_array_equal(converted.mask, found.masks)
    assert [found.class_names[k] for k in converted.class_id] == found.names
    assert converted.data["class_name"].tolist() == found.names


def test_supervision_by_hand_with_a_stand_in(monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", SimpleNamespace(Detections=SimpleNamespace))
    converted = found_two().to_supervision()
    check_supervision(converted, found_two())
    assert converted.class_id.tolist() == [1, 0]
    boxes = Detections([[5, 0, 7.5, 2]], [1], [0.5], None, ["cell"], (6, 8))
    assert boxes.to_supervision().mask is None


def test_supervision():
    supervision = pytest.importorskip("supervision")
    found = blobs(0)
    converted = found.to_supervision()
    assert isinstance(converted, supervision.Detections) and len(converted) == 5
    check_supervision(converted, found)
    assert converted[converted.class_id == 1]["class_name"].tolist() == found.filter("dust").names
    np.testing.assert_array_equal(converted.area, found.masks.sum(axis=(1, 2)))
    image = np.zeros((*found.image_size, 3), np.uint8)
    assert supervision.MaskAnnotator().annotate(image.copy(), converted).any()
    assert len(found[:0].to_supervision()) == 0
    boxes = Detections([[5, 0, 7.5, 2]], [1], [0.5], None, ["cell"], (6, 8)).to_supervision()
    assert boxes.mask is None and boxes.area.tolist() == [5]


def with_points():
    """Two objects of the skeleton of an arrow; the second is of a class without keypoints."""
    arrow = Skeleton(("tip", "tail"))
    points = np.float32([[[2, 3, 0.9], [4, 5, 0.01]], [[0, 0, 0], [0, 0, 0]]])
    boxes, fields = [[1, 1, 4, 3], [5, 0, 7.5, 2]], {"keypoints": points}
    return Detections(boxes, [2, 1], [0.75, 0.5], None, ["cell", "dust"], (6, 8), fields, arrow)


def test_keypoints_have_columns_by_their_names(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=dict))
    table = columns(with_points().to_pandas())
    assert list(table)[10:] == ["tip_x", "tip_y", "tip_score", "tail_x", "tail_y", "tail_score"]
    assert [table[name][0] for name in ("tip_x", "tail_y")] == [2, 5]
    assert table["tip_score"][0] == np.float32(0.9) and np.isnan(table["tip_x"][1])


def test_keypoints_of_supervision():
    supervision = pytest.importorskip("supervision")
    found = with_points()
    converted = found.to_supervision_keypoints()
    assert isinstance(converted, supervision.KeyPoints) and len(converted) == 2
    np.testing.assert_array_equal(converted.xy, found.keypoints[..., :2])
    np.testing.assert_array_equal(converted.keypoint_confidence, found.keypoints[..., 2])
    assert converted.detection_confidence.tolist() == [0.75, 0.5]
    assert converted.class_id.tolist() == [1, 0] and list(converted["class_name"]) == found.names
    assert converted.visible.tolist() == [[True, False], [False, False]]
    picture = np.zeros((6, 8, 3), np.uint8)
    assert supervision.VertexAnnotator(radius=1).annotate(picture, converted)[3, 2].any()
    assert len(found[:0].to_supervision_keypoints()) == 0
    with pytest.raises(ValueError, match="`to_supervision_keypoints` must have keypoints"):
        found_two().to_supervision_keypoints()


def test_keypoints_in_geojson():
    first, second = (feature["properties"] for feature in with_points().to_geojson()["features"])
    assert first["keypoints"] == {"tip": [2.0, 3.0, 0.9], "tail": [4.0, 5.0, 0.01]}
    assert second == {"class": "cell", "score": 0.5}
    read = Detections.from_geojson(with_points().to_geojson(), ["cell", "dust"], (6, 8))
    np.testing.assert_array_equal(read.keypoints, with_points().keypoints)
    assert read.skeleton.names == ("tip", "tail")


def test_broken_keypoints_in_geojson():
    content = with_points().to_geojson()
    known = Skeleton(("tip", "tails"))
    with pytest.raises(ValueError, match="Feature 1 has the keypoint 'tail', but the skeleton has"):
        Detections.from_geojson(content, ["cell", "dust"], (6, 8), skeleton=known)
    content["features"][1]["properties"]["keypoints"] = {"tip": [1, 2]}
    with pytest.raises(ValueError, match="Feature 2 must have as its keypoints a dict"):
        Detections.from_geojson(content, ["cell", "dust"], (6, 8))


def test_what_is_chosen_or_scaled_keeps_its_keypoints():
    found = with_points()
    chosen = found.filter(classes="cell")
    assert chosen.skeleton is found.skeleton and not chosen.keypoints.any()
    np.testing.assert_array_equal(found[found.scores > 0.6].keypoints, found.keypoints[:1])
    np.testing.assert_array_equal(
        found.resized((12, 8)).keypoints[0], np.float32([[2, 6, 0.9], [4, 10, 0.01]])
    )


def test_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(ImportError, match=r"not installed. Type: .*keras3-maskrcnn\[pandas\]"):
        found_two().to_pandas()
    with pytest.raises(ImportError, match=r"not installed. Type: .*keras3-maskrcnn\[supervision\]"):
        found_two().to_supervision()
