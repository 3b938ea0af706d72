from types import SimpleNamespace

import numpy as np
import pytest

from keras_maskrcnn.evaluation.counts import Counts, count_matches


def test_rates_by_hand():
    rates = Counts(tp=3, fp=1, fn=2).rates()
    assert rates["precision"] == 3 / 4 and rates["recall"] == 3 / 5
    assert rates["f1"] == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert rates["accuracy"] == 3 / 6


def test_rates_of_nothing():
    assert set(Counts(0, 0, 0).rates().values()) == {-1}
    assert Counts(0, 2, 0).rates() == {"precision": 0, "recall": -1, "f1": 0, "accuracy": 0}
    assert Counts(0, 0, 2).rates() == {"precision": -1, "recall": 0, "f1": 0, "accuracy": 0}


def test_sum():
    assert Counts(1, 2, 3) + Counts(10, 20, 30) == Counts(11, 22, 33)


def test_counts_from_pycocotools_arrays():
    # Two classes, two sizes, two images. Rows of the matches: IoU 0.5 and 0.75.
    image = {
        "dtScores": [0.9, 0.8, 0.7, 0.2],
        "dtMatches": np.array([[4, 0, 5, 6], [0, 0, 0, 0]]),
        "dtIgnore": np.array([[0, 0, 1, 0], [0, 0, 1, 0]]),
        "gtIgnore": np.array([0, 0, 0, 1]),
    }
    params = SimpleNamespace(
        iouThrs=np.array([0.5, 0.75]), catIds=[1, 2], areaRng=[[], []], imgIds=[1, 2]
    )
    wrong = {**image, "gtIgnore": np.zeros(50)}  # of another size: not read
    evaluated = [image, None, wrong, wrong, None, None, wrong, wrong]
    coco_eval = SimpleNamespace(params=params, evalImgs=evaluated)
    # Of 3 objects that count, the detection of 0.9 found one; 0.8 is made up; 0.7 lies in a crowd.
    assert count_matches(coco_eval, 0.5) == [Counts(1, 1, 2), Counts(0, 0, 0)]
    assert count_matches(coco_eval, 0.2) == [Counts(2, 1, 1), Counts(0, 0, 0)]
    assert count_matches(coco_eval, 0.85) == [Counts(1, 0, 2), Counts(0, 0, 0)]
