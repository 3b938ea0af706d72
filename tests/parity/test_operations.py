"""Single operations against recorded outputs of torchvision (data/README.md)."""

import numpy as np
import pytest
from keras import ops

from keras_maskrcnn import losses
from keras_maskrcnn.ops import anchors, assign_levels, boxes, nms, roi_align
from tests.parity.reference import load


@pytest.fixture(scope="module")
def golden():
    return load("torchvision_ops")


@pytest.mark.parametrize("aligned", [0, 1])
@pytest.mark.parametrize(("bins", "scale"), [(7, "0.25"), (3, "1")])
@pytest.mark.parametrize("ratio", [0, 1, 2])
def test_roi_align(golden, aligned, bins, scale, ratio):
    rois = golden["ra_rois"]  # image, x1, y1, x2, y2
    features = ops.array(golden["ra_x"].transpose(0, 2, 3, 1))
    both = np.stack([rois[:, 1:]] * 2)
    levels = ops.zeros(both.shape[:2], "int32")
    stride = 1 / float(scale)
    crops = roi_align([features], [stride], ops.array(both), levels, bins, ratio, bool(aligned))
    crops = ops.convert_to_numpy(crops)[rois[:, 0].astype(int), np.arange(len(rois))]
    expected = golden[f"ra_out_aligned{aligned}_sr{ratio}_p{bins}_s{scale}"]
    np.testing.assert_allclose(crops.transpose(0, 3, 1, 2), expected, atol=3e-5)


def test_levels(golden):
    found = ops.convert_to_numpy(assign_levels(ops.array(golden["lm_boxes"])))
    np.testing.assert_array_equal(found - 2, golden["lm_levels_2_5"])


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("kind", ["nms", "bnms"])
def test_nms(golden, threshold, kind):
    classes = ops.array(golden["nms_ids"]) if kind == "bnms" else None
    arguments = ops.array(golden["nms_boxes"]), ops.array(golden["nms_scores"]), threshold
    indices, kept = nms(*arguments, class_ids=classes)
    found = ops.convert_to_numpy(indices)[ops.convert_to_numpy(kept)]
    np.testing.assert_array_equal(found, golden[f"{kind}_keep_{threshold}"])


@pytest.mark.parametrize(("kind", "weights"), [("rpn", (1, 1, 1, 1)), ("roi", (10, 10, 5, 5))])
def test_box_coding(golden, kind, weights):
    proposals, deltas = golden["bc_props"], golden["bc_deltas"].reshape(40, 2, 4)
    encoded = boxes.encode(ops.array(golden["bc_gt"]), ops.array(proposals), weights)
    np.testing.assert_allclose(
        ops.convert_to_numpy(encoded), golden[f"bc_encode_{kind}"], rtol=1e-5, atol=1e-5
    )
    decoded = boxes.decode(ops.array(deltas), ops.array(proposals[:, None]), weights)
    np.testing.assert_allclose(
        ops.convert_to_numpy(decoded), golden[f"bc_decode_{kind}"], rtol=1e-5, atol=1e-3
    )


def test_cell_anchors(golden):
    sizes = (32, 64, 128, 256, 512)
    found = [anchors.cell_anchors((size,), (0.5, 1.0, 2.0), rounded=True) for size in sizes]
    np.testing.assert_array_equal(np.stack(found), golden["anchors_cell"])


def test_box_head_losses(golden):
    labels = ops.cast(ops.array(golden["fl_labels"][None]), "int32")
    valid = ops.ones_like(labels, dtype="bool")
    logits = ops.array(golden["fl_logits"][None])
    deltas = ops.array(golden["fl_reg"].reshape(1, 30, 5, 4)[:, :, 1:])
    targets = ops.array(golden["fl_targets"][None])
    found = (
        losses.class_loss(logits, labels, valid),
        losses.box_loss(deltas, targets, labels, valid),
    )
    expected = golden["fl_cls"], golden["fl_box"]
    np.testing.assert_allclose([float(x) for x in found], expected, rtol=1e-5)
