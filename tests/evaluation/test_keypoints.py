"""Average precision of keypoints, by hand."""

import numpy as np
import pytest

from keras_maskrcnn.data import Instances, Keypoints, Sample, Source
from keras_maskrcnn.detections import Detections
from keras_maskrcnn.drawing.keypoints import MIDDLE
from keras_maskrcnn.evaluation import (
    collect_predictions,
    compare,
    correct_keypoints,
    detection_metrics,
    evaluate,
    format_table,
    plot_f1,
)
from keras_maskrcnn.skeletons import Skeleton

ENDS = Skeleton(("tip", "tail"))  # sigmas of 0.05
BOXES = [[10, 10, 50, 35], [60, 60, 100, 85]]  # 1000 pixels each
POINTS = [[[15, 20, 2], [45, 20, 1]], [[0, 0, 0], [0, 0, 0]]]


class Arrows(Source):
    """One image; of its second object no keypoint is known."""

    class_names = ("arrow",)
    skeleton = ENDS

    def __len__(self):
        return 1

    def __getitem__(self, index):
        fields = {"keypoints": Keypoints(POINTS, self.skeleton or ENDS)}
        instances = Instances([1, 1], BOXES, fields=fields, image_size=(100, 120))
        return Sample(np.zeros((100, 120, 3), np.uint8), instances, 7, "a.png")


