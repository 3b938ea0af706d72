import base64
import json

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import LabelMeSource, VIASource
from keras_maskrcnn.detections import Detections
from tests.detections.scenes import blobs, solid

NAMES = ("cell", "dust")
SIZE = (37, 41)
SEEDS = pytest.mark.parametrize("seed", range(4))


def through_json(content):
    return json.loads(json.dumps(content))


def tight_boxes(masks):
    """Around the pixels of each mask, the slow way."""
    boxes = []
    for mask in masks:
        y, x = np.nonzero(mask)
        boxes.append([x.min(), y.min(), x.max() + 1, y.max() + 1] if len(x) else [0, 0, 0, 0])
    return boxes


def without_holes(masks):
    """Each mask with what it encloses."""
    filled = np.zeros(masks.shape, np.uint8)
    for mask, canvas in zip(masks.astype(np.uint8), filled, strict=True):
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(canvas, contours, -1, 1, cv2.FILLED)
    return filled.astype(bool)


def with_holes(seed):
    """Blobs of which at least one has a hole and one is in pieces."""
    found = blobs(seed, count=12)
    assert any(len(rings) > 1 for pieces in found.to_rings() for rings in pieces)
    assert any(len(pieces) > 1 for pieces in found.to_rings())
    return found


def check_same(read, found, *, boxes=None, scores=None, masks=None):
    """Equal in all, but for what is given."""
    assert read.class_names == found.class_names and read.image_size == found.image_size
    np.testing.assert_array_equal(read.boxes, found.boxes if boxes is None else boxes)
    np.testing.assert_array_equal(read.labels, found.labels)
    np.testing.assert_array_equal(read.scores, found.scores if scores is None else scores)
    np.testing.assert_array_equal(read.masks, found.masks if masks is None else masks)


def rounded(scores):
    return np.float32(np.round(scores.astype(float), 4))


@SEEDS
def test_coco(seed):
    found = with_holes(seed)
    results = through_json(found.to_coco(7, category_ids=[18, 44]))
    check_same(Detections.from_coco(results, NAMES, SIZE, category_ids=[18, 44]), found)


def test_coco_without_masks():
    found = Detections([[0.1, 0.2, 3.3, 4.7]], [2], [0.3], None, NAMES, SIZE)
    read = Detections.from_coco(through_json(found.to_coco(1)), NAMES, SIZE)
    check_same(read, found)
    assert not read.has_masks and read.masks is None


def test_coco_annotations_of_polygons():
    square = [2, 1, 6, 1, 6, 3, 2, 3]
    annotation = {"category_id": 2, "bbox": [2, 1, 4, 2], "segmentation": [square], "iscrowd": 0}
    (read,) = Detections.from_coco([annotation], NAMES, (4, 8))
    assert read.scores.tolist() == [1] and read.names == ["dust"]
    assert read.boxes.tolist() == [[2, 1, 6, 3]]
    assert read.masks[0].astype(int).tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 1, 1, 1, 1, 0, 0],
        [0, 0, 1, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ]


@SEEDS
def test_geojson(seed):
    found = with_holes(seed)
    read = Detections.from_geojson(through_json(found.to_geojson()), NAMES, SIZE)
    check_same(read, found, boxes=tight_boxes(found.masks), scores=rounded(found.scores))


def test_geojson_rectangles_keep_their_boxes():
    boxes = [[0.5, 1.25, 3.5, 4.75], [6, 2, 9, 5]]
    found = Detections(boxes, [2, 1], [0.5, 0.25], None, NAMES, SIZE)
    read = Detections.from_geojson(through_json(found.to_geojson()), NAMES, SIZE)
    filled = np.zeros(SIZE, bool)
    filled[2:5, 6:9] = True
    check_same(read, found, masks=[read.masks[0], filled])


