import functools
import signal

import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.ops import assign_levels, roi_align
from keras_maskrcnn.ops.roi_align_average import FixedTaps
from tests import gradients, oracles

LEVEL_SIZES = {4: (13, 17), 8: (7, 9)}


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    features = [rng.normal(size=(2, *size, 3)).astype("float32") for size in LEVEL_SIZES.values()]
    boxes = np.stack([oracles.random_boxes(rng, 5, 50, 66, 0.5) for _ in range(2)])
    boxes[0, 0] = [-30, -30, -20, -20]  # outside
    boxes[0, 1] = [50.3, 40.2, 90.7, 80.1]  # sticks out
    boxes[1, 0] = 0  # padding
    return features, boxes, rng.integers(0, 2, (2, 5)).astype("int32")


def run(features, boxes, levels, *args, **kwargs):
    features = [ops.array(f) for f in features]
    crops = roi_align(
        features, list(LEVEL_SIZES), ops.array(boxes), ops.array(levels), *args, **kwargs
    )
    return ops.convert_to_numpy(crops)


def test_by_hand():
    # the map holds the x coordinate of each cell's centre: a bin's mean is its own centre
    ramp = np.tile(np.arange(8, dtype="float32")[None, None, :, None] * 4 + 2, (1, 8, 1, 1))
    crops = roi_align([ops.array(ramp)], [4], ops.array([[[6.0, 8, 18, 20]]]), ops.array([[0]]), 3)
    np.testing.assert_allclose(ops.convert_to_numpy(crops)[0, 0, 0, :, 0], [8, 12, 16], rtol=1e-6)


@pytest.mark.one_backend
def test_ctrl_c_is_not_taken_for_a_lack_of_a_gradient(case, monkeypatch):
    monkeypatch.setattr(FixedTaps, "gather", lambda *args: signal.default_int_handler(2, None))
    with pytest.raises(KeyboardInterrupt) as raised:
        run(*case, 3)
    assert raised.value.__context__ is None  # at the first call, not at a second


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("pooling", ["average", "max"])
@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_oracle(case, aligned, pooling, ratio):
    features, boxes, levels = case
    found = run(features, boxes, levels, 3, ratio, aligned, pooling)
    strides = list(LEVEL_SIZES)
    for image in range(2):
        for row, level in enumerate(levels[image]):
            expected = oracles.roi_align(
                features[level][image],
                boxes[image, row],
                3,
                ratio,
                strides[level],
                aligned,
                pooling,
            )
            np.testing.assert_allclose(found[image, row], expected, atol=1e-4)


@pytest.mark.parametrize("aligned", [True, False])
def test_adaptive_oracle(case, aligned):
    features, boxes, levels = case
    boxes[0, 2] = [2, 3, 60, 5]  # long and thin: many samples in x, one in y
    found = run(features, boxes, levels, 3, 0, aligned)
    for image in range(2):
        for row, level in enumerate(levels[image]):
            box, stride = boxes[image, row], list(LEVEL_SIZES)[level]
            sides = (box[2:] - box[:2]) / stride
            width, height = sides if aligned else np.maximum(sides, 1.0)
            samples = max(1, int(np.ceil(width / 3))), max(1, int(np.ceil(height / 3)))
            expected = oracles.roi_align(features[level][image], box, 3, samples, stride, aligned)
            if width * height == 0:
                expected = 0  # a box without area, where torchvision divides by no sample
            np.testing.assert_allclose(found[image, row], expected, atol=1e-4)


def test_adaptive_sampling_is_capped():
    # 240 cells in one bin, read every 7.5 cells: the mean of a ramp is its middle all the same
    ramp = np.tile(np.arange(240, dtype="float32")[None, None, :, None], (1, 2, 1, 1))
    crop = roi_align(
        [ops.array(ramp)], [1], ops.array([[[0.0, 0, 240, 2]]]), ops.array([[0]]), 1, 0
    )
    np.testing.assert_allclose(ops.convert_to_numpy(crop).ravel(), [119.5], atol=0.6)


