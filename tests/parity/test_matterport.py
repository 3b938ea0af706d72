"""Matterport's network and operations against their recorded outputs (data/README.md)."""

import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.data import ImageResizer
from keras_maskrcnn.layers import DetectionLayer, RoIAlign
from keras_maskrcnn.models.detection import network_inputs
from tests.parity.matching import converted_model, found, partners
from tests.parity.reference import load, matterport_state, pictures

YX = [1, 0, 3, 2]  # Matterport's order of coordinates


@pytest.fixture(scope="module")
def recorded():
    return load("matterport_ops")


def test_detections():
    data = load("matterport_small")
    expected = data["expected"]
    model = converted_model(
        matterport_state(data),
        "matterport",
        image_size=(256, 256),
        anchor_sizes=(8, 16, 32, 64, 128),
        post_nms_top_n=300,
        max_detections=50,
    )
    resizer, images = model.image_resizer, pictures()
    # One grey level more or less changes all proposals of a random network: take the very pixels.
    resized = [
        canvas[y1:y2, x1:x2]
        for canvas, (y1, x1, y2, x2) in zip(expected["resized"], expected["windows"], strict=True)
    ]
    inputs = network_inputs(resizer, resized)
    np.testing.assert_array_equal(inputs["images"], expected["resized"])
    for image, detections in enumerate(found(model, inputs)):
        reference = expected["detections"][image]
        boxes, window = reference[:, YX] * 256, inputs["windows"][image]
        partner, distance = partners(
            detections["boxes"], detections["labels"], boxes, reference[:, 4]
        )
        same = distance < 0.5
        # What lies at the border may differ: rounding decides there whether a sample is 0.
        assert same[_inside(detections["boxes"], window)].all()
        assert np.isin(np.flatnonzero(_inside(boxes, window)), partner[same]).all()
        assert same.mean() > 0.9 and len(set(partner[same])) == same.sum()
        assert distance[same].max() < 2e-3
        assert np.abs(detections["scores"] - reference[partner, 5])[same].max() < 1e-3
        masks = expected["masks"][image]
        for row in np.flatnonzero(same & (partner < len(masks))):
            np.testing.assert_allclose(detections["masks"][row], masks[partner[row]], atol=1e-2)
        final = resizer.boxes_to_image(
            detections["boxes"], resized[image].shape[:2], images[image].shape[:2]
        )
        rounded = expected[f"rois{image}"][partner][:, YX]
        assert np.abs(final - rounded)[same].max() <= 0.5 + 1e-3


def _inside(boxes, window):
    return ((boxes[:, :2] > window[:2] + 0.01) & (boxes[:, 2:] < window[2:] - 0.01)).all(1)


def test_resized_pixels():
    expected = load("matterport_small")["expected"]["resized"]
    for image, padded in zip(pictures(), expected, strict=True):
        resizer = ImageResizer(
            256, 256, min_scale=1.0, rounding="half_even", resampling="fade", square=True
        )
        ours = resizer.pad(resizer(image)).astype(int)
        # Where the exact value is a whole grey level, theirs may be truncated to the one below.
        assert np.abs(ours - padded).max() <= 1
        assert np.mean(ours != padded) < 1e-3


@pytest.mark.parametrize("name", ["resize_square", "resize_square_up"])
def test_resizing_rule(recorded, name):
    canvas, window = recorded[name], recorded[f"{name}_window"]
    y1, x1, y2, x2 = window
    side = len(canvas)
    resizer = ImageResizer(
        min(y2 - y1, x2 - x1), side, rounding="half_even", resampling="fade", square=True
    )
    ours = resizer(recorded["img_small"])
    assert ours.shape[:2] == (y2 - y1, x2 - x1)
    differs = resizer.pad(ours).astype(int) - canvas
    assert np.abs(differs).max() <= 1 and np.mean(differs != 0) < 0.03
    expected = (window - [0, 0, 1, 1])[YX] / (side - 1) * side
    np.testing.assert_allclose(resizer.window(*ours.shape[:2]), expected, rtol=1e-6)


def test_roi_align(recorded):
    y1, x1, y2, x2 = np.moveaxis(recorded["roialign_boxes"], -1, 0)
    boxes = np.stack([x1 * 320, y1 * 256, x2 * 320, y2 * 256], axis=-1)
    features = {f"P{k}": ops.array(recorded[f"roialign_P{k}"]) for k in (2, 3, 4, 5)}
    layer = RoIAlign(7, pooling="crop_and_resize", level_rounding="nearest")
    crops = ops.convert_to_numpy(layer(features, ops.array(boxes)))
    # Rounding decides whether the last sample of a box that touches the border is 0, and which
    # level a box half-way between two has.
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log2(np.sqrt((y2 - y1) * (x2 - x1) * 256 * 320) / 224)
        between = np.abs(level % 1 - 0.5) < 1e-5
    clear = (np.maximum(x2, y2) < 1.0) & ~between
    assert clear.mean() > 0.8
    np.testing.assert_allclose(crops[clear], recorded["roialign_out7"][clear], atol=1e-4)


def test_detection_layer(recorded):
    height, width = recorded["det_meta"][0, 4:6]
    size = np.array([width, height] * 2, "float32")
    windows = (recorded["det_meta"][:, 7:11] - [0, 0, 1, 1])[:, YX] / (size - 1) * size
    layer = DetectionLayer(
        score_threshold=0.7,
        nms_threshold=0.3,
        max_detections=40,
        min_size=0.0,
        one_class_per_proposal=True,
    )
    rois = recorded["det_rois"][..., YX] * size
    boxes, scores, labels, valid = (
        ops.convert_to_numpy(output)
        for output in layer(
            ops.log(ops.array(recorded["det_probs"])),
            ops.array(recorded["det_deltas"][..., 1:, :][..., YX]),
            ops.array(rois),
            ops.ones(rois.shape[:2], dtype="bool"),
            windows.astype("float32"),
        )
    )
    expected = recorded["det_out_0.7"]
    assert (valid == (expected[..., 4] > 0)).all() and 2 < valid.sum() < 80
    np.testing.assert_array_equal(labels, expected[..., 4])
    np.testing.assert_allclose(scores, expected[..., 5], atol=1e-6)
    np.testing.assert_allclose(boxes, expected[..., YX] * size, atol=1e-3)
