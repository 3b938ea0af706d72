import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_masks

from keras_maskrcnn.detections import Detections
from keras_maskrcnn.mask_crops import paste
from tests.detections.scenes import solid


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
    assert not found.has_masks and found.mask_probabilities is None
    for write in (found.to_label_map, found.to_rle, found.to_rings):
        with pytest.raises(ValueError, match="must have masks to work on"):
            write()


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


def test_draw_takes_paths_and_images_of_pillow(tmp_path):
    found = solid([[10, 20, 30, 40]], image_size=(100, 120))
    given = Image.new("RGB", (120, 100), "red")
    given.save(tmp_path / "a.png")
    expected = found.draw(np.asarray(given))
    for image in (given, tmp_path / "a.png", str(tmp_path / "a.png")):
        np.testing.assert_array_equal(found.draw(image), expected)
    with pytest.raises(ValueError, match=r"must have the size .*\(100, 120\)"):
        found.draw(Image.new("RGB", (100, 120)))


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


def test_resized_boxes_and_grids():
    found = solid([[2, 1, 6, 3]])  # of 6 x 8 pixels
    large = found.resized((12, 8))
    assert large.image_size == (12, 8) and large.boxes.tolist() == [[2, 2, 6, 6]]
    assert large.masks[0].sum() == 16 and large.masks[0, 2:6, 2:6].all()
    assert large.mask_probabilities is not None and large.scores.tolist() == found.scores.tolist()
    boxes = Detections([[2, 1, 6, 3]], [1], [0.9], None, ["cell"], (6, 8)).resized((3, 4))
    assert boxes.boxes.tolist() == [[1, 0.5, 3, 1.5]] and boxes.masks is None


def test_resized_pixels():
    mask = np.array([[0, 0, 0, 0], [0, 1, 0, 1], [0, 1, 1, 1]], bool)
    found = Detections.from_masks([mask, 0 * mask], [1, 1], [0.9, 0.8], ["cell"])
    twice = np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1)
    np.testing.assert_array_equal(found.resized((6, 8)).masks[0], twice)
    assert not found.resized((6, 8)).masks[1].any()
    np.testing.assert_array_equal(found.resized((6, 8)).resized((3, 4)).masks, found.masks)
    # 3 columns for 4: their centres lie in the columns 0, 2 and 3
    np.testing.assert_array_equal(found.resized((3, 3)).masks[0], mask[:, [0, 2, 3]])
