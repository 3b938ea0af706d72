import json

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_masks

from keras_maskrcnn.data import LabelMeSource
from keras_maskrcnn.detections import Detections
from keras_maskrcnn.mask_crops import paste


def solid(boxes, image_size=(6, 8), scores=None, labels=None, names=("cell", "dust")):
    """Detections whose masks fill their boxes."""
    n = len(boxes)
    scores = np.linspace(0.9, 0.5, n) if scores is None else scores
    labels = np.ones(n, int) if labels is None else labels
    return Detections(boxes, labels, scores, np.ones((n, 4, 4)), names, image_size)


def paste_slowly(mask, box, image_size):
    """Every pixel of the image by itself: bilinear at its centre, zero outside the grid."""
    pasted = np.zeros(image_size, bool)
    rows, columns = mask.shape
    padded = np.pad(mask.astype(np.float64), 1)
    for y, x in np.ndindex(*image_size):
        v = (y + 0.5 - box[1]) / (box[3] - box[1]) * rows - 0.5
        u = (x + 0.5 - box[0]) / (box[2] - box[0]) * columns - 0.5
        i, j = int(np.floor(v)), int(np.floor(u))
        if -1 <= i < rows and -1 <= j < columns:
            corners = padded[i + 1 : i + 3, j + 1 : j + 3]
            weights = np.outer([1 - (v - i), v - i], [1 - (u - j), u - j])
            pasted[y, x] = (corners * weights).sum() >= 0.5
    return pasted


@pytest.mark.parametrize("seed", range(4))
def test_paste_equals_the_slow_one(seed):
    rng = np.random.default_rng(seed)
    size = (37, 41)
    corner = rng.uniform(-12, 36, (12, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(0.3, 40, (12, 2))], axis=1)
    masks = rng.uniform(0, 1, (12, 7, 7))
    found = Detections(boxes, np.ones(12), np.linspace(1, 0, 12), masks, ["a"], size)
    exact = [
        paste_slowly(m, b, size) for m, b in zip(found.mask_probabilities, found.boxes, strict=True)
    ]
    assert found.masks.dtype == bool
    np.testing.assert_array_equal(found.masks, exact)


@pytest.mark.parametrize(
    "box", [(3, 2, 3, 5), (3, 2, 1, 5), (20, 2, 25, 5), (-9, -9, -1, -1), (2.1, 2.1, 2.3, 2.3)]
)
def test_paste_of_nothing(box):
    crop, x, y = paste(np.ones((3, 3), np.float32), box, (6, 8))
    assert crop.size == 0 and 0 <= x <= 8 and 0 <= y <= 6
    found = solid([box])
    assert not found.masks.any()
    assert found.to_polygons() == [[]]
    assert found.to_via("a.jpg")["regions"] == []
    assert found.to_labelme("a.jpg")["shapes"] == []
    assert found.to_geojson() == {"type": "FeatureCollection", "features": []}
    assert coco_masks.area(found.to_coco(1)[0]["segmentation"]) == 0


def test_sorted_by_score_and_ties_keep_their_order():
    found = solid([[i, 0, i + 1, 1] for i in range(4)], scores=[0.5, 0.9, 0.5, 0.7])
    assert found.scores.tolist() == pytest.approx([0.9, 0.7, 0.5, 0.5])
    assert found.boxes[:, 0].tolist() == [1, 3, 0, 2]


def test_selection():
    found = solid([[0, 0, 2, 2], [2, 2, 4, 4], [4, 4, 6, 6]], labels=[1, 2, 1])
    assert len(found[1]) == 1 and found[1].names == ["dust"]
    assert found[-1].boxes.tolist() == [[4, 4, 6, 6]]
    assert found[found.labels == 1].boxes[:, 0].tolist() == [0, 4]
    assert found[[2, 0]].boxes[:, 0].tolist() == [0, 4]  # still by score
    assert len(found[:0]) == 0 and found[:0].masks.shape == (0, 6, 8)
    assert [len(one) for one in found] == [1, 1, 1]
    with pytest.raises(IndexError):
        found[3]


def test_filter():
    boxes = [[0, 0, 2, 2], [2, 2, 5, 4], [4, 0, 8, 6]]  # 4, 6 and 24 pixels
    found = solid(boxes, labels=[1, 2, 1], scores=[0.9, 0.7, 0.5])
    assert found.filter().boxes.tolist() == boxes
    assert found.filter("dust").boxes.tolist() == [boxes[1]]
    assert found.filter(("dust", "cell")).boxes.tolist() == boxes
    assert len(found.filter([])) == 0 and found.filter([]).masks.shape == (0, 6, 8)
    assert found.filter(min_score=0.7).boxes.tolist() == boxes[:2]
    assert found.filter(min_score=np.float64(0.7)).boxes.tolist() == boxes[:2]
    assert found.filter(min_area=6).boxes.tolist() == boxes[1:]
    assert found.filter(max_area=6).boxes.tolist() == boxes[:2]
    assert found.filter("cell", 0.6, 1, 30).boxes.tolist() == [boxes[0]]


