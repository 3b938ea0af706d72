import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.branches import MaskBranch

FEATURES = {"P2": np.ones((1, 16, 16, 4), "float32")}
# The right half of the box is object; the second proposal sees its upper four fifths.
BATCH = {"gt_masks": np.concatenate([np.zeros((1, 2, 8, 4)), np.ones((1, 2, 8, 4))], axis=3)}
ROIS = {
    "proposals": np.array([[[0.0, 0, 10, 10], [0.0, 0, 10, 8], [0.0, 0, 0, 0]]], "float32"),
    "labels": np.array([[2, 2, 0]]),
    "valid": np.array([[True, True, False]]),
    "matched": np.array([[0, 0, 0]]),
    "matched_boxes": np.array([[[0.0, 0, 10, 10]] * 3], "float32"),
}


def tensors(arrays):
    return keras.tree.map_structure(ops.convert_to_tensor, arrays)


def built(bins):
    branch = MaskBranch(km.RoIAlign(bins), km.MaskHead(conv_dims=(4,)))
    branch.take_classes(3)
    branch.build({"P2": (None, None, None, 4)})
    return branch


@pytest.mark.parametrize("bins", [7, 4])
def test_targets_have_the_size_that_the_head_draws(bins):
    outputs = built(bins).learn(*map(tensors, (FEATURES, ROIS, BATCH)), training=False)
    side = 2 * bins
    assert outputs["logits"].shape == outputs["targets"].shape == (1, 3, side, side)
    seen = ops.convert_to_numpy(outputs["targets"])[0]
    left, right = seen[:2, :, : bins // 2], seen[:2, 1:-1, bins + bins // 2 : -1]
    assert not left.any() and (right == 1).all()


def test_loss_of_an_undecided_head():
    branch = built(2)
    for weight in branch.head.weights:
        weight.assign(np.zeros(weight.shape))
    loss = branch.loss(branch.learn(*map(tensors, (FEATURES, ROIS, BATCH)), training=False))
    assert float(loss["mask_loss"]) == pytest.approx(np.log(2), rel=1e-6)


def test_padding_rows_have_no_mask():
    found = {"boxes": ROIS["proposals"], "labels": ROIS["labels"], "valid": ROIS["valid"]}
    masks = ops.convert_to_numpy(built(2).results(tensors(FEATURES), tensors(found))["masks"])
    assert masks.shape == (1, 3, 4, 4)
    assert (masks[0, :2] > 0).all() and not masks[0, 2].any()
