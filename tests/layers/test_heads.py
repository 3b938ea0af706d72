import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.layers import BoxHead, FeaturePyramid, MaskHead, RPNHead
from tests.gradients import gradient


def test_pyramid_by_hand():
    # identity lateral and smoothing weights: P3 is c3; P2 is c2 plus c3 enlarged twofold
    pyramid = FeaturePyramid(filters=1)
    c2 = np.arange(9, dtype="float32").reshape(1, 3, 3, 1)
    c3 = np.array([[10, 20], [30, 40]], "float32").reshape(1, 2, 2, 1)
    pyramid.build({"P2": c2.shape, "P3": c3.shape})
    smooth = np.zeros((3, 3, 1, 1), "float32")
    smooth[1, 1] = 1
    for level in ("P2", "P3"):
        pyramid.lateral[level].set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
        pyramid.output_convs[level].set_weights([smooth, np.zeros(1)])
    found = {
        k: ops.convert_to_numpy(v)[0, ..., 0] for k, v in pyramid({"P2": c2, "P3": c3}).items()
    }
    assert found["P2"].tolist() == [[10, 11, 22], [13, 14, 25], [36, 37, 48]]
    assert found["P3"].tolist() == [[10, 20], [30, 40]]
    assert found["P4"].tolist() == [[10]]


def test_pyramid_with_batch_norm_has_no_bias():
    pyramid = FeaturePyramid(filters=2, normalization="batch", extra_level=False)
    outputs = pyramid({"P4": np.ones((1, 4, 4, 3)), "P5": np.ones((1, 2, 2, 3))})
    assert sorted(outputs) == ["P4", "P5"]
    assert not [w.path for w in pyramid.weights if w.path.endswith("bias")]


def test_rpn_head_flattens_y_x_anchor():
    head = RPNHead(anchors_per_cell=2, filters=1)
    head.build({"P2": (1, 2, 2, 1)})
    kernel = np.zeros((3, 3, 1, 1), "float32")
    kernel[1, 1] = 1
    head.convs[0].set_weights([kernel, np.zeros(1)])
    head.objectness.set_weights([np.array([1.0, 100]).reshape(1, 1, 1, 2), np.zeros(2)])
    head.deltas.set_weights([np.arange(8.0).reshape(1, 1, 1, 8), np.zeros(8)])
    feature = np.array([[1, 2], [3, 4]], "float32").reshape(1, 2, 2, 1)
    logits, deltas = head({"P2": feature})
    logits = ops.convert_to_numpy(logits["P2"])
    assert logits.tolist() == [[1, 100, 2, 200, 3, 300, 4, 400]]
    assert ops.convert_to_numpy(deltas["P2"])[0, 3].tolist() == [8, 10, 12, 14]


@pytest.mark.parametrize("num_convs", [1, 2])
def test_sampled_anchors_are_those_of_the_whole_maps(num_convs):
    # values, and the gradient of the features
    rng = np.random.default_rng(0)
    shapes = {"P2": (2, 9, 11, 3), "P3": (2, 5, 6, 3)}
    features = {level: rng.normal(size=s).astype("float32") for level, s in shapes.items()}
    head = RPNHead(anchors_per_cell=2, filters=4, num_convs=num_convs)
    head.build(shapes)
    for weight in head.weights:
        weight.assign(rng.normal(size=weight.shape))
    index = rng.integers(0, 2 * (9 * 11 + 5 * 6), (2, 10)).astype("int32")
    index[0, :3] = [0, 2 * 99 - 1, 2 * 99]  # corners of the maps

    def whole(first):
        logits, deltas = head({**features, "P2": first})
        logits = ops.concatenate(list(logits.values()), axis=1)
        deltas = ops.concatenate(list(deltas.values()), axis=1)
        rows = ops.take_along_axis(deltas, ops.array(index)[..., None], axis=1)
        return ops.take_along_axis(logits, ops.array(index), axis=1), rows

    def sampled(first):
        maps = {**features, "P2": first}
        return head.sampled(maps, head(maps), ops.array(index))

    for found, expected in zip(sampled(features["P2"]), whole(features["P2"]), strict=True):
        found, expected = ops.convert_to_numpy(found), ops.convert_to_numpy(expected)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)

    def loss(function):
        return lambda x: sum(ops.sum(ops.square(y)) for y in function(x))

    found, expected = (gradient(loss(f), features["P2"]) for f in (sampled, whole))
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_box_head_by_hand():
    head = BoxHead(num_classes=2, dense_dims=())
    head.build((None, 1, 1, 1, 1))
    head.class_logits.set_weights([np.array([[1.0, 2, 3]]), np.zeros(3)])
    head.box_deltas.set_weights([np.arange(8.0).reshape(1, 8), np.zeros(8)])
    logits, deltas = head(np.array([2.0, 3.0]).reshape(1, 2, 1, 1, 1))
    assert ops.convert_to_numpy(logits).tolist() == [[[2, 4, 6], [3, 6, 9]]]
    assert ops.convert_to_numpy(deltas)[0, 0].tolist() == [[0, 2, 4, 6], [8, 10, 12, 14]]