def test_geojson_of_qupath():
    ring = [[2.0, 1.0, 0], [6.0, 1.0, 0], [6.0, 3.0, 0], [2.0, 3.0, 0], [2.0, 1.0, 0]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    point = {"type": "Point", "coordinates": [1, 1]}
    features = [
        {
            "type": "Feature",
            "id": "6f4c1f5e",
            "geometry": polygon,
            "properties": {
                "objectType": "annotation",
                "classification": {"name": "dust", "color": [200, 0, 0]},
            },
        },
        {"type": "Feature", "geometry": point, "properties": {"classification": {"name": "cell"}}},
        {"type": "Feature", "geometry": None, "properties": None},
    ]
    read = Detections.from_geojson(features, NAMES, (4, 8))
    assert read.names == ["dust"] and read.scores.tolist() == [1]
    assert read.boxes.tolist() == [[2, 1, 6, 3]] and read.masks.sum() == 8
    one = {"type": "Feature", "geometry": polygon, "properties": {}}  # no class: the only one
    assert Detections.from_geojson(one, ["dust"], (4, 8)).names == ["dust"]


def test_geojson_outside_the_image_is_cut():
    ring = [[-3, 2], [4, 2], [4, 60], [-3, 60], [-3, 2]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    read = Detections.from_geojson(feature, ["cell"], (6, 8))
    assert read.boxes.tolist() == [[0, 2, 4, 6]]
    assert read.masks.sum() == 16 and read.masks[0, 2:, :4].all()


@SEEDS
def test_labelme(seed):
    found = with_holes(seed)
    read = Detections.from_labelme(through_json(found.to_labelme("a.jpg", tolerance=0)), NAMES)
    check_same(
        read,
        found,
        boxes=tight_boxes(found.masks),
        scores=rounded(found.scores),
        masks=without_holes(found.masks),
    )


def test_labelme_equals_the_reader_of_data_sets(tmp_path):
    pixels = np.uint8([[0, 255, 255], [255, 255, 0]])
    png = base64.b64encode(cv2.imencode(".png", pixels)[1]).decode()
    shapes = [
        {"label": "cell", "shape_type": "circle", "points": [[9, 8], [12.5, 8]]},
        {"label": "dust", "shape_type": "polygon", "points": [[1, 1], [9.5, 2], [3.2, 7.7]]},
        {"label": "cell", "shape_type": "mask", "points": [[20, 9], [22, 10]], "mask": png},
        {"label": "dust", "shape_type": "line", "points": [[1, 1], [9, 9]]},
        {"label": "cell", "shape_type": "rectangle", "points": [[30, 30], [25.5, 21.5]]},
    ]
    content = {"shapes": shapes, "imagePath": "a.png", "imageHeight": 37, "imageWidth": 41}
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((*SIZE, 3), np.uint8))
    (tmp_path / "a.json").write_text(json.dumps(content))
    instances = LabelMeSource(tmp_path)[0].instances
    read = Detections.from_labelme(content, NAMES)
    np.testing.assert_array_equal(read.masks, instances.to_dense())
    assert read.labels.tolist() == instances.labels.tolist() == [1, 2, 1, 1]
    assert read.boxes[2:].tolist() == [[20, 9, 23, 11], [25.5, 21.5, 30, 30]]


def test_labelme_score_of_a_description():
    texts = ["score 0.25", "score 0.5, checked by hand", "a fine one", "", None]
    square = {"label": "cell", "points": [[1, 1], [3, 1], [3, 3]]}
    shapes = [{**square, "description": text} for text in texts]
    content = {"shapes": [*shapes, square], "imageHeight": 37, "imageWidth": 41}
    read = Detections.from_labelme(content, NAMES)
    assert read.scores.tolist() == [1, 1, 1, 1, 0.5, 0.25]


@SEEDS
def test_via_keeps_the_largest_piece(seed):
    found = with_holes(seed)
    read = Detections.from_via(through_json(found.to_via("a.jpg", tolerance=0)), NAMES, SIZE)
    largest = np.zeros(found.masks.shape, bool)
    for mask, canvas in zip(without_holes(found.masks), largest, strict=True):
        _, pieces, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        canvas[:] = pieces == 1 + statistics[1:, cv2.CC_STAT_AREA].argmax()
    check_same(read, found, boxes=tight_boxes(largest), scores=np.ones(12), masks=largest)


def test_via_equals_the_reader_of_data_sets(tmp_path):
    shapes = [
        {"name": "ellipse", "cx": 12, "cy": 9.5, "rx": 8, "ry": 4, "theta": 0.4},
        {"name": "point", "cx": 3, "cy": 3},
        {"name": "polyline", "all_points_x": [20, 33, 26], "all_points_y": [20, 22, 35]},
        {"name": "rect", "x": 1.5, "y": 20, "width": 7, "height": 9},
    ]
    regions = {
        str(number): {"shape_attributes": shape, "region_attributes": {"kind": {"dust": True}}}
        for number, shape in enumerate(shapes)
    }  # a dict, as VIA 1.x writes it
    entry = {"filename": "a.png", "size": 9, "regions": regions}
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((*SIZE, 3), np.uint8))
    (tmp_path / "via.json").write_text(json.dumps({"a.png9": entry}))
    instances = VIASource(tmp_path / "via.json", tmp_path)[0].instances
    read = Detections.from_via(entry, NAMES, SIZE, attribute="kind")
    np.testing.assert_array_equal(read.masks, instances.to_dense())
    assert read.names == ["dust"] * 3 and read.boxes[2].tolist() == [1.5, 20, 8.5, 29]


