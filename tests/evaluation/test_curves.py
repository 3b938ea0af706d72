import json

import numpy as np
import pytest

from keras_maskrcnn.evaluation.curves import precision_recall_curve


def test_by_hand():
    # Of 4 objects: tp, fp, tp, fp, one never detected and one without a detection.
    curve = precision_recall_curve([0.6, 0.9, 0.8, 0.7], [False, True, False, True], objects=4)
    assert curve.scores.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert curve.precision.tolist() == [1, 1 / 2, 2 / 3, 2 / 4]
    assert curve.recall.tolist() == [1 / 4, 1 / 4, 2 / 4, 2 / 4]
    assert curve.f1.tolist() == [2 / 5, 2 / 6, 4 / 7, 4 / 8]
    assert curve.best() == (4 / 7, 0.7)


def test_equal_scores_are_one_point():
    # No threshold parts the three of 0.5.
    curve = precision_recall_curve([0.5, 0.9, 0.5, 0.5], [True, True, False, True], objects=3)
    assert curve.scores.tolist() == [0.9, 0.5]
    assert curve.precision.tolist() == [1, 3 / 4] and curve.recall.tolist() == [1 / 3, 1]
    assert curve.best() == (6 / 7, 0.5)


def test_of_equal_f1_the_highest_threshold_is_taken():
    # 2 * 1 / (1 + 2) with the first, 2 * 2 / (4 + 2) with all.
    curve = precision_recall_curve([0.9, 0.8, 0.7, 0.6], [True, False, False, True], objects=2)
    assert curve.f1[0] == curve.f1[3] == 2 / 3
    assert curve.best() == (2 / 3, 0.9)


@pytest.mark.parametrize(
    ("correct", "objects", "best"),
    [([], 0, (-1, -1)), ([], 3, (0, -1)), ([False], 3, (0, -1)), ([False], 0, (-1, -1))],
)
def test_nothing_to_find_or_nothing_found(correct, objects, best):
    curve = precision_recall_curve([0.5] * len(correct), correct, objects)
    assert curve.best() == best
    assert curve.precision.tolist() == [0] * len(correct)
    assert curve.recall.tolist() == [0 if objects else -1] * len(correct)


def test_json_is_thinned():
    rng = np.random.default_rng(0)
    curve = precision_recall_curve(rng.random(3000), rng.random(3000) < 0.5, objects=2000)
    lists = json.loads(json.dumps(curve.to_json()))
    assert {name: len(values) for name, values in lists.items()} == dict.fromkeys(
        ("scores", "precision", "recall", "f1"), 500
    )
    assert lists["scores"][0] == curve.scores[0] and lists["recall"][-1] == curve.recall[-1]
    few = precision_recall_curve([0.9, 0.1], [True, True], objects=2)
    assert few.to_json()["recall"] == [0.5, 1]
