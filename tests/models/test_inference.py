import keras
import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.models.weights import weight_items
from tests.models.conftest import set_weights, small_model, training_batch


def images(x):
    return {key: x[key] for key in ("images", "image_sizes")}


def test_predict_gives_padded_tensors(model):
    found = model.predict(images(training_batch()), verbose=0)
    shapes = {key: value.shape for key, value in found.items()}
    assert shapes == {
        "boxes": (2, 8, 4),
        "scores": (2, 8),
        "labels": (2, 8),
        "valid": (2, 8),
        "masks": (2, 8, 28, 28),
    }
    assert found["valid"].any()
    assert (found["masks"] >= 0).all() and (found["masks"] <= 1).all()
    assert (np.diff(found["scores"], axis=1) <= 0).all()


def test_export_names_the_signature_that_it_needs(model, tmp_path):
    with pytest.raises(ValueError, match=r"^`input_signature` must .* Type .*InputSpec\(shape="):
        model.export(tmp_path / "exported")


def test_what_lies_in_the_padding_does_not_matter(model):
    noisy, clean = images(training_batch()), images(training_batch())
    clean["images"][1, 48:] = 0
    clean["images"][1, :, 60:] = 0
    one, two = (model.predict(x, verbose=0) for x in (noisy, clean))
    assert one["valid"][1].any()
    for key in one:
        np.testing.assert_allclose(one[key][1], two[key][1], atol=1e-4)


def test_detect_maps_back_to_the_original_pixels(model):
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 256, (2, 100, 150, 3)).astype("uint8")
    tall = np.ascontiguousarray(wide[0, :, :70])
    found = model.detect([wide[0], tall, wide[1]], score_threshold=0.0, batch_size=2)
    assert [d.image_size for d in found] == [(100, 150), (100, 70), (100, 150)]
    for detections in found:
        height, width = detections.image_size
        assert (detections.boxes[:, 2] <= width + 1e-3).all()
        assert (detections.boxes[:, 3] <= height + 1e-3).all()
    alone = model.detect(wide[1], score_threshold=0.0)
    assert len(alone) == 1
    np.testing.assert_allclose(alone[0].boxes, found[2].boxes, atol=1e-2)


def test_detect_score_threshold_may_leave_nothing(model):
    found = model.detect(np.zeros((64, 64, 3), "uint8"), score_threshold=1.0)
    assert len(found[0]) == 0 and found[0].masks.shape == (0, 64, 64)


def test_detect_wants_uint8(model):
    with pytest.raises(
        ValueError, match=r"uint8 arrays of shape.*images\[1\] of shape \(8, 8, 3\).*float"
    ):
        model.detect([np.zeros((8, 8, 3), "uint8"), np.zeros((8, 8, 3))])


def test_detect_wants_as_many_channels_as_the_backbone(model):
    with pytest.raises(ValueError, match=r"images\[0\] of shape \(8, 6\) .*repeat grey"):
        model.detect(np.zeros((8, 6), "uint8"))
    with pytest.raises(ValueError, match=r"shape \(8, 8, 4\).*Drop an alpha channel"):
        model.detect(np.zeros((8, 8, 4), "uint8"))


def test_detect_names_a_missing_file(model):
    with pytest.raises((ValueError, FileNotFoundError), match="nowhere.png"):
        model.detect("nowhere.png")


