"""Average precision of keypoints, by hand."""

import numpy as np
import pytest

from keras_maskrcnn.data import Instances, Keypoints, Sample, Source
from keras_maskrcnn.detections import Detections
from keras_maskrcnn.evaluation import evaluate
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
    """Finds the first object, its keypoints so many pixels to the right."""

    class_names = ("arrow",)

    def __init__(self, pixels, skeleton=ENDS):
        self.pixels, self.skeleton = pixels, skeleton

    def detect(self, images, score_threshold=0.5, batch_size=1):
        points = np.float32(POINTS[:1]) + (self.pixels, 0, 0)
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
