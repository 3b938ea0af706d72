import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.layers import DetectionLayer
from keras_maskrcnn.ops import boxes as box_ops
from tests import oracles


def run(layer, *arrays):
    return [ops.convert_to_numpy(x) for x in layer(*[ops.array(a) for a in arrays])]


def log_probabilities(*rows):
    return np.log(np.array([rows], "float32"))


def test_by_hand():
    # proposal 0 is class 1, proposal 1 overlaps it as class 1 (goes) and as class 2 (stays),
    # proposal 2 is background
    logits = log_probabilities([0.1, 0.8, 0.1], [0.1, 0.5, 0.4], [0.98, 0.01, 0.01])
    proposals = np.array([[[0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 30]]], "float32")
    deltas = np.zeros((1, 3, 2, 4), "float32")
    deltas[0, 1, 1] = [10 * 0.5, 0, 0, 0]  # class 2 of proposal 1 moves right by half its width
    valid = np.ones((1, 3), bool)
    layer = DetectionLayer(max_detections=4, score_threshold=0.15)
    boxes, scores, labels, found = run(layer, logits, deltas, proposals, valid, [[12, 14]])
    assert labels.tolist() == [[1, 2, 0, 0]]
    assert found.tolist() == [[True, True, False, False]]
    np.testing.assert_allclose(scores[0], [0.8, 0.4, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(
        boxes[0, :3], [[0, 0, 10, 10], [5, 0, 14, 9], [0, 0, 0, 0]], atol=1e-5
    )


def test_padding_proposals_never_detect():
    logits = log_probabilities([0.1, 0.9])
    proposals = np.array([[[0, 0, 10, 10]]], "float32")
    none = np.zeros((1, 1), bool)
    *_, found = run(
        DetectionLayer(max_detections=2),
        logits,
        np.zeros((1, 1, 1, 4)),
        proposals,
        none,
        [[20, 20]],
    )
    assert not found.any()


def test_score_threshold_is_exclusive():
    logits = np.zeros((1, 1, 2), "float32")  # both 0.5
    arguments = np.zeros((1, 1, 1, 4)), np.array([[[0, 0, 9, 9]]]), np.ones((1, 1), bool), [[9, 9]]
    assert not run(DetectionLayer(score_threshold=0.5), logits, *arguments)[3].any()
    assert run(DetectionLayer(score_threshold=0.49), logits, *arguments)[3].any()


@pytest.mark.one_backend
@pytest.mark.parametrize("score", [50, "0.5", -0.1, None])
def test_score_threshold_out_of_range(score):
    with pytest.raises(ValueError, match="`score_threshold` must be a number in 0..1. Received"):
        DetectionLayer(score_threshold=score)


def test_oracle():
    rng = np.random.default_rng(0)
    proposals = oracles.random_boxes(rng, 23, 60, 70, 4)
    logits = rng.normal(size=(1, 23, 4)).astype("float32") * 2
    deltas = rng.normal(size=(1, 23, 3, 4)).astype("float32")
    layer = DetectionLayer(score_threshold=0.1, nms_threshold=0.3, max_detections=15)
    boxes, scores, labels, found = run(
        layer, logits, deltas, proposals[None], np.ones((1, 23), bool), [[60, 70]]
    )
    exp = np.exp(logits[0] - logits[0].max(-1, keepdims=True))
    probability = (exp / exp.sum(-1, keepdims=True))[:, 1:]
    decoded = box_ops.decode(ops.array(deltas), ops.array(proposals[None, :, None]), (10, 10, 5, 5))
    decoded = ops.reshape(decoded, (1, -1, 4))
    decoded = ops.convert_to_numpy(box_ops.clip(decoded, ops.array([[60, 70]])))[0]
    chosen = [i for i, p in enumerate(probability.reshape(-1)) if p > 0.1]
    classes = [i % 3 + 1 for i in chosen]
    kept = oracles.greedy_nms(decoded[chosen], probability.reshape(-1)[chosen], 0.3, classes)[:15]
    assert found[0].sum() == len(kept)
    np.testing.assert_allclose(boxes[0][: len(kept)], decoded[chosen][kept], atol=1e-3)
    assert labels[0][: len(kept)].tolist() == [classes[i] for i in kept]
    np.testing.assert_allclose(
        scores[0][: len(kept)], probability.reshape(-1)[chosen][kept], rtol=1e-4
    )


def test_more_than_100_detections():
    x = np.arange(375, dtype="float32") * 4
    proposals = np.stack([x, 0 * x, x + 4, 0 * x + 4], axis=1)[None]
    logits = np.tile(np.array([0.0, 5.0], "float32"), (1, 375, 1))
    layer = DetectionLayer(max_detections=400)
    *_, found = run(
        layer, logits, np.zeros((1, 375, 1, 4)), proposals, np.ones((1, 375), bool), [[9, 1600]]
    )
    assert found.sum() == 375