def test_label_map_without_overlaps():
    boxes = [[1, 2, 9, 12], [9, 2, 20, 7], [0, 20, 41, 37]]
    found = solid(boxes, SIZE, labels=[2, 1, 2])
    read = Detections.from_label_map(found.to_label_map(), found.labels, found.scores, NAMES)
    check_same(read, found)


@SEEDS
def test_label_map_with_overlaps_keeps_what_is_seen(seed):
    found = blobs(seed)
    label_map = found.to_label_map()
    read = Detections.from_label_map(label_map, found.labels, found.scores, NAMES)
    seen = np.stack([label_map == number for number in range(1, 6)])
    check_same(read, found, boxes=tight_boxes(seen), masks=seen)
    np.testing.assert_array_equal(read.to_label_map(), label_map)


def test_label_map_with_a_hidden_object():
    read = Detections.from_label_map(np.uint16([[3, 3, 0], [1, 0, 1]]), [1, 2, 1], None, NAMES)
    assert read.boxes.tolist() == [[0, 1, 3, 2], [0, 0, 0, 0], [0, 0, 2, 1]]
    assert read.masks.sum(axis=(1, 2)).tolist() == [2, 0, 2] and read.scores.tolist() == [1, 1, 1]


@SEEDS
def test_polygons(seed):
    found = with_holes(seed)
    polygons = found.to_polygons()
    read = Detections.from_polygons(polygons, found.labels, found.scores, NAMES, SIZE)
    filled = without_holes(found.masks)
    check_same(read, found, boxes=tight_boxes(filled), masks=filled)


@SEEDS
def test_masks(seed):
    found = blobs(seed)
    read = Detections.from_masks(found.masks, found.labels, found.scores, NAMES)
    check_same(read, found, boxes=tight_boxes(found.masks))


def test_what_was_read_works_like_what_was_detected():
    found = with_holes(1)
    read = Detections.from_coco(found.to_coco(1), NAMES, SIZE)
    assert read.has_masks and read.mask_probabilities is None
    assert through_json(read.to_coco(1)) == through_json(found.to_coco(1))
    assert read.to_geojson() == found.to_geojson()
    assert read.to_labelme("a.jpg") == found.to_labelme("a.jpg")
    np.testing.assert_array_equal(read.to_label_map(), found.to_label_map())
    np.testing.assert_array_equal(read[[3, 1]].masks, found[[3, 1]].masks)
    np.testing.assert_array_equal(read.filter("dust").masks, found.filter("dust").masks)
    assert len(read.filter(min_area=100)) == len(found.filter(min_area=100))
    image = np.full((*SIZE, 3), 90, np.uint8)
    np.testing.assert_array_equal(read.draw(image), found.draw(image))


