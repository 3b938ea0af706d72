import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.layers import ProposalLayer
from tests import oracles


def run(layer, logits, deltas, anchors, sizes, **kwargs):
    tensors = [{k: ops.array(v) for k, v in d.items()} for d in (logits, deltas, anchors)]
    return [ops.convert_to_numpy(x) for x in layer(*tensors, ops.array(sizes), **kwargs)]


def test_by_hand():
    # P2: two overlapping anchors; P3: one that sticks out of the 20 x 24 image, one outside it
    anchors = {
        "P2": np.array([[0, 0, 8, 8], [0, 0, 8, 9]], "float32"),
        "P3": np.array([[16, 12, 32, 28], [40, 40, 50, 50]], "float32"),
    }
    logits = {"P2": np.array([[0.0, 1]], "float32"), "P3": np.array([[2.0, 3]], "float32")}
    deltas = {level: np.zeros((1, 2, 4), "float32") for level in logits}
    proposals, scores, valid = run(ProposalLayer(5, 4), logits, deltas, anchors, [[20, 24]])
    expected = [[16, 12, 24, 20], [0, 0, 8, 9], [0, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(proposals[0], expected)
    np.testing.assert_allclose(
        scores[0], [1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-1)), 0, 0], rtol=1e-5
    )
    assert valid[0].tolist() == [True, True, False, False]


def test_levels_do_not_suppress_each_other():
    anchors = {level: np.array([[0, 0, 8, 8]], "float32") for level in ("P2", "P3")}
    logits = {level: np.array([[1.0]], "float32") for level in anchors}
    deltas = {level: np.zeros((1, 1, 4), "float32") for level in anchors}
    *_, valid = run(ProposalLayer(1, 2), logits, deltas, anchors, [[20, 20]])
    assert valid.tolist() == [[True, True]]


def test_oracle():
    rng = np.random.default_rng(0)
    counts = {"P2": 41, "P3": 13}
    anchors = {k: oracles.random_boxes(rng, n, 50, 60, 4) for k, n in counts.items()}
    logits = {k: rng.normal(size=(2, n)).astype("float32") for k, n in counts.items()}
    deltas = {k: np.zeros((2, n, 4), "float32") for k, n in counts.items()}
    layer = ProposalLayer(pre_nms_top_n=20, post_nms_top_n=12, nms_threshold=0.4)
    proposals, _, valid = run(layer, logits, deltas, anchors, [[60, 70], [60, 70]])
    for image in range(2):
        kept = []
        for level in counts:
            top = np.argsort(-logits[level][image])[:20]
            boxes, scores = anchors[level][top], logits[level][image][top]
            kept += [(scores[i], boxes[i]) for i in oracles.greedy_nms(boxes, scores, 0.4)]
        kept = [box for _, box in sorted(kept, key=lambda pair: -pair[0])][:12]
        assert valid[image].sum() == len(kept)
        np.testing.assert_allclose(proposals[image][: len(kept)], kept, atol=1e-4)


def test_training_uses_its_own_numbers():
    layer = ProposalLayer(4, 3, training_post_nms_top_n=5)
    anchors = {"P2": np.array([[0, 0, 8, 8]], "float32")}
    arguments = {"P2": np.ones((1, 1), "float32")}, {"P2": np.zeros((1, 1, 4), "float32")}, anchors
    assert run(layer, *arguments, [[9, 9]])[0].shape == (1, 3, 4)
    assert run(layer, *arguments, [[9, 9]], training=True)[0].shape == (1, 5, 4)
    alone = ProposalLayer(4, 3)
    assert alone.limits(True) == alone.limits(False) == (4, 3)
    alone.more_in_training()
    layer.more_in_training()
    assert alone.limits(True) == (8, 6) and layer.limits(True) == (8, 5)


def test_nothing_left_is_all_padding():
    anchors = {"P2": np.array([[50, 50, 60, 60]], "float32")}
    arguments = {"P2": np.ones((1, 1), "float32")}, {"P2": np.zeros((1, 1, 4), "float32")}, anchors
    proposals, scores, valid = run(ProposalLayer(4, 3), *arguments, [[9, 9]])
    assert not proposals.any() and not scores.any() and not valid.any()


def test_boxes_stay_float32_under_mixed_precision():
    layer = ProposalLayer(1, 1, dtype="mixed_bfloat16")
    anchors = {"P2": np.array([[600, 0, 605, 7]], "float32")}
    logits, deltas = {"P2": np.ones((1, 1), "float32")}, {"P2": np.zeros((1, 1, 4), "float32")}
    proposals, *_ = run(layer, logits, deltas, anchors, [[700, 700]])
    np.testing.assert_array_equal(proposals[0, 0], [600, 0, 605, 7])


@pytest.mark.parametrize("training", [False, True])
def test_symbolic_shapes(training):
    logits = {"P2": keras.KerasTensor((None, 40))}
    deltas, anchors = {"P2": keras.KerasTensor((None, 40, 4))}, {"P2": keras.KerasTensor((40, 4))}
    layer = ProposalLayer(10, 6)
    outputs = layer.compute_output_spec(
        logits, deltas, anchors, keras.KerasTensor((None, 2)), training=training
    )
    assert outputs[0].shape == (None, 6, 4)
