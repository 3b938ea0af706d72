import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.ops import nms, suppress
from keras_maskrcnn.ops.nms import BLOCK
from tests import oracles


def survivors(*args, **kwargs):
    indices, kept = nms(*args, **kwargs)
    return ops.convert_to_numpy(indices)[ops.convert_to_numpy(kept)].tolist()


def test_by_hand():
    # 1 beats 0 (IoU 0.9); 2 is far away; 3 overlaps 2 by exactly 0.5, which is not more than 0.5
    boxes = ops.array([[0.0, 0, 10, 10], [0.0, 0, 10, 9], [20.0, 0, 30, 10], [20.0, 0, 30, 5]])
    assert survivors(boxes, ops.array([0.6, 0.9, 0.8, 0.7]), 0.5) == [1, 2, 3]


def test_a_suppressed_box_does_not_suppress():
    # 0 removes 1; 1 would have removed 2
    boxes = ops.array([[0.0, 0, 10, 10], [4.0, 0, 14, 10], [8.0, 0, 18, 10]])
    assert survivors(boxes, ops.array([0.9, 0.8, 0.7]), 0.4) == [0, 2]


def test_long_chain_reaches_the_fixed_point():
    # each box suppresses the next one only: every second survives
    x = np.arange(60, dtype="float32") * 4
    boxes = np.stack([x, 0 * x, x + 10, 0 * x + 10], axis=1)
    scores = np.linspace(1, 0.1, 60).astype("float32")
    assert survivors(ops.array(boxes), ops.array(scores), 0.4) == list(range(0, 60, 2))


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("by_class", [False, True])
def test_oracle(threshold, by_class):
    rng = np.random.default_rng(3)
    boxes, scores = oracles.random_boxes(rng, 67, 30, 41, 4), rng.permutation(67) / 67
    classes = rng.integers(0, 3, 67).astype("int32") if by_class else None
    found = survivors(
        ops.array(boxes),
        ops.array(scores.astype("float32")),
        threshold,
        class_ids=None if classes is None else ops.array(classes),
    )
    assert found == oracles.greedy_nms(boxes, scores, threshold, classes)


def test_box_order_does_not_matter():
    rng = np.random.default_rng(4)
    boxes, scores = oracles.random_boxes(rng, 40, 30, 30, 4), rng.random(40).astype("float32")
    order = rng.permutation(40)
    straight = survivors(ops.array(boxes), ops.array(scores), 0.5)
    shuffled = survivors(ops.array(boxes[order]), ops.array(scores[order]), 0.5)
    assert [int(order[i]) for i in shuffled] == straight


def test_batches_are_independent_and_padding_is_inert():
    boxes = ops.array([[[0.0, 0, 9, 9], [0.0, 0, 9, 9]], [[0.0, 0, 9, 9], [0.0, 0, 9, 9]]])
    scores = ops.array([[0.5, 0.9], [0.5, 0.9]])
    valid = ops.array([[True, True], [True, False]])
    indices, kept = nms(boxes, scores, 0.5, max_outputs=1, valid=valid)
    assert ops.convert_to_numpy(indices).tolist() == [[1], [0]]
    assert ops.convert_to_numpy(kept).all()


def test_nothing_valid():
    kept = suppress(ops.ones((2, 5, 4)), ops.zeros((2, 5), dtype="bool"), 0.5)
    assert not ops.convert_to_numpy(kept).any()


@pytest.mark.parametrize("by_class", [False, True])
def test_many_boxes_go_block_by_block(by_class):
    rng = np.random.default_rng(5)
    count = 2 * BLOCK + 300
    boxes = oracles.random_boxes(rng, count, 400, 400, 4)
    boxes[:, 2:] = np.minimum(boxes[:, 2:], boxes[:, :2] + 40)
    boxes = np.stack([boxes, boxes[::-1]])
    valid = rng.random((2, count)) > 0.1
    classes = rng.integers(0, 3, (2, count)).astype("int32") if by_class else None
    arguments = ops.array(boxes), ops.array(valid), 0.4
    class_ids = None if classes is None else ops.array(classes)
    keep = ops.convert_to_numpy(suppress(*arguments, class_ids=class_ids))
    first = ops.convert_to_numpy(suppress(*arguments, class_ids=class_ids, max_outputs=50))
    for image in range(2):
        rows = np.flatnonzero(valid[image])
        expected = rows[
            oracles.greedy_nms(
                boxes[image, rows],
                -rows,
                0.4,
                None if classes is None else classes[image, rows],
            )
        ]
        assert len(expected) > 200 and (expected > BLOCK).any()
        np.testing.assert_array_equal(np.flatnonzero(keep[image]), expected)
        np.testing.assert_array_equal(np.flatnonzero(first[image])[:50], expected[:50])
