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
    """A two-stage detector put together from the layers on a two-convolution trunk."""
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
    with pytest.raises(ValueError, match="`sampling_ratio` must be at least 1. Received: .*0"):
        RoIAlign(7, sampling_ratio=0)


def test_level_names():
    with pytest.raises(ValueError, match="must be named 'P' and its number.*Received: 'C2'"):
        FeaturePyramid()({"C2": ops.ones((1, 4, 4, 3))})