def test_crop_and_resize_by_hand():
    # A 3 x 3 grid from corner to corner of the image: the corner cells' centres, and the middle.
    feature = np.arange(25, dtype="float32").reshape(1, 5, 5, 1)
    box, level = ops.array([[[0.0, 0.0, 20.0, 20.0]]]), ops.array([[0]])
    crop = roi_align([ops.array(feature)], [4], box, level, 3, pooling="crop_and_resize")
    expected = [[0, 2, 4], [10, 12, 14], [20, 22, 24]]
    np.testing.assert_allclose(ops.convert_to_numpy(crop)[0, 0, :, :, 0], expected, atol=1e-5)
    one = roi_align([ops.array(feature)], [4], box, level, 1, pooling="crop_and_resize")
    np.testing.assert_allclose(ops.convert_to_numpy(one).ravel(), [12], atol=1e-5)


def test_crop_and_resize_outside_is_zero():
    feature = np.ones((1, 5, 5, 1), "float32")
    box = ops.array([[[-20.0, 0.0, 20.0, 20.0]]])
    crop = roi_align([ops.array(feature)], [4], box, ops.array([[0]]), 3, pooling="crop_and_resize")
    expected = [[0, 1, 1]] * 3
    np.testing.assert_allclose(ops.convert_to_numpy(crop)[0, 0, :, :, 0], expected, atol=1e-5)


def test_outside_is_exactly_zero(case):
    features, boxes, levels = case
    assert (run(features, boxes, levels, 2)[0, 0] == 0).all()


def test_flipping_the_map_flips_the_crop():
    rng = np.random.default_rng(5)
    feature = rng.normal(size=(1, 8, 8, 2)).astype("float32")
    box = np.array([[[5, 6, 21, 30]]], "float32")
    flipped_box = np.array([[[32 - 21, 6, 32 - 5, 30]]], "float32")
    level = ops.array([[0]])
    crop = roi_align([ops.array(feature)], [4], ops.array(box), level, 4)
    other = roi_align(
        [ops.array(feature[:, :, ::-1].copy())], [4], ops.array(flipped_box), level, 4
    )
    found = ops.convert_to_numpy(other)[..., ::-1, :]
    np.testing.assert_allclose(ops.convert_to_numpy(crop), found, atol=1e-5)


@pytest.mark.parametrize(
    ("pooling", "ratio"), [("average", 2), ("max", 2), ("average", 0), ("crop_and_resize", 2)]
)
def test_gradient_equals_a_numeric_one(case, pooling, ratio):
    features, boxes, levels = case
    rng = np.random.default_rng(6)
    weights = rng.normal(size=(2, 5, 2, 2, 3)).astype("float32")

    @gradients.compiled
    def value(first):
        maps = [first, ops.array(features[1])]
        crops = roi_align(
            maps, list(LEVEL_SIZES), ops.array(boxes), ops.array(levels), 2, ratio, pooling=pooling
        )
        return ops.sum(crops * ops.array(weights))

    found = gradients.gradient(value, features[0])
    assert np.abs(found).max() > 0.1
    touched = np.argwhere(np.abs(found) > 0.05)
    for position in map(tuple, rng.choice(touched, 8, replace=False)):
        step = np.zeros_like(features[0])
        step[position] = 2e-3
        high, low = (float(value(ops.array(features[0] + s))) for s in (step, -step))
        np.testing.assert_allclose(found[position], (high - low) / 4e-3, atol=1e-2)


