import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.ops import boxes as box_ops
from tests import oracles


def test_area_by_hand():
    # 3 x 2, empty, inverted
    boxes = ops.array([[1.0, 1, 4, 3], [5.0, 5, 5, 9], [4.0, 0, 2, 3]])
    np.testing.assert_allclose(ops.convert_to_numpy(box_ops.area(boxes)), [6, 0, 0])


def test_iou_by_hand():
    # overlap 1 x 2 of 4 + 4 - 2; none; same box; a box without area
    a = ops.array([[0.0, 0, 2, 2], [3.0, 3, 3, 3]])
    b = ops.array([[1.0, 0, 3, 2], [5.0, 5, 6, 6], [0.0, 0, 2, 2], [3.0, 3, 3, 3]])
    found = ops.convert_to_numpy(box_ops.pairwise_iou(a, b))
    np.testing.assert_allclose(found, [[1 / 3, 0, 1, 0], [0, 0, 0, 0]], atol=1e-6)


def test_iou_oracle():
    rng = np.random.default_rng(0)
    a, b = oracles.random_boxes(rng, 7, 40, 53), oracles.random_boxes(rng, 11, 40, 53)
    expected = [[oracles.iou(x, y) for y in b] for x in a]
    found = ops.convert_to_numpy(box_ops.pairwise_iou(ops.array(a), ops.array(b)))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_encode_by_hand():
    # centre (5, 6) against (2, 2), 2 x 8 against 4 x 4
    deltas = box_ops.encode(ops.array([4.0, 2, 6, 10]), ops.array([0.0, 0, 4, 4]), (10, 10, 5, 5))
    expected = [10 * 3 / 4, 10 * 4 / 4, 5 * np.log(0.5), 5 * np.log(2)]
    np.testing.assert_allclose(ops.convert_to_numpy(deltas), expected, rtol=1e-6)


@pytest.mark.parametrize("weights", [(1, 1, 1, 1), (10, 10, 5, 5)])
def test_decode_inverts_encode(weights):
    rng = np.random.default_rng(1)
    anchors = ops.array(oracles.random_boxes(rng, 31, 100, 80, smallest=4))
    boxes = oracles.random_boxes(rng, 31, 100, 80, smallest=4)
    again = box_ops.decode(box_ops.encode(ops.array(boxes), anchors, weights), anchors, weights)
    np.testing.assert_allclose(ops.convert_to_numpy(again), boxes, atol=1e-3)


def test_decode_clamps_growth():
    # dw = 100 may not exceed a factor of 1000 / 16 = 62.5: 4 px become 250 px
    box = box_ops.decode(ops.array([0.0, 0, 100, 0]), ops.array([0.0, 0, 4, 4]))
    np.testing.assert_allclose(ops.convert_to_numpy(box), [-123, 0, 127, 4], rtol=1e-5)


def test_encode_is_finite_for_empty_boxes():
    deltas = box_ops.encode(ops.zeros((2, 4)), ops.zeros((2, 4)))
    assert np.isfinite(ops.convert_to_numpy(deltas)).all()


def test_clip_to_each_image():
    boxes = ops.array([[[-3.0, 2, 50, 60]], [[-3.0, 2, 50, 60]]])
    clipped = box_ops.clip(boxes, ops.array([[20, 30], [70, 40]]))
    expected = [[[0, 2, 30, 20]], [[0, 2, 40, 60]]]
    np.testing.assert_allclose(ops.convert_to_numpy(clipped), expected)


def test_coordinates_stay_float32():
    # bfloat16 cannot tell 600 from 601
    box = ops.cast(ops.array([600.0, 0, 604, 4]), "bfloat16")
    decoded = box_ops.decode(ops.cast(ops.zeros(4), "bfloat16"), box)
    assert keras.backend.standardize_dtype(decoded.dtype) == "float32"
    moved = box_ops.decode(ops.array([0.25, 0, 0, 0], "float32"), ops.array([600.0, 0, 604, 4]))
    np.testing.assert_allclose(ops.convert_to_numpy(moved), [601, 0, 605, 4])


def test_sides_at_least():
    boxes = ops.array([[0.0, 0, 2, 2], [0.0, 0, 1, 2], [0.0, 0, 2, 1]])
    assert ops.convert_to_numpy(box_ops.sides_at_least(boxes, 2)).tolist() == [True, False, False]
