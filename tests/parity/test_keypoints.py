"""Keypoint R-CNN against recorded outputs of torchvision and Detectron2 (data/README.md)."""

import numpy as np
import pytest
from keras import ops

from keras_maskrcnn import conversion, losses
from keras_maskrcnn.ops.keypoints import keypoint_cells, keypoint_peaks
from tests.parity.matching import built, found, one_batch, partners
from tests.parity.reference import load, pictures, torch_state
from tests.parity.training import boxes_and_labels, check_losses, scales

NETWORKS = [
    ("torchvision", "keypointrcnn_resnet50_fpn"),
    ("detectron2", "keypoint_rcnn_R_50_FPN_3x"),
]
RECORDED = 10  # detections of each picture


@pytest.fixture(scope="module")
def operations():
    return load("torchvision_keypoints")


def test_the_highest_pixel_of_each_heatmap(operations):
    # Boxes of 80 x 90, 3.3 x 2.2, 0.2 x 0.3, 170.25 x 50.25 and 56 x 56 pixels; maps of noise.
    maps = ops.array(operations["kp_maps"].transpose(0, 2, 3, 1)[None])
    points, values = keypoint_peaks(maps, ops.array(operations["kp_boxes"][None]))
    expected = operations["kp_out"][None, ..., :2]
    np.testing.assert_allclose(ops.convert_to_numpy(points), expected, atol=1e-3)
    expected = operations["kp_scores"][None]
    np.testing.assert_allclose(ops.convert_to_numpy(values), expected, atol=2e-5)


def test_the_cells_that_keypoints_are_trained_on(operations):
    keypoints, boxes = ops.array(operations["kph_in"]), ops.array(operations["kp_boxes"])
    cells, valid = map(ops.convert_to_numpy, keypoint_cells(keypoints, boxes, 56))
    np.testing.assert_array_equal(valid, operations["kph_valid"] > 0)
    np.testing.assert_array_equal(cells[valid], operations["kph_idx"][valid])


@pytest.fixture(scope="module", params=NETWORKS, ids=[name for _, name in NETWORKS])
def network(request):
    """A converted network, and what is recorded of the library's own."""
    family, name = request.param
    data = load(f"{family}_{name}")
    converted = conversion.convert(torch_state(family, data), family, name, image_size=(256, 400))
    converted.config["config"]["detection_layer"]["config"]["max_detections"] = RECORDED
    return built(converted), data


def test_detections(network):
    model, data = network
    expected = data["expected"]
    inputs = one_batch(model, pictures(), expected["canvas"])
    np.testing.assert_array_equal(inputs["image_sizes"], expected["image_sizes"])
    for image, detections in enumerate(found(model, inputs)):
        boxes = expected[f"boxes{image}"]
        one = np.ones(RECORDED)
        partner, distance = partners(detections["boxes"], one, boxes, one)
        assert sorted(partner) == list(range(RECORDED)) and distance.max() < 0.05
        scores = expected[f"scores{image}"][partner]
        np.testing.assert_allclose(detections["scores"], scores, atol=1e-4)
        keypoints = expected[f"keypoints{image}"][partner]
        np.testing.assert_allclose(detections["keypoints"][..., :2], keypoints[..., :2], atol=0.1)
        np.testing.assert_allclose(detections["keypoints"][..., 2], keypoints[..., 2], atol=1e-3)


@pytest.mark.parametrize("network", NETWORKS[:1], indirect=True, ids=["torchvision"])
def test_losses(network):
    model, data = network
    recorded = data["losses"]
    keypoints = np.stack([recorded[f"target{image}_keypoints"] for image in (0, 1)])
    keypoints[..., :2] *= scales(model.image_resizer)[:, None, None]
    truth = boxes_and_labels(recorded, model.image_resizer) | {"gt_keypoints": keypoints}
    check_losses(model, model.branches, truth, recorded, keypoint_loss="loss_keypoint")


def test_a_batch_without_a_visible_keypoint_has_no_loss():
    logits, none = ops.ones((1, 2, 4, 4, 3)), ops.zeros((1, 2, 3), "int32")
    assert float(losses.keypoint_loss(logits, none, none > 0)) == 0.0
