"""Proposals and boxes that are given, with and without a region proposal network."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.models.detection import network_inputs, prepare
from tests.models.conftest import set_weights, small_model, training_batch

IMAGE = np.random.default_rng(3).integers(0, 256, (50, 70, 3)).astype("uint8")
BOXES = [[40, 5, 69.5, 44], [3, 10, 30, 33.5], [-9, -4, 20, 90]]


@pytest.fixture(scope="module")
def without_rpn():
    """The small model, of the same weights but for those of the RPN, which it has not."""
    whole = small_model()
    config = whole.get_config()
    for key in ("anchor_generator", "rpn_head", "proposal_layer", "anchor_targets"):
        del config[key]
    model = set_weights(type(whole).from_config({**config, "rpn": False}))
    model.compile(keras.optimizers.SGD(0.01))
    return model


@pytest.fixture(scope="module")
def inputs(model):
    return network_inputs(model.image_resizer, [prepare(model, IMAGE).image])


@pytest.fixture(scope="module")
def first(model, inputs):
    """What the first stage makes of the image."""
    return model.first_stage({key: ops.convert_to_tensor(value) for key, value in inputs.items()})


def test_a_models_own_proposals_given_to_it_change_nothing(model, without_rpn, inputs, first):
    usual = model.predict_on_batch(inputs)
    proposals = ops.convert_to_numpy(first["proposals"])
    assert usual["valid"].sum() > 3
    exact = keras.backend.backend() == "torch"
    for one in (model, without_rpn) if exact else (model,):
        again = one.predict_on_batch({**inputs, "proposals": proposals})
        for key, value in usual.items():
            if exact:
                np.testing.assert_array_equal(again[key], value)
            else:  # the proposals here, op by op, are those of the compiled model but for rounding
                np.testing.assert_allclose(again[key], value, rtol=1e-4, atol=1e-4)


def test_boxes_are_kept_in_their_order(model, first):
    (found,) = model.detect(IMAGE, proposals=BOXES, score_threshold=0.99)
    np.testing.assert_array_equal(found.boxes, [*BOXES[:2], [0, 0, 20, 50]])
    assert (np.diff(found.scores) > 0).any() and found.masks.shape == (3, 50, 70)
    # by hand: the head's softmax without the background, the mask of the likeliest class
    scale = np.float32([89, 64, 89, 64]) / [70, 50, 70, 50]
    given = ops.convert_to_tensor((found.boxes * scale).astype("float32")[None])
    features = first["features"]
    logits, _ = model.box_head(model.box_roi_align(features, given))
    classes = ops.convert_to_numpy(ops.softmax(logits))[0, :, 1:]
    np.testing.assert_allclose(found.scores, classes.max(axis=1), rtol=1e-4)
    assert found.labels.tolist() == (classes.argmax(axis=1) + 1).tolist()
    masks = model.mask_head(model.branches[0].roi_align(features, given), found.labels[None])
    masks = ops.convert_to_numpy(ops.sigmoid(masks))[0]
    np.testing.assert_allclose(found.mask_probabilities, masks, atol=1e-4)


def test_chosen_and_resized_boxes_stay_in_order(model):
    (found,) = model.detect(IMAGE, proposals=BOXES)
    assert found[[2, 0]].boxes.tolist() == found.boxes[[2, 0]].tolist()
    assert found.resized((100, 140)).boxes.tolist() == (2 * found.boxes).tolist()


def test_refined_boxes_are_proposals(model):
    found = model.detect(IMAGE, proposals=BOXES, refine=True, score_threshold=0.0)[0]
    assert len(found) and not set(map(tuple, found.boxes)) & set(map(tuple, BOXES))
    assert (np.diff(found.scores) <= 0).all()


def test_images_with_different_numbers_of_boxes(model):
    given = [3 * BOXES, [], BOXES[:1]]
    found = model.detect([IMAGE, IMAGE, IMAGE], proposals=given, batch_size=2)
    assert [len(one) for one in found] == [9, 0, 1]
    np.testing.assert_allclose(found[2].scores, found[0].scores[:1], rtol=1e-4)


@pytest.mark.one_backend
def test_training_on_given_proposals(without_rpn):
    model = set_weights(type(without_rpn).from_config(without_rpn.get_config()))
    model.compile(keras.optimizers.SGD(0.01))
    proposals = np.zeros((2, 6, 4), "float32")
    proposals[:, 0] = [5, 7, 41, 48]
    proposals[:, 1] = [70, 20, 95, 60]
    logs = model.train_on_batch({**training_batch(), "proposals": proposals}, return_dict=True)
    assert set(logs) == {"loss", "class_loss", "box_loss", "mask_loss"}
    assert all(np.isfinite(float(value)) for value in logs.values())


@pytest.mark.one_backend
def test_an_rpn_that_is_given_proposals_has_no_losses(model, without_rpn):
    batch = {**training_batch(), "proposals": np.float32([[[5, 7, 41, 48]], [[4, 3, 31, 29]]])}
    batch = {key: ops.convert_to_tensor(value) for key, value in batch.items()}
    one, two = (m.loss_values(m(batch)) for m in (model, without_rpn))
    assert set(one) == set(two) == {"class_loss", "box_loss", "mask_loss"}
    for key, value in one.items():
        pair = ops.convert_to_numpy(ops.stack([value, two[key]]))
        np.testing.assert_allclose(*pair, rtol=1e-5)


@pytest.mark.one_backend
def test_without_rpn_there_are_no_weights_of_it(without_rpn, tmp_path):
    assert sorted(without_rpn.parts) == ["backbone", "box_head", "feature_pyramid", "mask_head"]
    assert without_rpn.ground_truth == ("gt_boxes", "gt_labels", "gt_masks", "proposals")
    without_rpn.save_to_preset(tmp_path)
    again = km.MaskRCNN.from_preset(tmp_path)
    one, two = (m.detect(IMAGE, proposals=BOXES)[0] for m in (without_rpn, again))
    assert not again.has_rpn
    np.testing.assert_array_equal(one.scores, two.scores)
    changed = km.transfer.replace_heads(again, ["cell"])
    assert not changed.has_rpn and changed.class_names == ("cell",)


@pytest.mark.one_backend
def test_a_source_with_proposals_is_evaluated(without_rpn):
    source = km.data.ShapesSource(2, (64, 64), seed=1)
    given = km.data.WithProposals(source, lambda sample: sample.instances.boxes)
    assert km.evaluation.evaluate(without_rpn, given)["detections"] > 0
    with pytest.raises(km.data.DatasetError, match="has no proposals"):
        km.evaluation.evaluate(without_rpn, source)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "boxes, message",
    [
        ([1, 2, 3, 4], r"of shape \(n, 4\). Received: proposals of shape \(4,\). Type \[\[x1"),
        ([[1, 2, 3]], r"of shape \(n, 4\). Received: proposals of shape \(1, 3\)"),
        ([BOXES[0], [0, 0, np.nan, 9]], r"finite. Received: proposals\[1\]=\[0.0, 0.0, nan, 9.0\]"),
        ([[70, 0, 90, 9]], r"box 0 of image 0, \[70.0, .* of 50 x 70 pixels .* Leave it out"),
        ([[9, 9, 5, 12]], "must have an area within their image: x1 < x2"),
    ],
)
def test_boxes_that_are_refused(model, boxes, message):
    with pytest.raises(ValueError, match=message):
        model.detect(IMAGE, proposals=boxes)


@pytest.mark.one_backend
def test_other_errors(model, without_rpn):
    with pytest.raises(ValueError, match="the boxes of each image, .*Received: 3 for 1 images"):
        model.detect([IMAGE], proposals=BOXES)
    with pytest.raises(ValueError, match="`refine` must go with `proposals`"):
        model.detect(IMAGE, refine=True)
    for detect in (without_rpn.detect, without_rpn.detect_stream):
        with pytest.raises(ValueError, match=r"no region proposal network \(rpn=False\)"):
            detect([IMAGE])
    inputs = {"images": np.zeros((1, 64, 96, 3)), "image_sizes": np.array([[64, 96]])}
    with pytest.raises(ValueError, match=r"`inputs` must hold 'proposals', or 'boxes' to keep"):
        without_rpn.first_stage(inputs)
    with pytest.raises(ValueError, match=r"of shape \(B, R, 4\), .*Received: shape \(1, 4\)"):
        model.first_stage({**inputs, "proposals": np.zeros((1, 4))})
    with pytest.raises(ValueError, match="'gt_masks' and 'proposals' for fit and evaluate"):
        without_rpn.train_on_batch(training_batch())
    with pytest.raises(ValueError, match=r"`proposals` must hold .*Received: proposals\[0, 0\]="):
        box = np.float32([[[0.1, 0.1, 0.5, 0.5]]] * 2)
        without_rpn.train_on_batch({**training_batch(), "proposals": box})
    with pytest.raises(ValueError, match="`model` must have a region proposal network"):
        km.explain.stages(without_rpn, IMAGE)
    with pytest.raises(ValueError, match="`rpn_head` must not be given with rpn=False"):
        km.FasterRCNN(model.backbone, 3, rpn=False, rpn_head=km.RPNHead(3))
