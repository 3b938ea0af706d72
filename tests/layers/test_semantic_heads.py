"""The heads that draw a semantic map on a pyramid."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.ops.upsampling import enlarge_bilinear

# An image of 70 x 50 pixels: levels of odd sizes.
SIZES = {"P2": (18, 13), "P3": (9, 7), "P4": (5, 4), "P5": (3, 2)}
PYRAMID = {
    level: np.random.default_rng(0).normal(size=(2, *size, 4)).astype("float32")
    for level, size in SIZES.items()
}
HEADS = (km.SemanticHead, km.UNetHead)


def test_enlarging_by_four_is_linear_between_the_centres():
    x = np.array([0.0, 8.0], "float32").reshape(1, 1, 2, 1)
    found = ops.convert_to_numpy(enlarge_bilinear(ops.convert_to_tensor(x), 4))
    assert found.shape == (1, 4, 8, 1)
    assert found[0, 2, :, 0].tolist() == [0, 0, 1, 3, 5, 7, 8, 8]


@pytest.mark.parametrize("kind", HEADS)
def test_a_map_at_the_scale_of_the_finest_level_whatever_its_size(kind):
    head = kind(num_semantic_classes=3, conv_dim=8)
    assert tuple(head(PYRAMID).shape) == (2, 18, 13, 3)
    # of each block a kernel, a scale and a shift
    assert len(head.trainable_weights) == 3 * (7 if kind is km.SemanticHead else 6) + 2
    again = kind.from_config(head.get_config())
    assert (again.num_semantic_classes, again.conv_dim) == (3, 8)


@pytest.mark.parametrize("kind", HEADS)
def test_channels_begin_with_opinions_of_their_own(kind):
    head = kind(num_semantic_classes=50, conv_dim=8)
    head(PYRAMID)
    kernel = ops.convert_to_numpy(head.semantic_logits.kernel)  # (1, 1, 8, 50): sqrt(2 / 8) = 0.5
    assert kernel.std() == pytest.approx(0.5, rel=0.2)


@pytest.mark.parametrize("kind", HEADS)
def test_half_precision_is_near(kind):
    keras.utils.set_random_seed(0)
    exact = kind(num_semantic_classes=3, conv_dim=8)
    half = kind(num_semantic_classes=3, conv_dim=8, dtype="mixed_bfloat16")
    expected, found = exact(PYRAMID), half(PYRAMID)
    half.set_weights(exact.get_weights())
    found = half(PYRAMID)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    difference = ops.convert_to_numpy(ops.abs(found - expected)).max()
    assert difference < 0.05 * ops.convert_to_numpy(ops.max(ops.abs(expected)))


def test_each_level_has_as_many_stages_as_it_has_to_be_enlarged():
    head = km.SemanticHead(num_semantic_classes=2, conv_dim=8)
    head.build({level: (None, None, None, 4) for level in PYRAMID})
    assert {level: len(stages) for level, stages in head.stages.items()} == {
        "P2": 1, "P3": 1, "P4": 2, "P5": 3,
    }  # fmt: skip


def test_a_level_that_says_nothing_adds_nothing():
    """Without the shift of the others, the parts of a sum."""
    head = km.SemanticHead(num_semantic_classes=2, conv_dim=8)
    head(PYRAMID)
    whole = ops.convert_to_numpy(head(PYRAMID))
    parts = []
    for level in PYRAMID:
        for other, stages in head.stages.items():
            scale = 1.0 if other == level else 0.0  # of the last normalisation: its output
            stages[-1].layers[1].gamma.assign(np.full(8, scale))
        parts.append(ops.convert_to_numpy(head(PYRAMID)))
    np.testing.assert_allclose(sum(parts), whole, atol=1e-5)


def test_classes_must_be_known():
    with pytest.raises(ValueError, match="`num_semantic_classes` of a UNetHead must be given"):
        km.UNetHead().build({"P2": (None, 8, 8, 4)})
