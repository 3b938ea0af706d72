"""What the converters read off shapes, and what they say of weights that do not fit.

That the converted networks compute the same is held in tests/parity.
"""

import dataclasses

import numpy as np
import pytest

from keras_maskrcnn.cli import convert as convert_command
from keras_maskrcnn.conversion import MODELS, ConversionError, config, convert
from tests.conversion.states import (
    BACKBONES,
    backbone,
    detectron2_backbone,
    published_state,
    recorded_keys,
    zeros,
)
from tests.parity.reference import matterport_shapes


def test_what_is_known_of_a_model_is_what_its_file_says():
    """Of every model: architecture and config without the file are those read off the file."""
    assert tuple(MODELS) == convert_command.FAMILIES
    for family, model in [(one, model) for one in MODELS for model in MODELS[one]]:
        converted = convert(published_state(family, model), family, model)
        architecture = MODELS[family][model]
        assert converted.architecture == architecture, model
        assert converted.config == config(family, model), model
        shapes = {key: array.shape for key, array in converted.weights.items()}
        assert shapes == architecture.shapes(), model


def test_the_title_counts_the_classes():
    coco = MODELS["matterport"]["resnet101"]
    assert coco.title == "Mask R-CNN with ResNet-101 and 80 classes"
    balloon = dataclasses.replace(coco, num_classes=1)
    assert balloon.title == "Mask R-CNN with ResNet-101 and 1 class"


def test_the_synthetic_backbones_are_those_of_the_libraries():
    for ours, name in (
        (detectron2_backbone(50), "detectron2_mask_rcnn_R_50_FPN_3x"),
        (detectron2_backbone(50, 32, 4), "detectron2_mask_rcnn_X_50_32x4d_FPN"),
        (backbone(50, prefix="backbone.body."), "torchvision_fasterrcnn_resnet50_fpn"),
    ):
        theirs = {
            key: array.shape
            for key, array in recorded_keys(name).items()
            if key.startswith(("backbone.bottom_up.", "backbone.body."))
            and not key.endswith("num_batches_tracked")
        }
        assert {key: array.shape for key, array in ours.items()} == theirs, name


def test_backbones():
    for model, (depth, groups, width) in list(BACKBONES.items())[:6]:
        converted = convert(published_state("torchvision", model), "torchvision", model)
        found = converted.architecture
        assert (found.depth, found.groups, found.width_per_group) == (depth, groups, width)
        assert converted.config["class_name"] == "ResNet"
        assert converted.config["config"]["bn_epsilon"] == 1e-5
        assert converted.weights["stem_conv/kernel"].shape == (7, 7, 3, 64)


@pytest.fixture(scope="module")
def detector():
    """Every array holds a number of its own."""
    keys = recorded_keys("torchvision_maskrcnn_resnet50_fpn")
    return {
        key: np.broadcast_to(np.float32(number), array.shape)
        for number, (key, array) in enumerate(keys.items())
    }


def test_old_names_are_the_new_ones(detector):
    old = {}
    for key, array in detector.items():
        for new, before in (
            ("blocks.0.0.", "blocks.0."),
            ("blocks.1.0.", "blocks.1."),
            ("blocks.2.0.", "blocks.2."),
            ("blocks.3.0.", "blocks.3."),
            ("rpn.head.conv.0.0.", "rpn.head.conv."),
            ("roi_heads.mask_head.0.0.", "roi_heads.mask_head.mask_fcn1."),
            ("roi_heads.mask_head.1.0.", "roi_heads.mask_head.mask_fcn2."),
            ("roi_heads.mask_head.2.0.", "roi_heads.mask_head.mask_fcn3."),
            ("roi_heads.mask_head.3.0.", "roi_heads.mask_head.mask_fcn4."),
        ):
            key = key.replace(new, before)
        old[key] = array
    assert len(set(old) - set(detector)) == 16 + 2 + 8
    new, before = (convert(state, "torchvision").weights for state in (detector, old))
    assert list(new) == list(before)
    assert all(np.array_equal(new[key], before[key]) for key in new)


def test_frozen_batch_normalisation_is_known_by_what_it_lacks(detector):
    frozen = {k: v for k, v in detector.items() if not k.endswith("num_batches_tracked")}
    for state, freeze in ((frozen, True), (detector, False)):
        made = convert(state, "torchvision").config["config"]["backbone"]["config"]
        assert made["freeze_bn"] is freeze and made["frozen_stages"] == (2 if freeze else 0)


def test_the_number_of_classes_is_read_off(detector):
    state = dict(detector)
    state["roi_heads.box_predictor.cls_score.weight"] = zeros(3, 1024)
    state["roi_heads.box_predictor.cls_score.bias"] = zeros(3)
    state["roi_heads.box_predictor.bbox_pred.weight"] = zeros(12, 1024)
    state["roi_heads.box_predictor.bbox_pred.bias"] = zeros(12)
    state["roi_heads.mask_predictor.mask_fcn_logits.weight"] = zeros(3, 256, 1, 1)
    state["roi_heads.mask_predictor.mask_fcn_logits.bias"] = zeros(3)
    converted = convert(state, "torchvision")
    assert converted.architecture.num_classes == 2
    assert converted.weights["box_head/box_deltas/kernel"].shape == (1024, 8)
    assert converted.weights["mask_head/mask_logits/kernel"].shape == (1, 1, 256, 2)