@pytest.mark.parametrize("ratio", [2, 0])
def test_gradient_of_boxes_larger_than_a_tile(ratio):
    # Crops are linear in the features: <upstream, crops(other)> = <gradient, other>.
    rng = np.random.default_rng(7)
    maps = [rng.normal(size=(2, *size, 3)).astype("float32") for size in ((40, 51), (20, 26))]
    boxes = oracles.random_boxes(rng, 24, 160, 204, 0.8).reshape(2, 12, 4).astype("float32")
    boxes[0, 0] = [0, 30, 204, 50]
    levels = rng.integers(0, 2, (2, 12)).astype("int32")
    upstream = ops.array(rng.normal(size=(2, 12, 3, 3, 3)), "float32")

    def value(number, array):
        features = [array if i == number else ops.zeros(m.shape) for i, m in enumerate(maps)]
        crops = roi_align(features, [4, 8], ops.array(boxes), ops.array(levels), 3, ratio)
        return ops.sum(crops * upstream)

    for number, array in enumerate(maps):
        at_map = gradients.compiled(functools.partial(value, number))
        found = gradients.gradient(at_map, array)
        assert (np.abs(found) > 0).mean() > 0.05
        for _ in range(3):
            other = rng.normal(size=array.shape).astype("float32")
            other[:, rng.integers(0, array.shape[1], 5)] = 0
            expected = float(at_map(ops.array(other)))
            np.testing.assert_allclose((found * other).sum(), expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("backward", [False, True])
def test_compiled_without_a_large_intermediate(backward):
    # 16 cells are read for every bin: kept side by side, they would take 16 times the crops.
    jax = pytest.importorskip("jax")
    if keras.backend.backend() != "jax" or jax.default_backend() != "cpu":
        pytest.skip("for JAX on a CPU")
    maps = [jax.ShapeDtypeStruct((1, side, side, 32), "float32") for side in (64, 32)]
    boxes = jax.ShapeDtypeStruct((1, 300, 4), "float32")
    levels = jax.ShapeDtypeStruct((1, 300), "int32")

    def crops(maps, boxes, levels):
        return roi_align(maps, [4, 8], boxes, levels, 7)

    def loss(*args):
        return ops.sum(crops(*args) ** 2)

    compiled = jax.jit(jax.grad(loss) if backward else crops).lower(maps, boxes, levels).compile()
    features, result = 4 * 32 * (64**2 + 32**2), 4 * 32 * 300 * 7 * 7
    kept = features + (2 * result if backward else 0)  # all maps in one; the crops, their gradient
    assert compiled.memory_analysis().temp_size_in_bytes < kept + result


@pytest.mark.parametrize("aligned", [True, False])
def test_by_torchvision_is_the_same(case, aligned):
    pytest.importorskip("torchvision")
    torch = pytest.importorskip("torch")
    if keras.backend.backend() != "torch":
        pytest.skip("for PyTorch")
    from keras_maskrcnn.ops import roi_align_torch

    features, boxes, levels = case
    strides = np.array(list(LEVEL_SIZES))[levels][..., None]
    found = roi_align_torch.by_torchvision(
        [torch.tensor(f) for f in features],
        torch.tensor(boxes / strides, dtype=torch.float32),
        torch.tensor(levels),
        3,
        2,
        aligned,
    )
    np.testing.assert_allclose(found, run(features, boxes, levels, 3, 2, aligned), atol=1e-5)


def test_by_torchvision_keeps_boxes_exact_in_bfloat16():
    pytest.importorskip("torchvision")
    torch = pytest.importorskip("torch")
    from keras_maskrcnn.ops import roi_align_torch

    # the x of each cell, modulo 16; bfloat16 steps by 2 at 300, so its bins would lie elsewhere
    ramp = (torch.arange(512) % 16).float().reshape(1, 1, -1, 1).repeat(1, 8, 1, 1)
    box, level = torch.tensor([[[291.0, 2.0, 295.0, 6.0]]]), torch.tensor([[0]])
    arguments = (box, level, 2, 2, True)
    exact = roi_align_torch.by_torchvision([ramp], *arguments)
    found = roi_align_torch.by_torchvision([ramp.bfloat16()], *arguments)
    assert found.dtype == torch.bfloat16
    assert found.float().tolist() == exact.tolist()
    assert exact[0, 0, 0, :, 0].tolist() == [3.5, 5.5]


def test_bfloat16_features_keep_their_dtype(case):
    features, boxes, levels = case
    maps = [ops.cast(ops.array(f), "bfloat16") for f in features]
    crops = roi_align(maps, list(LEVEL_SIZES), ops.array(boxes), ops.array(levels), 2)
    expected = run(features, boxes, levels, 2)
    found = ops.convert_to_numpy(ops.cast(crops, "float32"))
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_levels_rounded_to_the_nearest():
    # log2(side / 224) of -0.4, -0.6 and 0.6
    boxes = ops.array([[0.0, 0.0, side, side] for side in (169.8, 147.8, 339.5)])
    found = assign_levels(boxes, rounding="nearest")
    assert ops.convert_to_numpy(found).tolist() == [4, 3, 5]


def test_levels_by_hand():
    # 224 px is level 4; half of it level 3; a little less than half level 2; clamped at both ends
    sides = [224, 112, 111.9, 448, 4000, 3, 0]
    boxes = ops.array([[0.0, 0.0, side, side] for side in sides])
    assert ops.convert_to_numpy(assign_levels(boxes)).tolist() == [4, 3, 2, 5, 5, 2, 2]