@pytest.mark.one_backend
def test_keras_file_round_trip(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = images(training_batch())
    one, two = (m.predict(x, verbose=0) for m in (model, again))
    for key in one:
        np.testing.assert_array_equal(one[key], two[key])
    assert again.class_names == model.class_names
    assert again.image_resizer.get_config() == model.image_resizer.get_config()


def test_preset_round_trip(model, tmp_path):
    model.save_to_preset(tmp_path / "preset")
    again = km.MaskRCNN.from_preset(tmp_path / "preset")
    x = images(training_batch())
    one, two = (m.predict(x, verbose=0) for m in (model, again))
    for key in one:
        np.testing.assert_array_equal(one[key], two[key])
    assert "compile_config" not in km.presets.load_config(tmp_path / "preset")
    empty = km.MaskRCNN.from_preset(tmp_path / "preset", load_weights=False)
    assert empty.count_params() == model.count_params()


def test_weight_keys_are_frozen():
    keys = list(weight_items(small_model()))
    assert [key for key in keys if not key.startswith("backbone/")] == [
        *(
            f"feature_pyramid/{k}{n}/{w}"
            for n in range(2, 6)
            for k in ("lateral", "output")
            for w in ("kernel", "bias")
        ),
        *(
            f"rpn_head/{k}/{w}"
            for k in ("conv1", "objectness", "deltas")
            for w in ("kernel", "bias")
        ),
        *(
            f"box_head/{k}/{w}"
            for k in ("fc1", "class_logits", "box_deltas")
            for w in ("kernel", "bias")
        ),
        *(
            f"mask_head/{k}/{w}"
            for k in ("conv1", "deconv", "mask_logits")
            for w in ("kernel", "bias")
        ),
    ]
    assert keys[:5] == [
        "backbone/stem_conv/kernel",
        *(f"backbone/stem_bn/{w}" for w in ("gamma", "beta", "moving_mean", "moving_variance")),
    ]
    assert "backbone/stage3_block1_shortcut_conv/kernel" in keys


def test_weight_keys_do_not_depend_on_names():
    keys = list(weight_items(small_model(name="mine")))
    assert keys == list(weight_items(small_model()))


def test_replaced_heads_keep_all_other_weights():
    model = set_weights(small_model())
    changed = km.transfer.replace_heads(model, ["balloon"])
    old, new = weight_items(model), weight_items(changed)
    assert changed.class_names == ("balloon",) and list(old) == list(new)
    final = ("box_head/class_logits", "box_head/box_deltas", "mask_head/mask_logits")
    for key in new:
        same = tuple(old[key].shape) == tuple(new[key].shape)
        assert same != key.startswith(final)
        if same:
            np.testing.assert_array_equal(
                *(np.asarray(keras.ops.convert_to_numpy(d[key].value)) for d in (old, new))
            )


def test_replaced_heads_need_names(model):
    with pytest.raises(ValueError, match="at least one name, each only once. Received: .*'a', 'a'"):
        km.transfer.replace_heads(model, ["a", "a"])


def test_what_was_frozen_stays_frozen_but_for_the_heads():
    model = small_model()
    km.transfer.freeze(model, "backbone", "rpn_head", "box_head")
    changed = km.transfer.replace_heads(model, ["balloon"])
    trainable = {part: layer.trainable for part, layer in changed.parts.items()}
    frozen = [part for part, free in trainable.items() if not free]
    assert frozen == ["backbone", "rpn_head"]


def test_presets_are_not_frozen(tmp_path):
    model = small_model()
    km.transfer.freeze(model, "rpn_head", "box_head")
    model.save_to_preset(tmp_path)
    again = km.MaskRCNN.from_preset(tmp_path)
    assert all(layer.trainable for layer in again.parts.values())


def test_class_names_are_a_list(model):
    with pytest.raises(TypeError, match="must be a list of names. Received: class_names='cat'"):
        km.transfer.replace_heads(model, "cat")


def test_freeze_names_the_parts(model):
    with pytest.raises(ValueError, match="`parts` must be among .*'backbone'.*Received: 'body'"):
        km.transfer.freeze(model, "body")


def test_any_keras_backbone():
    net = keras.applications.MobileNetV2(
        input_shape=(None, None, 3), include_top=False, weights=None, alpha=0.35
    )
    levels = ["block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "out_relu"]
    backbone = km.backbones.pyramid_from(
        net, dict(zip(["P2", "P3", "P4", "P5"], levels, strict=True))
    )
    model = km.MaskRCNN(
        backbone,
        num_classes=1,
        image_normalization=km.ImageNormalization(mean=(127.5,) * 3, std=(127.5,) * 3),
        feature_pyramid=km.FeaturePyramid(8),
        proposal_layer=km.ProposalLayer(20, 10),
        box_head=km.BoxHead(1, dense_dims=(8,)),
        mask_head=km.MaskHead(1, conv_dims=(8,)),
        detection_layer=km.DetectionLayer(max_detections=5, score_threshold=0.0),
    )
    found = model.predict_on_batch(images(training_batch()))
    assert np.asarray(found["masks"]).shape == (2, 5, 28, 28)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"class_names": ["a"]}, "`class_names` must hold 3 different names"),
        ({"box_head": km.BoxHead(2)}, "`box_head` must have 3 classes as the model"),
        ({"backbone": keras.Sequential()}, "`backbone` must be a functional keras.Model"),
    ],
)
def test_bad_arguments(arguments, message):
    arguments = {
        "backbone": km.backbones.ResNet(18, filters=(4,) * 4),
        "num_classes": 3,
        **arguments,
    }
    with pytest.raises(ValueError, match=message):
        km.MaskRCNN(**arguments)


def test_none_stands_for_the_default():
    model = km.MaskRCNN(
        km.backbones.ResNet(18, filters=(4,) * 4),
        num_classes=1,
        feature_pyramid=km.FeaturePyramid(8),
        anchor_generator=None,
        rpn_head=None,
        box_head=km.BoxHead(1, dense_dims=(8,)),
        mask_head=km.MaskHead(1, conv_dims=(8,)),
    )
    assert model.anchor_generator.sizes["P2"] == (32.0,) and model.rpn_head.anchors_per_cell == 3


def test_unknown_argument():
    with pytest.raises(TypeError, match="unexpected keyword argument 'heads'"):
        km.MaskRCNN(km.backbones.ResNet(18, filters=(4,) * 4), 3, heads=None)