def test_missing_unexpected_and_wrong_are_listed(detector):
    state = dict(detector)
    del state["rpn.head.bbox_pred.bias"], state["backbone.body.layer1.0.bn1.weight"]
    state["roi_heads.keypoints"] = zeros(1)
    state["rpn.head.cls_logits.bias"] = zeros(5)
    with pytest.raises(ConversionError) as error:
        convert(state, "torchvision")
    assert str(error.value).splitlines() == [
        "The checkpoint does not hold a network of torchvision that can be converted.",
        "missing: backbone.body.layer1.0.bn1.weight, rpn.head.bbox_pred.bias",
        "unexpected: roi_heads.keypoints",
        "shapes differ: rpn.head.cls_logits.bias (5,), which gives (5,), not (3,)",
    ]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "lacks 'rpn.head.conv.0.0.weight'"),
        ({"backbone.body.layer3.6.conv1.weight": zeros(1)}, r"stages of \(3, 4, 7, 3\)"),
    ],
)
def test_other_models_of_torchvision(state, message):
    body = backbone(50, prefix="backbone.body.")
    with pytest.raises(ConversionError, match=message):
        convert({**body, **state}, "torchvision")


def test_neither_detector_nor_backbone():
    with pytest.raises(ConversionError, match="neither of a detector .* Its keys: features.0.w"):
        convert({"features.0.weight": zeros(1)}, "torchvision")


def test_a_file_that_is_not_of_detectron2_is_told_by_its_keys():
    with pytest.raises(ConversionError, match=r"'.*res2.0.conv1.weight': .* Its keys: a.w, b.w\."):
        convert({"a.w": zeros(1), "b.w": zeros(1)}, "detectron2")
    state = published_state("detectron2", "mask_rcnn_R_50_FPN_3x")
    del state["backbone.fpn_lateral2.weight"]
    with pytest.raises(ConversionError, match=r"fpn_lateral2.weight'.* Its keys: .*, \.\.\. \(\d+"):
        convert(state, "detectron2")


def test_the_named_model_must_be_in_the_file(detector):
    convert(detector, "torchvision", "maskrcnn_resnet50_fpn")
    with pytest.raises(ConversionError, match="but maskrcnn_resnet50_fpn_v2 is .*'batch'"):
        convert(detector, "torchvision", "maskrcnn_resnet50_fpn_v2")
    with pytest.raises(ValueError, match="`model` must be one of .*Received: model='yolo'"):
        convert(detector, "torchvision", "yolo")


def test_unknown_arguments(detector):
    with pytest.raises(ValueError, match="among bn_epsilon, anchor_sizes, image_size. .*'momen"):
        convert(detector, "torchvision", momentum=0.1)
    with pytest.raises(ValueError, match="five numbers of pixels.*\\(8, 16\\)"):
        convert(detector, "torchvision", anchor_sizes=(8, 16))


def test_other_anchors(detector):
    state = dict(detector)
    for key in ("rpn.head.cls_logits", "rpn.head.bbox_pred"):
        count = 15 * (4 if "bbox" in key else 1)
        state |= {f"{key}.weight": zeros(count, 256, 1, 1), f"{key}.bias": zeros(count)}
    with pytest.raises(ConversionError, match="has 15 anchors per cell"):
        convert(state, "torchvision")


@pytest.mark.parametrize(
    "key", ["roi_heads.box_predictor.cls_score.weight", "backbone.body.layer1.0.conv2.weight"]
)
def test_shapes_that_tell_no_architecture(key, detector):
    with pytest.raises(ConversionError, match="The shapes in the checkpoint do not fit"):
        convert({**detector, key: zeros()}, "torchvision")


@pytest.fixture(scope="module")
def detectron():
    state = published_state("detectron2", "mask_rcnn_R_50_FPN_3x")
    stem, logits = "backbone.bottom_up.stem.conv1.weight", "roi_heads.box_predictor.cls_score.bias"
    state[stem] = np.arange(64 * 3 * 7 * 7, dtype="float32").reshape(64, 3, 7, 7)
    state[logits] = np.arange(81, dtype="float32")
    return state


def test_detectron2_reads_bgr_and_has_its_background_last(detectron):
    weights = convert(detectron, "detectron2").weights
    stem = detectron["backbone.bottom_up.stem.conv1.weight"]
    np.testing.assert_array_equal(weights["backbone/stem_conv/kernel"][2, 3, 0], stem[:, 2, 2, 3])
    logits = detectron["roi_heads.box_predictor.cls_score.bias"]
    found = weights["box_head/class_logits/bias"]
    assert found[0] == logits[80] and found[1] == logits[0]


