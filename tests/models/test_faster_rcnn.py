"""Mask R-CNN without masks."""

import keras
import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets
from tests.models.conftest import set_weights, training_batch


def small_model(num_classes=3):
    return km.FasterRCNN(
        km.backbones.ResNet(18, filters=(4, 8, 8, 8)),
        num_classes=num_classes,
        image_resizer=km.data.ImageResizer(64, 96),
        feature_pyramid=km.FeaturePyramid(8),
        proposal_layer=km.ProposalLayer(
            40, 20, training_pre_nms_top_n=40, training_post_nms_top_n=20
        ),
        box_head=km.BoxHead(num_classes, dense_dims=(16,)),
        detection_layer=km.DetectionLayer(max_detections=8, score_threshold=0.01),
        anchor_targets=AnchorTargets(samples=64, seed=1),
        proposal_targets=ProposalTargets(samples=16, seed=2),
    )


@pytest.fixture(scope="module")
def model():
    model = set_weights(small_model())
    model.compile(keras.optimizers.SGD(0.01))
    return model


def without_masks():
    return {key: x for key, x in training_batch().items() if key != "gt_masks"}


def test_finds_boxes_without_masks(model):
    found = model.detect(np.full((50, 70, 3), 128, "uint8"), score_threshold=0.0)[0]
    assert len(found) > 0 and found.masks is None and found.class_names[0] == "class 1"


def test_fit_logs_four_losses(compile_fast):
    model = set_weights(small_model())
    model.compile(keras.optimizers.SGD(0.01))
    before = [w.value + 0 for w in model.box_head.weights]
    logs = model.train_on_batch(without_masks(), return_dict=True)
    names = {"loss", "rpn_class_loss", "rpn_box_loss", "class_loss", "box_loss"}
    assert set(logs) == names and all(np.isfinite(float(x)) for x in logs.values())
    parts = sum(float(value) for name, value in logs.items() if name != "loss")
    np.testing.assert_allclose(float(logs["loss"]), parts, rtol=1e-5)
    assert any(
        np.abs(np.asarray(keras.ops.convert_to_numpy(b - w.value))).max() > 0
        for b, w in zip(before, model.box_head.weights, strict=True)
    )


@pytest.mark.one_backend
def test_preset_round_trip(model, tmp_path):
    model.save_to_preset(tmp_path)
    again = km.FasterRCNN.from_preset(tmp_path)
    assert type(again) is km.FasterRCNN
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3)).astype("uint8")
    one, two = (m.detect(image, score_threshold=0.0)[0] for m in (model, again))
    np.testing.assert_array_equal(one.boxes, two.boxes)
    with pytest.raises(ValueError, match="holds a FasterRCNN, no MaskRCNN. Type FasterRCNN.from"):
        km.MaskRCNN.from_preset(tmp_path)


def test_replace_heads(model):
    changed = km.transfer.replace_heads(model, ["cell"])
    assert type(changed) is km.FasterRCNN and changed.class_names == ("cell",)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(changed.box_head.dense[0].kernel),
        keras.ops.convert_to_numpy(model.box_head.dense[0].kernel),
    )


@pytest.mark.one_backend
def test_evaluate_gives_boxes_only(model):
    source = km.data.ShapesSource(2, image_size=(64, 64), seed=1)
    model.class_names = source.class_names
    results = km.evaluation.evaluate(model, source)
    assert results["mask"] is None and 0 <= results["box"]["AP"] <= 1


def test_a_mask_head_has_no_place():
    with pytest.raises(TypeError, match="unexpected keyword argument 'mask_head'"):
        km.FasterRCNN(km.backbones.ResNet(18, filters=(4,) * 4), 1, mask_head=km.MaskHead(1))
