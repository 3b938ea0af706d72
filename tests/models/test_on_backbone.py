"""Detectors that begin with a backbone: their layers, and the preset that is one of them."""

import json
import re

import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn import presets
from keras_maskrcnn.cli import main
from keras_maskrcnn.models.weights import weight_items
from tests.models.conftest import small_model

LITE, TO_TRAIN = "efficientnet_lite0_imagenet", "mask_rcnn_efficientnet_lite0_fpn"


@pytest.fixture(scope="module")
def detector():
    return km.MaskRCNN.from_backbone(LITE, ("balloon", "kite"))


def values(model, part):
    weights = weight_items(model).items()
    return {key: ops.convert_to_numpy(v) for key, v in weights if key.startswith(part)}


def test_a_small_backbone_gets_narrow_layers(detector):
    assert type(detector) is km.MaskRCNN and detector.class_names == ("balloon", "kite")
    assert detector.feature_pyramid.filters == 96
    assert detector.branches[0].head.conv_dims == (96, 96)
    assert not [w for w in detector.trainable_weights if "_bn/" in w.path]
    learnt = km.backbones.EfficientNetLite.from_preset(LITE)
    for weight in learnt.weights[:8]:
        found = values(detector, f"backbone/{weight.path}")
        np.testing.assert_array_equal(*found.values(), ops.convert_to_numpy(weight))


def test_what_is_given_wins():
    model = km.KeypointRCNN.from_backbone(
        LITE, ["person"], keypoints=2, feature_pyramid=km.FeaturePyramid(8)
    )
    assert model.feature_pyramid.filters == 8
    assert model.branches[0].head.conv_dims == (96,) * 4
    assert len(model.branches[0].skeleton) == 2


def test_keypoints_of_the_class_have_a_narrow_head_too():
    model = km.KeypointRCNN.from_backbone(LITE, ["person"], load_weights=False)
    assert model.branches[0].head.conv_dims == (96,) * 4
    assert len(model.branches[0].skeleton) == 17


def test_other_backbones_get_the_default_layers(tmp_path):
    backbone = km.backbones.ResNet(18, filters=(4, 4, 8, 8))
    arrays = {w.path: ops.convert_to_numpy(w) for w in backbone.weights}
    config = keras.saving.serialize_keras_object(backbone)
    presets.save(tmp_path, config, arrays, {"class_names": []})
    parts = {"box_head": km.BoxHead(dense_dims=(4,))}
    model = km.FasterRCNN.from_backbone(tmp_path, ["cat"], **parts)
    assert model.feature_pyramid.filters == 256 and model.backbone.freeze_bn
    first = f"backbone/{backbone.weights[0].path}"
    np.testing.assert_array_equal(values(model, first)[first], arrays[first[9:]])


def test_a_detector_is_no_backbone(tmp_path):
    small_model().save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="no Backbone. Take the backbone of MaskRCNN"):
        km.MaskRCNN.from_backbone(tmp_path, ["cat"])


def test_the_preset_to_train_is_such_a_detector():
    model = km.MaskRCNN.from_preset(TO_TRAIN)
    made = km.MaskRCNN.from_backbone(LITE, ["object"], image_resizer=km.data.ImageResizer(640, 640))
    assert nameless(model.get_config()) == nameless(made.get_config())
    learnt, expected = values(model, "backbone/"), values(made, "backbone/")
    assert all(np.array_equal(learnt[key], expected[key]) for key in expected)
    assert np.std(values(model, "mask_head/conv1/kernel")["mask_head/conv1/kernel"]) > 0
    assert presets.load_metadata(TO_TRAIN)["parameter_count"] == model.count_params()


def nameless(config):
    """A config as JSON, without the names that Keras counts up: "rpn_head_3"."""
    return re.sub(r'"name": "\w+"', "", json.dumps(config))


@pytest.mark.one_backend
def test_the_preset_to_train_detects_nothing(capsys, tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    assert main(["predict", str(tmp_path / "a.png"), "--preset", TO_TRAIN]) == 1
    assert "must be a trained detector" in capsys.readouterr().err