def test_sorted_by_score_with_their_masks():
    masks = np.zeros((3, 2, 3), bool)
    masks[0, 0, 0] = masks[1, 0, 1] = masks[2, 1, 2] = True
    read = Detections.from_masks(masks, [1, 2, 1], [0.2, 0.9, 0.5], NAMES)
    np.testing.assert_array_equal(read.masks, masks[[1, 2, 0]])
    assert read.boxes.tolist() == [[1, 0, 2, 1], [2, 1, 3, 2], [0, 0, 1, 1]]


def test_nothing_in_the_file():
    nothing = blobs(0)[:0]
    reads = [
        Detections.from_coco(nothing.to_coco(1), NAMES, SIZE),
        Detections.from_via(nothing.to_via("a.jpg"), NAMES, SIZE),
        Detections.from_labelme(nothing.to_labelme("a.jpg"), NAMES),
        Detections.from_geojson(nothing.to_geojson(), NAMES, SIZE),
        Detections.from_label_map(nothing.to_label_map(), [], [], NAMES),
        Detections.from_masks(nothing.masks, [], [], NAMES),
        Detections.from_polygons([], [], None, NAMES, SIZE),
    ]
    for read in reads:
        assert len(read) == 0 and read.image_size == SIZE
        assert read.masks.shape == (0, *SIZE) and read.to_coco(1) == []


RESULT = {"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.5}


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({"annotations": []}, "must be a list of dicts.*'annotations' of one image"),
        ([RESULT, {**RESULT, "image_id": 2}], r"one image.*1 and 2.*r\['image_id'\] == 1"),
        ([RESULT, {**RESULT, "category_id": 9}], r"^Result 2 has the category_id 9.*ids \[1, 2\]"),
        (
            [{**RESULT, "bbox": [1, 2, 3]}],
            r"^Result 1 must have a bbox of four numbers.*\[1, 2, 3\]",
        ),
        ([{**RESULT, "category_id": [1]}], r"^Result 1 has the category_id \[1\], which no class"),
        ([{**RESULT, "image_id": [1]}, RESULT], r"one image.*the image_id \[1\] and 1"),
        ([{**RESULT, "bbox": [1, 2, 3, 10**400]}], "^Result 1 must have a bbox of four numbers"),
        ([{**RESULT, "bbox": None}], "^Result 1 must have a bbox of four numbers"),
        (
            [{**RESULT, "score": "high"}],
            r"^Result 1 has a score that is not a number in 0..1: 'high'",
        ),
        ([{**RESULT, "segmentation": [[1, 2, 3, 4]]}], "^Result 1 has a polygon with 2 points"),
        ([{**RESULT, "segmentation": [[1, 2, 3, 4, 5, 6]]}, RESULT], "^Result 2 has no mask"),
        ([{**RESULT, "segmentation": {"size": [4, 4], "counts": [16]}}], "^Result 1.*wrong size"),
    ],
)
def test_broken_coco(results, message):
    with pytest.raises(ValueError, match=message):
        Detections.from_coco(results, NAMES, SIZE)


def feature(coordinates, kind="Polygon", **properties):
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": {"class": "cell", **properties},
    }


