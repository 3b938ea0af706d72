"""Every layer alone in a functional model of the user's, saved to `.keras` and reloaded equal."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.layers import (
    AnchorGenerator,
    BoxHead,
    DetectionLayer,
    FeaturePyramid,
    ImageNormalization,
    MaskHead,
    ProposalLayer,
    RoIAlign,
    RPNHead,
)


@pytest.fixture(scope="module")
def detector():
    """A two-stage detector put together from the layers on a two-convolution backbone."""
    images = keras.Input((64, 96, 3), name="images")
    image_sizes = keras.Input((2,), dtype="int32", name="image_sizes")
    x = ImageNormalization()(images, image_sizes)
    c2 = keras.layers.Conv2D(4, 3, strides=4, padding="same", activation="relu")(x)
    c3 = keras.layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(c2)
    pyramid = FeaturePyramid(filters=8)({"P2": c2, "P3": c3})
    logits, deltas = RPNHead(anchors_per_cell=3)(pyramid)
    anchors = AnchorGenerator({"P2": (8,), "P3": (16,), "P4": (32,)})(pyramid)
    proposals, scores, valid = ProposalLayer(50, 20)(logits, deltas, anchors, image_sizes)
    features = {"P2": pyramid["P2"], "P3": pyramid["P3"]}
    class_logits, box_deltas = BoxHead(2, dense_dims=(16,))(RoIAlign(7)(features, proposals))
    boxes, scores, labels, found = DetectionLayer(max_detections=10)(
        class_logits, box_deltas, proposals, valid, image_sizes
    )
    masks = MaskHead(2, conv_dims=(8,))(RoIAlign(14, pooling="max")(features, boxes))
    return keras.Model([images, image_sizes], [boxes, scores, labels, found, masks])


def inputs():
    images = np.random.default_rng(0).uniform(0, 255, (2, 64, 96, 3)).astype("float32")
    return [images, np.array([[64, 96], [50, 60]], "int32")]


@pytest.fixture(scope="module")
def predicted(detector):
    return detector.predict(inputs(), verbose=0)


def test_symbolic_equals_real_shapes(detector, predicted):
    for symbolic, real in zip(detector.outputs, predicted, strict=True):
        assert tuple(symbolic.shape[1:]) == real.shape[1:]
        assert symbolic.dtype == str(real.dtype)


def test_boxes_lie_in_their_images(predicted):
    boxes, _, labels, found, _ = predicted
    assert found.any() and (boxes[~found] == 0).all() and (labels[found] >= 1).all()
    assert (boxes <= np.array([[[96, 64, 96, 64]], [[60, 50, 60, 50]]])).all()


def test_saved_and_reloaded_equal(detector, predicted, tmp_path):
    detector.save(tmp_path / "detector.keras")
    again = keras.saving.load_model(tmp_path / "detector.keras").predict(inputs(), verbose=0)
    for a, b in zip(predicted, again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_anchor_levels_need_sizes():
    with pytest.raises(ValueError, match=r"sizes for \['P2'\], features with \['P2', 'P3'\]"):
        AnchorGenerator({"P2": (8,)})({"P2": ops.ones((1, 4, 4, 1)), "P3": ops.ones((1, 2, 2, 1))})


def test_anchor_sizes_must_be_equally_many():
    with pytest.raises(ValueError, match="equally many sizes for every level"):
        AnchorGenerator({"P2": (8,), "P3": (16, 32)})


def test_roi_align_pooling_and_sampling_ratio():
    with pytest.raises(
        ValueError, match="`pooling` must be one of .*crop_and_resize.* Received: .*'mean'"
    ):
        RoIAlign(7, pooling="mean")
    with pytest.raises(ValueError, match="at least 1, or 0 with pooling='average'.*0, .*'max'"):
        RoIAlign(7, sampling_ratio=0, pooling="max")
    with pytest.raises(ValueError, match="must be 'floor' or 'nearest'. Received: .*'ceil'"):
        RoIAlign(7, level_rounding="ceil")


@pytest.mark.parametrize(
    "arguments",
    [{"sampling_ratio": 0}, {"pooling": "crop_and_resize", "level_rounding": "nearest"}],
)
def test_roi_align_of_other_libraries_in_a_functional_model(arguments, tmp_path):
    features = {"P2": keras.Input((16, 24, 3)), "P3": keras.Input((8, 12, 3))}
    boxes = keras.Input((5, 4))
    model = keras.Model([features, boxes], RoIAlign(3, **arguments)(features, boxes))
    assert tuple(model.output.shape) == (None, 5, 3, 3, 3)
    rng = np.random.default_rng(0)
    maps = {level: rng.normal(size=(2, *x.shape[1:])) for level, x in features.items()}
    maps = {level: x.astype("float32") for level, x in maps.items()}
    corners = rng.uniform(0, 60, (2, 5, 4)).astype("float32")
    given = [maps, np.concatenate([corners[..., :2], corners[..., :2] + corners[..., 2:]], -1)]
    eager = RoIAlign(3, **arguments)(*given)
    found = model.predict(given, verbose=0)
    np.testing.assert_allclose(found, ops.convert_to_numpy(eager), atol=1e-5)
    model.save(tmp_path / "crop.keras")
    again = keras.saving.load_model(tmp_path / "crop.keras").predict(given, verbose=0)
    np.testing.assert_array_equal(again, found)


def test_anchor_strides_from_the_features():
    # Of an image padded to 96 x 64, P2 has 24 x 16 cells, and P6 2 x 1, of 48 x 64 pixels.
    features = {f"P{k}": np.zeros((1, -(-96 // 2**k), -(-64 // 2**k), 1)) for k in range(2, 7)}
    anchors = AnchorGenerator(aspect_ratios=(1.0,), strides="features")(features)
    found = ops.convert_to_numpy(anchors["P6"])
    assert found.tolist() == [[-256, -256, 256, 256], [-256, -208, 256, 304]]
    usual = AnchorGenerator(aspect_ratios=(1.0,))(features)
    assert ops.convert_to_numpy(usual["P6"])[1].tolist() == [-256, -192, 256, 320]
    np.testing.assert_array_equal(anchors["P2"], usual["P2"])


def test_anchors_in_coordinates_that_align_corners():
    # x2 - 1, stretched by 8 / 7, so that the last of 8 pixels is at 8
    features = {"P2": np.zeros((1, 2, 2, 1))}
    layer = AnchorGenerator({"P2": (7,)}, aspect_ratios=(1.0,), align_corners=True)
    found = ops.convert_to_numpy(layer(features)["P2"])[3]
    expected = np.array([0.5, 0.5, 7.5 - 1, 7.5 - 1]) * 8 / 7
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_anchor_strides_are_named():
    with pytest.raises(ValueError, match="must be 'level' or 'features'. Received: .*'image'"):
        AnchorGenerator(strides="image")


def test_level_names():
    with pytest.raises(ValueError, match="must be named 'P' and its number.*Received: 'C2'"):
        FeaturePyramid()({"C2": ops.ones((1, 4, 4, 3))})


MAP = np.ones((1, 4, 4, 8), "float32")


@pytest.mark.parametrize(
    ("given", "received"),
    [
        (MAP, "a tensor of shape"),
        (keras.Input((4, 4, 8), 1), "a tensor of shape"),
        ([MAP], "a list"),
        ((MAP, MAP), "a tuple"),
        ({}, "no level"),
    ],
)
@pytest.mark.parametrize("layer", [FeaturePyramid, RPNHead, AnchorGenerator])
def test_a_tensor_in_the_place_of_a_dict_of_levels(layer, given, received):
    expected = f"`features` must be a dict of levels.*Received: {received}"
    with pytest.raises(ValueError, match=expected):
        layer()(given)


def test_roi_align_of_a_tensor():
    with pytest.raises(ValueError, match=r"`features` must be a dict .* of shape \(1, 4, 4, 8\)"):
        RoIAlign(7)(MAP, np.zeros((1, 2, 4)))


def test_proposals_of_tensors_or_of_different_levels():
    logits, deltas = np.zeros((1, 2)), np.zeros((1, 2, 4))
    anchors, sizes = np.zeros((2, 4)), np.array([[8, 8]])
    with pytest.raises(ValueError, match="`objectness_logits` must be a dict of levels"):
        ProposalLayer(2, 2)(logits, deltas, anchors, sizes)
    with pytest.raises(ValueError, match="`anchors` must be a dict of levels"):
        ProposalLayer(2, 2)({"P2": logits}, {"P2": deltas}, anchors, sizes)
    expected = r"`anchor_deltas` must have the levels of `objectness_logits`, \['P2'\]"
    with pytest.raises(ValueError, match=expected):
        ProposalLayer(2, 2)({"P2": logits}, {"P3": deltas}, {"P2": anchors}, sizes)