def test_detectron2_old_files_hold_pixels_and_anchors(detectron):
    state = {
        **detectron,
        "pixel_mean": np.float32([[[3]], [[2]], [[1]]]),  # B, G, R
        "pixel_std": np.float32([6, 5, 4]).reshape(3, 1, 1),
        "proposal_generator.anchor_generator.cell_anchors.0": zeros(3, 4),
    }
    made = convert(state, "detectron2").config["config"]["image_normalization"]["config"]
    assert made == {"mean": (1.0, 2.0, 3.0), "std": (4.0, 5.0, 6.0)}
    zoo = {
        **published_state("detectron2", "mask_rcnn_X_101_32x8d_FPN_3x"),
        "pixel_mean": np.float32([103.53, 116.28, 123.675]),
        "pixel_std": np.float32([57.375, 57.12, 58.395]),
    }
    known = config("detectron2", "mask_rcnn_X_101_32x8d_FPN_3x")
    assert convert(zoo, "detectron2").config == known


def test_detectron2_strides():
    def stride(name, **arguments):
        state = published_state("detectron2", name)
        made = convert(state, "detectron2", **arguments).config["config"]
        return made["backbone"]["config"]["stride_in_1x1"]

    assert stride("mask_rcnn_R_50_FPN_3x") is True
    assert stride("mask_rcnn_R_50_FPN_3x", stride_in_1x1=False) is False
    assert stride("mask_rcnn_X_50_32x4d_FPN") is False


def test_detectron2_resnet101(detectron):
    state = dict(detectron)
    for block in range(6, 23):
        for key, array in detectron.items():
            if "res4.5." in key:
                state[key.replace("res4.5.", f"res4.{block}.")] = array
    converted = convert(state, "detectron2", "mask_rcnn_R_101_FPN_3x")
    assert converted.architecture.backbone.depth == 101
    assert "backbone/stage4_block23_3_conv/kernel" in converted.weights
    with pytest.raises(ConversionError, match="but mask_rcnn_R_50_FPN_3x is"):
        convert(state, "detectron2", "mask_rcnn_R_50_FPN_3x")


def test_caffe2_is_named():
    with pytest.raises(ConversionError, match=r"of Caffe2 \(Detectron 1\)"):
        convert({"conv1_w": zeros(1)}, "detectron2")


def test_matterport_folds_biases_and_normalisation():
    state = {key: np.zeros(shape, "float32") for key, shape in matterport_shapes(2).items()}
    state |= {key: np.ones_like(x) for key, x in state.items() if "gamma" in key or "var" in key}
    state["conv1/bias"][:] = 3
    state["bn_conv1/moving_mean"][:] = 5
    state["mrcnn_class_conv2/kernel"][:] = 2
    state["mrcnn_class_conv2/bias"][:] = 1
    state["mrcnn_class_bn2/moving_variance"][:] = 0.25 - 1e-3
    state["mrcnn_class_bn2/beta"][:] = 7
    state["rpn_class_raw/bias"][:] = [1, 4, 2, 2, 3, 1]  # background, object of three anchors
    state["rpn_bbox_pred/bias"][:4] = [1, 2, 3, 4]  # dy, dx, dh, dw, in units of 0.1 and 0.2
    state["mrcnn_bbox_fc/bias"][4:] = [1, 2, 3, 4]
    state["anchors/Variable"] = np.zeros((1, 5, 4), "float32")
    converted = convert(state, "matterport", "resnet50")
    assert converted.architecture.num_classes == 1
    weights = converted.weights
    assert (weights["backbone/stem_bn/moving_mean"] == 2).all()
    np.testing.assert_allclose(weights["box_head/fc2/kernel"], 4, rtol=1e-6)
    np.testing.assert_allclose(weights["box_head/fc2/bias"], 1 / 0.5 + 7, rtol=1e-6)
    assert weights["rpn_head/objectness/bias"].tolist() == [3, 0, -2]
    found = weights["rpn_head/deltas/bias"][:4]
    np.testing.assert_allclose(found, [0.2, 0.1, 0.8, 0.6], rtol=1e-6)
    assert weights["box_head/box_deltas/bias"].tolist() == [2, 1, 4, 3]


def test_matterport_lists_what_is_missing():
    state = {key: zeros(*shape) for key, shape in matterport_shapes(4).items()}
    del state["bn3b_branch2a/gamma"]
    state["fpn_c9/kernel"] = zeros(1)
    with pytest.raises(ConversionError) as error:
        convert(state, "matterport")
    assert "missing: bn3b_branch2a/gamma\nunexpected: fpn_c9/kernel" in str(error.value)
    with pytest.raises(ConversionError, match="0 residual blocks in stage 4"):
        convert({"conv1/kernel": zeros(1)}, "matterport")
    with pytest.raises(ValueError, match="multiple of 64.*image_size=\\(800, 1000\\)"):
        convert(state, "matterport", image_size=(800, 1000))