def test_filter_counts_pixels_of_the_mask_and_without_masks_the_box():
    half = np.zeros((1, 4, 4))
    half[:, :2] = 1
    arguments = ["cell"], (6, 8)
    masked = Detections([[0, 0, 4, 4]], [1], [0.9], half, *arguments)
    boxed = Detections([[0, 0, 4, 4]], [1], [0.9], None, *arguments)
    assert masked.masks.sum() == 8
    assert len(masked.filter(min_area=8)) == 1 and len(masked.filter(min_area=8.5)) == 0
    assert len(boxed.filter(min_area=16)) == 1 and len(boxed.filter(min_area=16.5)) == 0
    nothing = Detections(np.zeros((0, 4)), [], [], np.zeros((0, 4, 4)), *arguments)
    assert len(nothing.filter("cell", 0.5, 1, 2)) == 0


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
    assert scores_read == found.scores.tolist()


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
        "description": "score 0.90",
        "shape_type": "polygon",
        "flags": {},
        "mask": None,
    }


def test_labelme_rectangles_read_back(tmp_path):
    found = Detections([[1, 2, 4, 4], [0, 0, 8, 3]], [1, 1], [0.8, 0.7], None, ["cell"], (6, 8))
    _, instances = read_labelme(tmp_path, found, tolerance=1)
    assert instances.boxes.tolist() == [[1, 2, 4, 4], [0, 0, 8, 3]]


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


def test_without_masks():
    found = Detections([[1, 2, 4, 4]], [1], [0.8], None, ["cell"], (6, 8))
    assert found.masks is None and found[0].masks is None
    assert "segmentation" not in found.to_coco(1)[0]
    shape = found.to_via("a.jpg")["regions"][0]["shape_attributes"]
    assert shape == {"name": "rect", "x": 1.0, "y": 2.0, "width": 3.0, "height": 2.0}
    rectangle = [[[1.0, 2.0], [4.0, 2.0], [4.0, 4.0], [1.0, 4.0], [1.0, 2.0]]]
    geometry = found.to_geojson()["features"][0]["geometry"]
    assert geometry == {"type": "Polygon", "coordinates": rectangle}
    assert found.draw(np.zeros((6, 8, 3), np.uint8)).any()
    with pytest.raises(ValueError, match="must have masks to work on.*mask_probabilities=None"):
        found.to_polygons()
    with pytest.raises(ValueError, match="must have masks to work on"):
        found.to_label_map()


def test_nothing_found():
    found = Detections(np.zeros((0, 4)), [], [], np.zeros((0, 28, 28)), ["cell"], (6, 8))
    image = np.full((6, 8, 3), 7, np.uint8)
    assert len(found) == 0 and found.masks.shape == (0, 6, 8)
    assert found.to_coco(1) == [] and found.to_polygons() == [] and found.names == []
    assert found.to_via("a.jpg")["regions"] == []
    assert found.to_labelme("a.jpg")["shapes"] == []
    assert found.to_geojson() == {"type": "FeatureCollection", "features": []}
    np.testing.assert_array_equal(found.draw(image), image)
    assert found.to_label_map().shape == (6, 8) and not found.to_label_map().any()
    assert repr(found) == "<Detections: 0 objects in 6 x 8 pixels>"


def test_draw_colours_the_mask_and_nothing_else():
    found = solid([[10, 20, 30, 40]], image_size=(100, 120))  # too small to get a box
    image = np.zeros((100, 120, 3), np.uint8)
    picture = found.draw(image, show_labels=False)
    assert not image.any() and picture.shape == image.shape and picture.dtype == np.uint8
    np.testing.assert_array_equal(picture.any(axis=2), found.masks[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [1]}, r"one number per box.*boxes.shape=\(2, 4\), labels.shape=\(1,\)"),
        ({"scores": [[0.5], [0.5]]}, r"one number per box.*scores.shape=\(2, 1\)"),
        ({"mask_probabilities": np.ones((3, 4, 4))}, r"shape \(2, m, m\).*\(3, 4, 4\)"),
        ({"mask_probabilities": np.ones((2, 4))}, r"shape \(2, m, m\).*\(2, 4\)"),
        ({"boxes": [[0, 0, np.nan, 1]] * 2}, "finite.*diverged"),
        ({"labels": [0, 1]}, r"1\.\.2.*from 0 to 1.*padding"),
        ({"labels": [1, 3]}, r"1\.\.2.*from 1 to 3"),
    ],
)
def test_bad_arguments(change, message):
    arguments = {
        "boxes": np.zeros((2, 4)),
        "labels": [1, 2],
        "scores": [0.5, 0.5],
        "mask_probabilities": np.ones((2, 4, 4)),
        "class_names": ["cell", "dust"],
        "image_size": (6, 8),
    }
    with pytest.raises(ValueError, match=message):
        Detections(**{**arguments, **change})


def test_bad_method_arguments():
    found = solid([[0, 0, 2, 2]])
    with pytest.raises(ValueError, match=r"size these detections were made at, \(6, 8\).*\(8, 6"):
        found.draw(np.zeros((8, 6, 3), np.uint8))
    with pytest.raises(ValueError, match="each of the 2 classes. Received: 3 ids"):
        found.to_coco(1, category_ids=[1, 2, 3])
    with pytest.raises(ValueError, match=r"\['dog'\] are unknown. Choose among \['cell', 'dust'\]"):
        found.filter(["cell", "dog"])
