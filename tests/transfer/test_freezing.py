import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.models.weights import weight_items
from tests.models.conftest import set_weights, small_model, training_batch


def stages(model):
    """The stages of the backbone that train."""
    return sorted({weight.path.split("_")[0] for weight in model.backbone.trainable_weights})


def values(model):
    return {key: ops.convert_to_numpy(v.value).copy() for key, v in weight_items(model).items()}


@pytest.fixture(scope="module")
def mobile_model():
    net = keras.applications.MobileNetV2(
        input_shape=(None, None, 3), include_top=False, weights=None, alpha=0.35
    )
    levels = {
        "P2": "block_3_expand_relu",
        "P3": "block_6_expand_relu",
        "P4": "block_13_expand_relu",
        "P5": "out_relu",
    }
    return km.MaskRCNN(
        km.backbones.pyramid_from(net, levels),
        num_classes=1,
        feature_pyramid=km.FeaturePyramid(8),
        box_head=km.BoxHead(1, dense_dims=(8,)),
        mask_head=km.MaskHead(1, conv_dims=(8,)),
    )


@pytest.mark.parametrize(
    ("level", "left"),
    [
        ("P2", ["stage3", "stage4", "stage5"]),
        ("P3", ["stage4", "stage5"]),
        ("P4", ["stage5"]),
        ("P5", []),
    ],
)
def test_the_backbone_up_to_a_map(level, left):
    model = small_model()
    km.transfer.freeze(model, f"backbone:{level}")
    assert stages(model) == left


def test_any_backbone_up_to_a_map(mobile_model):
    km.transfer.freeze(mobile_model, "backbone:P3")
    trained = {weight.path.split("/")[0] for weight in mobile_model.backbone.trainable_weights}
    assert "block_6_expand" not in trained and "block_6_depthwise" in trained
    assert "Conv1" not in trained and "Conv_1" in trained
    km.transfer.unfreeze(mobile_model)
    assert len(mobile_model.backbone.trainable_weights) == 156


def test_a_preset_of_any_backbone_is_not_frozen(mobile_model, tmp_path):
    km.transfer.freeze(mobile_model, "backbone:P3", "box_head")
    mobile_model.save_to_preset(tmp_path)
    again = km.MaskRCNN.from_preset(tmp_path)
    assert len(again.backbone.trainable_weights) == 156 and again.box_head.trainable
    assert not mobile_model.box_head.trainable
    changed = km.transfer.replace_heads(mobile_model, ["cell"])
    frozen = len(mobile_model.backbone.trainable_weights)
    assert len(changed.backbone.trainable_weights) == frozen < 156
    km.transfer.unfreeze(changed)
    assert len(changed.backbone.trainable_weights) == 156


def test_all_but_heads():
    model = small_model()
    km.transfer.freeze(model, "all_but_heads")
    trained = [part for part, layer in model.parts.items() if layer.trainable_weights]
    assert trained == ["box_head", "mask_head"]


def test_unfreezing_leaves_what_was_built_frozen():
    model = km.MaskRCNN(
        km.backbones.ResNet(18, filters=(4,) * 4, frozen_stages=2, freeze_bn=True),
        num_classes=1,
        feature_pyramid=km.FeaturePyramid(8),
        box_head=km.BoxHead(1, dense_dims=(8,)),
        mask_head=km.MaskHead(1, conv_dims=(8,)),
    )
    built = [weight.path for weight in model.trainable_weights]
    km.transfer.freeze(model, "backbone")
    km.transfer.freeze(model, "rpn_head")
    assert stages(model) == []
    km.transfer.unfreeze(model)
    assert [weight.path for weight in model.trainable_weights] == built
    km.transfer.unfreeze(model)
    assert [weight.path for weight in model.trainable_weights] == built


def test_frozen_parts_do_not_move_in_a_step(compile_fast):
    model = set_weights(small_model())
    km.transfer.freeze(model, "backbone:P3", "rpn_head")
    model.compile(keras.optimizers.SGD(0.01))
    before = values(model)
    model.train_on_batch(training_batch())
    after = values(model)
    moved = {key for key in before if np.abs(after[key] - before[key]).max() > 0}
    frozen = {
        key
        for key in before
        if key.startswith(("rpn_head", "backbone/stem", "backbone/stage2", "backbone/stage3"))
    }
    # The moving statistics of the frozen stages stay, those of the others do not.
    assert not moved & frozen
    statistics = {key for key in before if "moving" in key}
    assert len(statistics & frozen) > 0 and statistics - frozen <= moved


@pytest.mark.parametrize("part", ["body", "backbone:P7", "backbone:stage3"])
def test_a_part_that_there_is_not(part):
    model = small_model()
    message = f"must be among .*'backbone:P2'.*'all_but_heads'.*Received: '{part}'"
    with pytest.raises(ValueError, match=message):
        km.transfer.freeze(model, "rpn_head", part)
    assert model.rpn_head.trainable


def test_levels_that_cannot_be_told_apart():
    # One layer gives all maps: nothing can be frozen up to P2, only all of it.
    inner = km.backbones.ResNet(18, filters=(4,) * 4)
    images = keras.Input((None, None, 3))
    model = km.MaskRCNN(
        keras.Model(images, inner(images)),
        num_classes=1,
        feature_pyramid=km.FeaturePyramid(8),
        box_head=km.BoxHead(1, dense_dims=(8,)),
        mask_head=km.MaskHead(1, conv_dims=(8,)),
    )
    with pytest.raises(ValueError, match="Received: 'backbone:P2'. Did you mean 'backbone:P5'"):
        km.transfer.freeze(model, "backbone:P2")
