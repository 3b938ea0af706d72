from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from keras_maskrcnn.data import Instances
from keras_maskrcnn.drawing import PALETTE, draw_ground_truth, draw_instances
from keras_maskrcnn.drawing.instances import CROWD_COLOR
from keras_maskrcnn.drawing.labels import draw_labels, ink_on, shortened, text_width


def black(height, width):
    return np.zeros((height, width, 3), np.uint8)


def grid(count, side, step):
    """`count` square boxes in rows of 10."""
    at = np.array([(i % 10 * step, i // 10 * step) for i in range(count)], float) + step / 4
    return np.concatenate([at, at + side], axis=1)


def squares(boxes):
    return [
        (np.ones((int(b[3] - b[1]), int(b[2] - b[0])), np.uint8), *b[:2].astype(int)) for b in boxes
    ]


def test_fill_and_outline_by_hand():
    image = np.full((30, 30, 3), 100, np.uint8)
    mask = np.zeros((1, 30, 30), bool)
    mask[0, 10:15, 5:12] = True
    colors = [(200, 0, 50)]
    picture = draw_instances(
        image, [[5, 10, 12, 15]], [1], masks=mask, show_labels=False, colors=colors, opacity=0.25
    )
    expected = image.copy()
    expected[10:15, 5:12] = (200, 0, 50)  # the outline, one pixel within the mask
    expected[11:14, 6:11] = (125, 75, 88)  # 0.75 * 100 + 0.25 * colour; 87.5 rounds to even
    np.testing.assert_array_equal(picture, expected)
    assert (image == 100).all()


def test_crops_draw_as_dense_masks():
    rng = np.random.default_rng(0)
    instances = Instances.from_dense(rng.uniform(size=(5, 40, 50)) > 0.9, [1] * 5)
    crops = [
        (mask, int(box[0]), int(box[1]))
        for mask, box in zip(instances.masks, instances.boxes, strict=True)
    ]
    image = rng.integers(0, 255, (40, 50, 3), np.uint8)
    pictures = [
        draw_instances(image, instances.boxes, instances.labels, masks=masks, class_names=["a"])
        for masks in (crops, instances.to_dense(), list(instances.to_dense()))
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    np.testing.assert_array_equal(pictures[0], pictures[2])


def test_small_objects_lie_over_large_ones():
    boxes = np.array([[10, 10, 20, 20], [0, 0, 40, 40]])
    for order in ([0, 1], [1, 0]):
        picture = draw_instances(
            black(40, 40),
            boxes[order],
            [1, 1],
            masks=squares(boxes[order]),
            show_labels=False,
            colors=np.array([(250, 0, 0), (0, 250, 0)])[order],
            opacity=1.0,
        )
        assert picture[15, 15].tolist() == [250, 0, 0] and picture[30, 30].tolist() == [0, 250, 0]


def test_boxes_alone_by_hand():
    picture = draw_instances(black(12, 12), [[2, 3, 8, 9]], [1], show_labels=False)
    expected = np.zeros((12, 12), bool)
    expected[3:9, 2:8] = True  # the outermost pixels within the box
    expected[4:8, 3:7] = False
    np.testing.assert_array_equal(picture.any(axis=2), expected)
    assert picture[3, 2].tolist() == PALETTE[0].tolist()


def test_an_object_without_a_mask_shows_its_box():
    image = black(60, 60)
    boxes, colors = np.float32([[2, 2, 12, 12], [30, 30, 50, 50]]), [(9, 0, 0), (0, 9, 0)]
    masks = [*squares(boxes[:1]), None]
    options = {"show_labels": False}
    picture = draw_instances(image, boxes, [1, 1], masks=masks, colors=colors, **options)
    expected = draw_instances(image, boxes[:1], [1], masks=masks[:1], colors=colors[:1], **options)
    expected = draw_instances(expected, boxes[1:], [1], colors=colors[1:], **options)
    np.testing.assert_array_equal(picture, expected)
    assert picture[30, 40].tolist() == [0, 9, 0] and not picture[40, 40].any()  # not filled

    instances = SimpleNamespace(
        masks=[masks[0][0], None], boxes=boxes, labels=[1, 1], iscrowd=[0, 0], fields={}
    )
    sample = SimpleNamespace(image=image, instances=instances)
    truth = draw_ground_truth(sample, ["a"], **options)
    assert truth[5, 5].any() and truth[30, 40].any() and not truth[40, 40].any()


def test_lines_grow_with_the_image():
    picture = draw_instances(black(1800, 1800), [[100, 100, 900, 900]], [1], show_labels=False)
    assert 4 <= picture.any(axis=2)[500].sum() / 2 <= 5


def labelled(boxes, size, count=None, **options):
    """How many pixels the labels of objects with empty masks change."""
    boxes = np.asarray(boxes, float)
    masks = [(np.zeros((1, 1), np.uint8), 0, 0)] * len(boxes)
    shared = {"scores": np.ones(len(boxes)), "masks": masks, "class_names": ["nucleus"]}
    image = black(*size)
    labels = np.ones(len(boxes), int)
    without = draw_instances(image, boxes, labels, **shared, show_labels=False)
    return int((draw_instances(image, boxes, labels, **shared, **options) != without).any(2).sum())


def test_labels_where_they_hide_little():
    assert labelled([[50, 50, 250, 250]], (300, 300)) > 500
    assert labelled([[50, 50, 60, 60]], (300, 300)) == 0  # smaller than its label
    assert labelled([[50, 50, 60, 60]], (300, 300), show_labels=True) > 500
    assert labelled([[4, 4, 60, 60]], (64, 64)) == 0  # no room in a tiny picture
    few, many = grid(30, 40, 60), grid(60, 40, 60)
    assert labelled(few, (600, 600)) > 30 * 300
    assert labelled(many, (600, 600)) == 0  # crowded: only on far larger objects
    assert labelled([*many, [100, 400, 580, 580]], (600, 600)) > 300


def test_labels_take_a_bounded_share_of_any_size():
    for side in (128, 480, 3000):
        box = [[side * 0.2, side * 0.2, side * 0.9, side * 0.9]]
        share = labelled(box, (side, side)) / side**2
        assert 0.0005 < share < 0.12


def test_labels_never_cover_each_other():
    image = black(200, 300)
    boxes = np.array([[20, 60, 200, 180]] * 4, float)
    colors = np.array([(10, 0, 0), (20, 0, 0), (30, 0, 0), (40, 0, 0)], np.uint8)
    draw_labels(image, boxes, [("cell", "cell 0.99")] * 4, colors, always=True)
    plates = [int((image == color).all(axis=2).sum()) for color in colors]
    assert min(plates) > 200 and len(set(plates)) == 1


def test_labels_at_the_borders_stay_inside():
    boxes = [[0, 0, 150, 150], [150, 150, 300, 300], [290, 0, 300, 300], [-40, 250, 90, 340]]
    assert labelled(boxes, (300, 300), show_labels=True) > 1000


def test_text_stands_out_on_its_plate():
    def luminance(color):
        share = np.asarray(color) / 255
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722)

    colors = np.concatenate([PALETTE, np.random.default_rng(0).integers(0, 256, (500, 3))])
    for color in [*colors, CROWD_COLOR]:
        low, high = sorted((luminance(color), luminance(ink_on(color))))
        assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2, 1.4.3


@pytest.mark.parametrize("size", [(64, 64), (480, 640), (3000, 4000)])
def test_labels_lie_within_the_picture(size):
    # What is drawn on a larger ground reaches no further than the picture.
    rng = np.random.default_rng(0)
    corner = rng.uniform(-0.1, 1, (12, 2)) * size[::-1]
    boxes = np.concatenate([corner, corner + rng.uniform(0.05, 0.3, (12, 2)) * size[::-1]], axis=1)
    colors = [(i + 1, 0, 0) for i in range(12)]
    image = black(*size)
    draw_labels(image, boxes, [("cell", "cell 0.99")] * 12, colors, always=True)
    plates = [np.argwhere((image == color).all(axis=2)) for color in colors]
    extents = {tuple(np.ptp(plate, axis=0).tolist()) for plate in plates if len(plate)}
    assert 1 <= len(extents) <= 2  # whole plates of the long and the short text, none cut


def test_a_label_stands_where_it_hides_no_box():
    """Above the upper box is no room, and below it lies the other: the name goes to its right."""
    image, boxes = black(200, 200), [[20, 2.4, 80, 60], [20, 62, 80, 160]]
    draw_labels(image, boxes, [("cell", "cell")] * 2, [(10, 0, 0), (20, 0, 0)], always=True)
    plate = (image == (10, 0, 0)).all(axis=2)
    assert plate[2, 80:95].all() and not plate[:, :80].any()


def test_one_label_can_be_forced():
    boxes = [[50, 50, 60, 60], [150, 150, 160, 160]]
    image = black(300, 300)
    colors = [(10, 0, 0), (20, 0, 0)]
    draw_labels(image, boxes, [("cell", "cell")] * 2, colors, always=[False, True])
    assert [(image == color).all(axis=2).any() for color in colors] == [False, True]


def test_long_captions_lose_their_middle():
    name = "a photo with a very long name.jpg: 3 objects"
    short = shortened(name, 150, 0.4)
    assert text_width(short, 0.4) <= 150 < text_width(name, 0.4)
    start, end = short.split("...")
    assert name.startswith(start) and name.endswith(end)
    assert shortened("a.jpg", 150, 0.4) == "a.jpg"


@pytest.mark.skipif(int(cv2.__version__.split(".")[0]) < 5, reason="OpenCV 4 writes ASCII only")
def test_names_of_any_script():
    pictures = [
        draw_instances(black(200, 200), [[20, 60, 180, 180]], [1], None, None, [name])
        for name in ("???", "\u72ac", "\u732b", "caf\u00e9", "cafe")
    ]
    assert all((a != b).any() for i, a in enumerate(pictures) for b in pictures[:i])


def test_numbers_stand_in_for_missing_names():
    boxes = [[20, 20, 180, 180]]
    by_number = draw_instances(black(200, 200), boxes, [3])
    by_name = draw_instances(black(200, 200), boxes, [1], class_names=["3"])
    np.testing.assert_array_equal(by_number, by_name)


def test_nothing_to_draw():
    image = np.full((20, 30, 3), 9, np.uint8)
    picture = draw_instances(image, np.zeros((0, 4)), [], [], [], ["a"])
    assert picture is not image
    np.testing.assert_array_equal(picture, image)


def test_ground_truth_with_a_grey_crowd():
    masks = np.zeros((2, 60, 60), bool)
    masks[0, 5:20, 5:20] = True
    masks[1, 40:50, 30:50] = True
    instances = Instances.from_dense(masks, [1, 1], [False, True])
    sample = SimpleNamespace(image=black(60, 60), instances=instances)
    picture = draw_ground_truth(sample, ["cell"], show_labels=False)
    assert picture[5, 5].tolist() == PALETTE[0].tolist()
    assert picture[40, 30].tolist() == list(CROWD_COLOR)
    np.testing.assert_array_equal(picture.any(axis=2), masks.any(axis=0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((black(4, 4)[..., 0], [], []), r"\(H, W, 3\) and dtype uint8.*shape=\(4, 4\)"),
        ((black(4, 4) / 255, [], []), "dtype=float64"),
        (([[1]], [], []), "dtype=list"),
        ((black(4, 4), [[0, 0, 1, 1]], [1, 2]), "`labels`.*1 boxes. Received: 2 rows"),
        ((black(4, 4), [[0, 0, 1, 1]], [1], [0.5] * 3), "`scores`.*1 boxes. Received: 3 rows"),
        ((black(4, 4), [[0, 0, 1, 1]], [1], None, []), "`masks`.*1 boxes. Received: 0 rows"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_instances(*arguments)