class Off:
    """Finds the first object, its keypoints, all or each, so many pixels to the right."""

    class_names = ("arrow",)

    def __init__(self, pixels, skeleton=ENDS):
        self.pixels, self.skeleton = pixels, skeleton

    def detect(self, images, score_threshold=0.5, batch_size=1):
        points = np.float32(POINTS[:1])
        points[..., 0] += self.pixels
        points = np.tile(points, (1, len(self.skeleton) // 2, 1))
        arrays = BOXES[:1], [1], [0.9], None, ["arrow"], (100, 120)
        return [Detections(*arrays, {"keypoints": points}, self.skeleton) for _ in images]


@pytest.mark.parametrize("similarity, share", [(1.0, 1.0), (0.82, 0.7), (0.51, 0.1), (0.49, 0)])
def test_the_thresholds_that_a_similarity_reaches(similarity, share):
    # exp(-d^2 / (2 (2 sigma)^2 area)) = exp(-d^2 / 20), of 0.5, 0.55 .. 0.95
    found = evaluate(Off(np.sqrt(-20 * np.log(similarity))), Arrows())
    assert found["keypoint"]["AP"] == pytest.approx(share)
    assert found["keypoint"]["AP50"] == pytest.approx(float(similarity > 0.5))
    assert found["per_class"]["arrow"]["keypoint"]["AP"] == pytest.approx(share)
    assert "APs" not in found["keypoint"] and found["kind"] == "keypoint"
    assert found["box"]["AP50"] == pytest.approx(0.5, abs=0.01)  # the second object is missed


def test_sigmas_are_those_of_the_source(monkeypatch):
    wide = Skeleton(ENDS.names, sigmas=(0.1, 0.1))
    monkeypatch.setattr(Arrows, "skeleton", wide)
    # twice the sigma: the same similarity at twice the distance
    found = evaluate(Off(2 * np.sqrt(-20 * np.log(0.82))), Arrows())
    assert found["keypoint"]["AP"] == pytest.approx(0.7)


def test_other_keypoints_than_the_source_has():
    model = Off(0, Skeleton(("a", "b", "c", "d")))
    with pytest.raises(ValueError, match="`source` must have the model's 4 keypoints"):
        evaluate(model, Arrows())


def test_without_keypoints_they_are_not_measured():
    class Boxes(Arrows):
        skeleton = None

        def __getitem__(self, index):
            sample = super().__getitem__(index)
            return Sample(sample.image, sample.instances.with_fields({}), 7, "a.png")

    found = evaluate(Off(0), Boxes())
    assert found["keypoint"] is None and found["objects_without"] == {"keypoint": 2}
    assert found["kind"] == "box"


def test_correct_keypoints_by_hand():
    # A tenth of the longer side of the box, 40: up to 4 pixels are right.
    predictions = collect_predictions(Off([3.9, 4.1]), Arrows())
    found = correct_keypoints(predictions)
    assert found["per_keypoint"] == {
        "tip": {"PCK": 1.0, "labelled": 1},
        "tail": {"PCK": 0.0, "labelled": 1},
    }
    assert (found["mean"], found["objects"], found["alpha"]) == (0.5, 1, 0.1)
    assert correct_keypoints(predictions, alpha=0.2)["mean"] == 1
    missed = correct_keypoints(predictions, score_threshold=0.95)
    assert missed["mean"] == missed["per_keypoint"]["tip"]["PCK"] == -1
    with pytest.raises(ValueError, match="`alpha` must be above 0. Received: alpha=0"):
        correct_keypoints(predictions, alpha=0)


def test_the_table_and_the_titles_name_the_similarity():
    predictions = collect_predictions(Off([3.9, 4.1]), Arrows())
    lines = format_table(evaluate(Off([3.9, 4.1]), Arrows())).splitlines()
    assert any(line.startswith("At keypoint OKS 0.5 and score 0.5") for line in lines)
    assert lines[-5:] == [
        "Keypoints of 1 object found (box IoU 0.5) that lie within 0.1 of the box's longer side:",
        "      labelled    PCK",
        "tip          1  1.000",
        "tail         1  0.000",
        "mean         2  0.500",
    ]
    title = plot_f1(detection_metrics(predictions)).get_suptitle()
    assert title == "F1 by score threshold at keypoint OKS 0.5"


def test_the_worst_image_is_the_one_of_far_keypoints():
    image = Arrows()[0].image
    near, far = (compare(collect_predictions(Off(d), Arrows()))[0] for d in (0, 20))
    assert (near.accuracy, far.accuracy) == (1, 0)  # the second object has no keypoints
    assert far.counts == {"found": 0, "missed": 1, "false_alarms": 1, "wrong_class": 0}
    assert far.found.keypoints[0, :, 0].tolist() == [35, 65]
    yellow = (near.draw(image, side=720) == np.uint8(MIDDLE)).all(axis=-1)
    middle = yellow.shape[1] // 2
    assert yellow[:, :middle].sum() > 50 and yellow[:, middle:].sum() > 50


class ArrowsAndBalls(Arrows):
    """The second object is of a class without keypoints."""

    class_names = ("arrow", "ball")

    def __getitem__(self, index):
        sample = super().__getitem__(index)
        fields = sample.instances.fields
        both = Instances([1, 2], BOXES, fields=fields, image_size=(100, 120))
        return Sample(sample.image, both, 7, "a.png")


class Both(Off):
    """Finds both, the ball with keypoints of 0."""

    class_names = ("arrow", "ball")

    def detect(self, images, score_threshold=0.5, batch_size=1):
        (found,) = super().detect([0])
        points = np.concatenate([found.keypoints, np.zeros_like(found.keypoints)])
        arrays = BOXES, [1, 2], [0.9, 0.8], None, self.class_names, (100, 120)
        return [Detections(*arrays, {"keypoints": points}, ENDS) for _ in images]


def test_a_class_without_keypoints_beside_one_with():
    found = evaluate(Both(20), ArrowsAndBalls())
    # What counts in every class are boxes, and both are found; keypoints are those of the arrow.
    assert (found["kind"], found["tp"], found["fp"], found["fn"]) == ("box", 2, 0, 0)
    assert found["keypoint"]["AP"] == 0 and found["PCK"]["objects"] == 1
    assert [one["keypoint"]["AP"] for one in found["per_class"].values()] == [0, -1]
    table = format_table(found)
    assert "arrow        1   1.000        0.000" in table and "\nAt box IoU 0.5" in table
    # Asked for, keypoints count in the class that has some; a ball is neither right nor wrong.
    predictions = collect_predictions(Both(20), ArrowsAndBalls())
    metrics = detection_metrics(predictions, kind="keypoint")
    assert (metrics.fp.tolist(), metrics.fn.tolist()) == ([1, 0], [1, 0])
    assert (
        metrics.confusion_matrix[2].tolist() == metrics.confusion_matrix[:, 2].tolist() == [0] * 3
    )