def test_mask_head_by_hand():
    # no convolution; the deconvolution spreads a cell over 2 x 2 pixels
    head = MaskHead(num_classes=1, conv_dims=(), deconv_dim=1)
    head.build((None, 1, 1, 2, 1))
    head.deconv.set_weights([np.array([1.0, 2, 3, 4]).reshape(2, 2, 1, 1), np.zeros(1)])
    head.mask_logits.set_weights([np.full((1, 1, 1, 1), 10.0), np.ones(1)])
    found = head(np.array([1.0, 2.0]).reshape(1, 1, 1, 2, 1))
    expected = [[11, 21, 21, 41], [31, 41, 61, 81]]
    assert ops.convert_to_numpy(found)[0, 0, ..., 0].tolist() == expected


def test_mask_head_draws_the_class_of_each_crop():
    head = MaskHead(num_classes=3, conv_dims=(4,))
    crops = np.random.default_rng(0).normal(size=(2, 4, 6, 6, 5)).astype("float32")
    labels = np.array([[1, 3, 2, 0], [2, 2, 0, 3]])
    every, own = (ops.convert_to_numpy(x) for x in (head(crops), head(crops, labels)))
    channel = np.maximum(labels - 1, 0)[..., None, None, None]
    np.testing.assert_allclose(own, np.take_along_axis(every, channel, -1)[..., 0], atol=1e-6)


def test_mask_head_is_the_convolutions_of_keras():
    head = MaskHead(num_classes=3, conv_dims=(), deconv_dim=4)
    crops = np.random.default_rng(0).normal(size=(1, 2, 5, 6, 7)).astype("float32")
    found = ops.convert_to_numpy(head(crops))
    deconv = keras.layers.Conv2DTranspose(
        4, 2, strides=2, activation="relu", data_format="channels_last"
    )
    logits = keras.layers.Conv2D(3, 1, data_format="channels_last")
    logits(deconv(crops[0]))  # builds them
    deconv.set_weights(head.deconv.get_weights())
    logits.set_weights(head.mask_logits.get_weights())
    x = ops.convert_to_numpy(logits(deconv(crops[0])))
    np.testing.assert_allclose(found[0], x, atol=1e-6)


@pytest.mark.parametrize(
    "head",
    [
        BoxHead(2, dense_dims=(5,), conv_dims=(3,), normalization="batch"),
        MaskHead(2, conv_dims=(3,), normalization="batch"),
    ],
    ids=["box", "mask"],
)
def test_heads_save_and_reload(head, tmp_path):
    crops = keras.Input((4, 6, 6, 3))
    model = keras.Model(crops, head(crops))
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 6, 3)).astype("float32")
    model.save(tmp_path / "head.keras")
    again = keras.saving.load_model(tmp_path / "head.keras")
    for a, b in zip(keras.tree.flatten(model(x)), keras.tree.flatten(again(x)), strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))


@pytest.mark.parametrize(
    "head", [BoxHead(2, dense_dims=(4,), conv_dims=(3,)), MaskHead(2, conv_dims=(4,))]
)
def test_mixed_precision_computes_in_bfloat16_and_puts_out_float32(head):
    head = type(head)(**{**head.get_config(), "dtype": "mixed_bfloat16"})
    outputs = keras.tree.flatten(head(np.ones((1, 2, 6, 6, 3), "float32")))
    assert {keras.backend.standardize_dtype(x.dtype) for x in outputs} == {"float32"}
    assert {layer.compute_dtype for layer in head.convs} == {"bfloat16"}
    assert {w.dtype for w in head.weights} == {"float32"}


def test_mixed_precision_pyramid_and_rpn_head():
    pyramid = FeaturePyramid(4, dtype="mixed_bfloat16")({"P2": np.ones((1, 4, 4, 3), "float32")})
    logits, _ = RPNHead(dtype="mixed_bfloat16")(pyramid)
    kinds = [keras.backend.standardize_dtype(x.dtype) for x in (pyramid["P2"], logits["P2"])]
    assert kinds == ["bfloat16"] * 2


@pytest.mark.parametrize("layer", [FeaturePyramid, lambda **k: BoxHead(1, **k)])
def test_unknown_normalization(layer):
    with pytest.raises(
        ValueError, match="`normalization` must be None or 'batch'. Received: .*'gn'"
    ):
        layer(normalization="gn")


def test_rpn_head_needs_equal_channels():
    with pytest.raises(ValueError, match="equally many channels on every level"):
        RPNHead()({"P2": np.ones((1, 4, 4, 3)), "P3": np.ones((1, 2, 2, 5))})


def test_pyramid_needs_consecutive_levels():
    with pytest.raises(ValueError, match="`features` must have consecutive levels"):
        FeaturePyramid(4)({"P2": np.ones((1, 4, 4, 3)), "P4": np.ones((1, 1, 1, 5))})
