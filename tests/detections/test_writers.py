import json

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_masks

from keras_maskrcnn.data import LabelMeSource
from keras_maskrcnn.detections import Detections
from tests.detections.scenes import solid


def test_label_map_by_hand():
    found = solid([[3, 0, 6, 2], [1, 0, 4, 3]], image_size=(4, 7), scores=[0.5, 0.9])
    label_map = found.to_label_map()
    assert label_map.dtype == np.uint16
    assert label_map.tolist() == [
        [0, 1, 1, 1, 2, 2, 0],
        [0, 1, 1, 1, 2, 2, 0],
        [0, 1, 1, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ]


def test_label_map_read_back_from_a_png(tmp_path):
    found = solid([[i % 20, i // 20, i % 20 + 1, i // 20 + 1] for i in range(400)], (20, 20))
    cv2.imwrite(str(tmp_path / "labels.png"), found.to_label_map())
    read = cv2.imread(str(tmp_path / "labels.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read, np.arange(1, 401).reshape(20, 20))


def test_coco_results_by_hand():
    results = solid([[1, 2, 4, 5.5], [0, 0, 1, 1]], labels=[2, 1]).to_coco(7, category_ids=[18, 44])
    assert results[0]["image_id"] == 7
    assert results[0]["category_id"] == 44 and results[1]["category_id"] == 18
    assert results[0]["bbox"] == [1.0, 2.0, 3.0, 3.5]
    assert results[0]["score"] == pytest.approx(0.9)
    # Columns of 6: 8 zeros, then rows 2..5 of three columns (the centre of row 5 is on the edge of
    # the box: 0.5 * 1), with 2 zeros between.
    assert results[0]["segmentation"]["size"] == [6, 8]
    counts = {"size": [6, 8], "counts": [8, 4, 2, 4, 2, 4, 24]}
    encoded = coco_masks.frPyObjects(counts, 6, 8)["counts"].decode()
    assert results[0]["segmentation"]["counts"] == encoded
    assert json.loads(json.dumps(results)) == results
    assert [r["category_id"] for r in solid([[0, 0, 1, 1]], labels=[2]).to_coco(1)] == [2]


def test_numbers_of_numpy_become_json():
    names = np.array(["cell", "dust"])
    found = Detections([[1, 2, 4, 5]], [2], [0.9], np.ones((1, 7, 7)), names, np.array([6, 8]))
    (result,) = found.to_coco(np.int64(3), category_ids=np.array([18, 44]))
    assert json.loads(json.dumps(result)) == result and result["image_id"] == 3
    assert found.to_coco(np.str_("a"))[0]["image_id"] == "a"
    for entry in (found.to_via("a.png", file_size=np.int64(9)), found.to_labelme("a.png")):
        assert json.loads(json.dumps(entry)) == entry
    numbered = Detections([[1, 2, 4, 5]], [1], [0.9], None, np.array([7]), (6, 8))
    for entry in (numbered.to_geojson(), numbered.to_via("a.png"), numbered.to_labelme("a.png")):
        assert json.loads(json.dumps(entry)) == entry


def rasterize(geometry, image_size):
    """The pixels whose centre lies in a GeoJSON geometry: an odd number of edges to its right."""
    many = geometry["type"] == "MultiPolygon"
    pieces = geometry["coordinates"] if many else [geometry["coordinates"]]
    y, x = np.indices(image_size) + 0.5
    inside = np.zeros(image_size, bool)
    for ring in (ring for rings in pieces for ring in rings):
        assert ring[0] == ring[-1]
        for (x1, y1), (x2, y2) in zip(ring[:-1], ring[1:], strict=True):
            if y1 != y2:
                right = x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
                inside ^= ((y1 > y) != (y2 > y)) & right
    return inside


@pytest.mark.parametrize("seed", range(4))
def test_geojson_read_back(seed):
    rng = np.random.default_rng(seed)
    masks = np.stack([cv2.GaussianBlur(rng.uniform(size=(9, 9)), (0, 0), 0.7) for _ in range(5)])
    corner = rng.uniform(-5, 20, (5, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(8, 40, (5, 2))], axis=1)
    scores = [0.9, 0.8, 0.7, 0.6, 0.5]
    found = Detections(boxes, [1, 2, 1, 2, 1], scores, masks, ["cell", "dust"], (37, 41))
    content = json.loads(json.dumps(found.to_geojson()))
    assert content["type"] == "FeatureCollection" and len(content["features"]) == 5
    for feature, mask, name in zip(content["features"], found.masks, found.names, strict=True):
        assert feature["type"] == "Feature" and feature["properties"]["class"] == name
        np.testing.assert_array_equal(rasterize(feature["geometry"], (37, 41)), mask)
    scores_read = [feature["properties"]["score"] for feature in content["features"]]
    assert scores_read == scores


def test_geojson_keeps_a_hole():
    ring = np.float32([[[1, 1, 1], [1, 0, 1], [1, 1, 1]]])
    found = Detections([[0, 0, 30, 30]], [1], [0.9], ring, ["cell"], (30, 30))
    geometry = found.to_geojson()["features"][0]["geometry"]
    assert geometry["type"] == "Polygon" and len(geometry["coordinates"]) == 2
    assert not rasterize(geometry, (30, 30))[15, 15]
    np.testing.assert_array_equal(rasterize(geometry, (30, 30)), found.masks[0])


def read_labelme(folder, found, tolerance):
    """The objects that our reader finds in a file of these detections."""
    cv2.imwrite(str(folder / "a.png"), np.zeros((*found.image_size, 3), np.uint8))
    content = found.to_labelme("a.png", tolerance=tolerance)
    (folder / "a.json").write_text(json.dumps(content))
    source = LabelMeSource(folder)
    return source.class_names, source[0].instances


def test_labelme_read_back(tmp_path):
    rows, columns = np.indices((9, 9))
    two_bars = np.abs(columns - 4) > 1.5
    plus = (np.abs(rows - 4) < 2) | (np.abs(columns - 4) < 2)
    masks = np.stack([two_bars, plus, two_bars]).astype(float)
    boxes = [[2, 3, 21, 16], [10.5, 11, 30, 28.2], [0, 20, 9, 29]]
    found = Detections(boxes, [2, 1, 2], [0.9, 0.8, 0.7], masks, ["cell", "dust"], (30, 31))
    assert [len(pieces) for pieces in found.to_polygons()] == [2, 1, 2]
    names, instances = read_labelme(tmp_path, found, tolerance=0)
    assert names == ("cell", "dust") and instances.labels.tolist() == [2, 1, 2]
    np.testing.assert_array_equal(instances.to_dense(), found.masks)


def test_labelme_file_by_hand():
    content = solid([[1, 1, 4, 3], [9, 0, 9, 2]], labels=[2, 1]).to_labelme("a.jpg")
    assert (content["imagePath"], content["imageHeight"], content["imageWidth"]) == ("a.jpg", 6, 8)
    (shape,) = content["shapes"]  # the second mask is empty
    assert sorted(shape.pop("points")) == [[1, 1], [1, 3], [4, 1], [4, 3]]
    assert shape == {
        "label": "dust",
        "group_id": None,
        "description": "score 0.9",
        "shape_type": "polygon",
        "flags": {},
        "mask": None,
    }


def test_labelme_rectangles_read_back(tmp_path):
    found = Detections([[1, 2, 4, 4], [0, 0, 8, 3]], [1, 1], [0.8, 0.7], None, ["cell"], (6, 8))
    _, instances = read_labelme(tmp_path, found, tolerance=1)
    assert instances.boxes.tolist() == [[1, 2, 4, 4], [0, 0, 8, 3]]


def test_last_digits_of_scores_show_in_coco_only():
    boxes = [[1, 1, 4, 3]]
    one, two = (solid(boxes, scores=[score]) for score in (0.8765432, 0.8765445))
    assert one.to_geojson() == two.to_geojson()
    assert one.to_geojson()["features"][0]["properties"]["score"] == 0.8765
    assert one.to_labelme("a.jpg") == two.to_labelme("a.jpg")
    assert one.to_labelme("a.jpg")["shapes"][0]["description"] == "score 0.8765"
    assert one.to_coco(1)[0]["score"] == float(np.float32(0.8765432))


def test_rle_by_hand():
    (rle,) = solid([[1, 2, 4, 5.5]]).to_rle()
    # Columns of 6: 8 zeros, then rows 2..5 of three columns, with 2 zeros between.
    np.testing.assert_array_equal(coco_masks.decode(rle)[2:, 1:4], 1)
    assert rle["size"] == [6, 8] and coco_masks.area(rle) == 12


def test_rings_by_hand():
    mask = np.uint8([[1, 1, 1, 0, 0], [1, 0, 1, 0, 1], [1, 1, 1, 0, 0]])
    found = Detections.from_masks([mask, 0 * mask], [1, 1], [0.9, 0.8], ["cell"])
    (ring, dot), nothing = found.to_rings()
    assert nothing == [] and [len(rings) for rings in (ring, dot)] == [2, 1]
    corners = [sorted(points.tolist()) for points in (*ring, *dot)]
    assert corners[0] == [[0, 0], [0, 3], [3, 0], [3, 3]]
    assert corners[1] == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert corners[2] == [[4, 1], [4, 2], [5, 1], [5, 2]]


def test_via_entry_by_hand():
    entry = solid([[1, 1, 4, 3], [5, 0, 7, 2]], labels=[2, 1]).to_via("a.jpg", file_size=99)
    assert (entry["filename"], entry["size"], entry["file_attributes"]) == ("a.jpg", 99, {})
    region = entry["regions"][0]
    assert region["region_attributes"] == {"class": "dust"}
    shape = region["shape_attributes"]
    assert shape["name"] == "polygon"
    points = set(zip(shape["all_points_x"], shape["all_points_y"], strict=True))
    assert points == {(1, 1), (4, 1), (4, 3), (1, 3)}
    assert entry["regions"][1]["region_attributes"] == {"class": "cell"}
    assert json.loads(json.dumps(entry)) == entry