TRIANGLE = [[[1, 1], [5, 1], [5, 5], [1, 1]]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a.geojson", "`content` must be a GeoJSON FeatureCollection.*'a.geojson'.*json.load"),
        ([feature(TRIANGLE), {"type": "Polygon"}], "^Feature 2 must be a dict of type 'Feature'"),
        ([feature(TRIANGLE, **{"class": "cel"})], "^Feature 1 has the class 'cel'.*mean 'cell'"),
        ([feature(TRIANGLE, **{"class": None})], "^Feature 1 has the class None"),
        ([feature(TRIANGLE, score=2)], "^Feature 1 has a score that is not a number in 0..1: 2"),
        ([feature([[[1, 1], [5, 1], [1, 1]]])], "^Feature 1 has a polygon with 2 points"),
        ([feature([[1, 1], [5, 1], [5, 5]])], r"^Feature 1 has a Polygon whose|ring that is not"),
        ([feature([[["a", 1], [5, 1], [5, 5]]])], "^Feature 1 has a polygon.*not made of numbers"),
        ([feature([])], "^Feature 1 has a Polygon without coordinates"),
        ([feature([[]], "MultiPolygon")], "^Feature 1 has a MultiPolygon without coordinates"),
        ([feature(None, "GeometryCollection")], "^Feature 1 .* type 'GeometryCollection'.*remove"),
    ],
)
def test_broken_geojson(content, message):
    with pytest.raises(ValueError, match=message):
        Detections.from_geojson(content, NAMES, SIZE)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"label": "dog"}, r"^Shape 2 has the class 'dog'.*class_names=\['cell', 'dust'\]"),
        ({"points": [[1, 1]]}, "^Shape 2 has a polygon with 1 points"),
        ({"points": "none"}, "^Shape 2 has a polygon whose points are not numbers"),
        ({"shape_type": "star"}, "^Shape 2 has an unknown shape_type: 'star'"),
        ({"description": "score 1.5"}, "^Shape 2 has a score that is not a number in 0..1: 1.5"),
    ],
)
def test_broken_labelme(shape, message):
    good = {"label": "cell", "points": [[1, 1], [3, 1], [3, 3]]}
    content = {"shapes": [good, {**good, **shape}], "imageHeight": 37, "imageWidth": 41}
    with pytest.raises(ValueError, match=message):
        Detections.from_labelme(content, NAMES)
    with pytest.raises(ValueError, match="`content` must be that of a LabelMe file"):
        Detections.from_labelme({"shapes": [good]}, NAMES)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (
            {"region_attributes": {}},
            "^Region 2 of image 'a.jpg' .* no value of the attribute 'class'",
        ),
        ({"region_attributes": {"class": "dusk"}}, "^Region 2 .* class 'dusk'.* mean 'dust'"),
        (
            {"shape_attributes": {"name": "rect", "x": 1}},
            "^Region 2 .* whose y is not a usable number",
        ),
        ({"shape_attributes": None}, "^Region 2 of image 'a.jpg' .* must have shape_attributes"),
    ],
)
def test_broken_via(region, message):
    rect = {"name": "rect", "x": 2, "y": 1, "width": 3, "height": 2}
    good = {"shape_attributes": rect, "region_attributes": {"class": "cell"}}
    entry = {"filename": "a.jpg", "size": 9, "regions": [good, {**good, **region}]}
    with pytest.raises(ValueError, match=message):
        Detections.from_via(entry, NAMES, SIZE)
    with pytest.raises(ValueError, match="entry of one image.*_via_img_metadata"):
        Detections.from_via({"_via_img_metadata": {"a.jpg9": entry}}, NAMES, SIZE)


def test_broken_arrays():
    with pytest.raises(ValueError, match=r"shape \(n, H, W\).*\(4, 8\)"):
        Detections.from_masks(np.zeros((4, 8)), [1], [0.9], NAMES)
    with pytest.raises(ValueError, match="one number per box"):
        Detections.from_masks(np.zeros((2, 4, 8)), [1], None, NAMES)
    with pytest.raises(ValueError, match=r"array \(H, W\) of integers.*float64.*IMREAD_UNCHANGED"):
        Detections.from_label_map(np.zeros((4, 8)), [1], None, NAMES)
    with pytest.raises(ValueError, match=r"numbers in 0\.\.1, one for each.*from 0 to 2"):
        Detections.from_label_map(np.uint8([[0, 2]]), [1], None, NAMES)
    with pytest.raises(ValueError, match="^Outline 2 of object 1 has a polygon with 2 points"):
        square = [[2, 1], [6, 1], [6, 3], [2, 3]]
        Detections.from_polygons([[square, square[:2]]], [1], None, NAMES, SIZE)
