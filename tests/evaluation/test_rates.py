import numpy as np
import pytest

from keras_maskrcnn.evaluation.rates import rates


def test_by_hand():
    found = rates(tp=3, fp=1, fn=2)
    assert found["precision"] == 3 / 4 and found["recall"] == 3 / 5
    assert found["f1"] == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert found["accuracy"] == 3 / 6


def test_of_nothing():
    assert {rate.item() for rate in rates(0, 0, 0).values()} == {-1}
    made_up = {name: rate.item() for name, rate in rates(0, 2, 0).items()}
    assert made_up == {"precision": 0, "recall": -1, "f1": 0, "accuracy": 0}
    missed = {name: rate.item() for name, rate in rates(0, 0, 2).items()}
    assert missed == {"precision": -1, "recall": 0, "f1": 0, "accuracy": 0}


def test_of_arrays():
    found = rates(np.array([3, 0]), np.array([1, 0]), np.array([2, 0]))
    assert {name: rate.tolist() for name, rate in found.items()} == {
        "precision": [0.75, -1],
        "recall": [0.6, -1],
        "f1": [6 / 9, -1],
        "accuracy": [0.5, -1],
    }
