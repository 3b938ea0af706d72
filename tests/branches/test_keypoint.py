import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.branches import KeypointBranch

FEATURES = {"P2": np.ones((1, 16, 16, 4), "float32")}
# Of the object's two keypoints the first lies in the middle, the second is not known.
BATCH = {"gt_keypoints": np.array([[[[5.0, 5, 2], [9, 9, 0]]]], "float32")}
ROIS = {
    "proposals": np.array([[[0.0, 0, 8, 10], [0.0, 6, 10, 10], [0.0, 0, 0, 0]]], "float32"),
    "labels": np.array([[2, 2, 0]]),
    "valid": np.array([[True, True, False]]),
    "matched": np.array([[0, 0, 0]]),
    "matched_boxes": np.array([[[0.0, 0, 10, 10]] * 3], "float32"),
}


def tensors(arrays):
    return keras.tree.map_structure(ops.convert_to_tensor, arrays)


@pytest.fixture
def branch():
    branch = KeypointBranch(2, roi_align=km.RoIAlign(2), head=km.KeypointHead(conv_dims=(4,)))
    branch.take_classes(3)
    branch.build({"P2": (None, None, None, 4)})
    return branch


def test_the_target_is_the_cell_of_the_proposal_that_the_keypoint_falls_into(branch):
    outputs = branch.learn(*map(tensors, (FEATURES, ROIS, BATCH)), training=False)
    # 8 x 8 cells: x = 5 of 8 pixels is in column 5, y = 5 of 10 in row 4; above the second proposal
    assert outputs["logits"].shape == (1, 3, 8, 8, 2)
    assert ops.convert_to_numpy(outputs["cells"]).tolist() == [[[37, 0], [0, 0], [0, 0]]]
    assert ops.convert_to_numpy(outputs["valid"]).astype(int).tolist() == [[[1, 0], [0, 0], [0, 0]]]


def test_loss_of_an_undecided_head(branch):
    for weight in branch.head.weights:
        weight.assign(np.zeros(weight.shape))
    outputs = branch.learn(*map(tensors, (FEATURES, ROIS, BATCH)), training=False)
    assert float(branch.loss(outputs)["keypoint_loss"]) == pytest.approx(np.log(64), rel=1e-6)


def test_results_lie_within_their_boxes_and_padding_is_zero(branch):
    found = {"boxes": ROIS["proposals"], "labels": ROIS["labels"], "valid": ROIS["valid"]}
    results = branch.results(tensors(FEATURES), tensors(found))["keypoints"]
    keypoints = ops.convert_to_numpy(results)
    assert keypoints.shape == (1, 3, 2, 3) and not keypoints[0, 2].any()
    for (x1, y1, x2, y2), points in zip(ROIS["proposals"][0, :2], keypoints[0], strict=False):
        assert (points[:, :2] > (x1, y1)).all() and (points[:, :2] < (x2, y2)).all()
        assert ((points[:, 2] > 0) & (points[:, 2] <= 1)).all()
    branch.labels = (1, 3)
    results = branch.results(tensors(FEATURES), tensors(found))["keypoints"]
    assert not ops.convert_to_numpy(results).any()


def test_a_peak_by_hand(branch):
    # A box of 8 x 8 pixels: a pixel for each cell, so that nothing lies between them.
    logits = np.zeros((1, 1, 8, 8, 2), "float32")
    logits[0, 0, 3, 6, 0] = logits[0, 0, 7, 0, 1] = np.log(64)
    found = branch.find(ops.array(logits), ops.array([[[10.0, 20, 18, 28]]]))
    # The peak's cell has 64 of 63 + 64 parts.
    expected = [[[[16.5, 23.5, 64 / 127], [10.5, 27.5, 64 / 127]]]]
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-5)
    branch.score = "logit"
    found = branch.find(ops.array(logits), ops.array([[[10.0, 20, 18, 28]]]))
    np.testing.assert_allclose(ops.convert_to_numpy(found)[..., 2], np.log(64), rtol=1e-5)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="`score` must be one of"):
        KeypointBranch(2, score="height")
    with pytest.raises(TypeError, match="A skeleton must be a `Skeleton`, or the number"):
        KeypointBranch("person")
    with pytest.raises(ValueError, match="`head` must have 2 keypoints"):
        KeypointBranch(2, head=km.KeypointHead(3)).take_classes(1)
    with pytest.raises(ValueError, match=r"`labels` must be among the classes 1..2"):
        KeypointBranch(2, labels=(3,)).take_classes(2)
    with pytest.raises(ValueError, match="`num_keypoints` of a KeypointHead must be given"):
        km.KeypointHead().build((None, None, 14, 14, 4))
