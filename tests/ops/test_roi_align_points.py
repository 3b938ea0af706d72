"""The points at which RoIAlign reads."""

import numpy as np
import pytest
from keras import ops

from keras_maskrcnn import RoIAlign
from keras_maskrcnn.ops.roi_align import roi_align
from keras_maskrcnn.ops.roi_align_points import sampling_points
from tests import oracles

MAP = np.zeros((1, 9, 9, 1), "float32")
BOX = np.array([[[8.0, 8.0, 24.0, 24.0]]], "float32")  # cells 2 to 6 of stride 4, in x and in y
FIRST = np.zeros((1, 1), "int32")


def numbers(values):
    return ops.convert_to_numpy(values)[0, 0].tolist()


@pytest.mark.parametrize("ratio", [2, 0])  # 0: as many as a bin has cells, which are 2
@pytest.mark.parametrize(
    ("aligned", "points", "edges"),
    [
        (True, [[2.0, 3.0], [4.0, 5.0]], [1.5, 3.5, 5.5]),  # cell k has its centre at k + 0.5
        (False, [[2.5, 3.5], [4.5, 5.5]], [2.0, 4.0, 6.0]),
    ],
)
def test_by_hand(ratio, aligned, points, edges):
    # 2 bins of 2 cells each, with 2 points at a quarter and three quarters
    for axis in sampling_points([MAP], [4], BOX, FIRST, 2, ratio, aligned):
        counts = ops.convert_to_numpy(axis.counts)[0, 0]
        positions = ops.convert_to_numpy(axis.positions)[0, 0]
        assert positions[counts].reshape(2, 2).tolist() == points
        assert numbers(axis.edges) == edges


def test_crop_and_resize_by_hand():
    # The image is 36 pixels wide; 36 are the 8 steps from the first cell's centre to the last's.
    y, x = sampling_points([MAP], [4], BOX, FIRST, 3, pooling="crop_and_resize")
    expected = np.array([[8.0], [16.0], [24.0]]) / 36 * 8
    np.testing.assert_allclose(numbers(x.positions), expected, rtol=1e-6)
    assert x.edges is None and np.asarray(numbers(y.counts)).all()


def test_points_off_the_map():
    # From cell -2.5 to 1.5: -2 does not count, -1 is moved to the border.
    box = np.array([[[-8.0, 0.0, 8.0, 16.0]]], "float32")
    x = sampling_points([MAP], [4], box, FIRST, 2, 2)[1]
    assert numbers(x.counts) == [[False, True], [True, True]]
    assert numbers(x.positions) == [[0.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("ratio", [1, 2, 3, 0])
@pytest.mark.parametrize("aligned", [True, False])
def test_the_mean_at_the_points_is_the_crop(ratio, aligned):
    rng = np.random.default_rng(0)
    feature = rng.normal(size=(1, 13, 17, 2)).astype("float32")
    boxes = oracles.random_boxes(rng, 6, 40, 50, 2.0)[None].astype("float32")
    levels = ops.zeros((1, 6), "int32")
    arguments = [ops.array(feature)], [4], ops.array(boxes), levels, 3, ratio, aligned
    crops = ops.convert_to_numpy(roi_align(*arguments))
    axes = sampling_points(*arguments)
    for box in range(6):
        weights = [_weights(axis, box, size) for axis, size in zip(axes, (13, 17), strict=True)]
        expected = np.einsum("pi,qj,ijc->pqc", *weights, feature[0])
        np.testing.assert_allclose(crops[0, box], expected, atol=1e-4)


def _weights(axis, box, size):
    """(P, size): how much of each cell a bin reads, of the linear interpolation at its points."""
    positions = ops.convert_to_numpy(axis.positions)[0, box]
    counts = ops.convert_to_numpy(axis.counts)[0, box]
    near = np.maximum(1 - np.abs(positions[..., None] - np.arange(size)), 0)
    points = counts.sum(axis=-1).max()
    return (near * counts[..., None]).sum(axis=1) / points


def test_the_layer_chooses_the_level():
    maps = {"P2": np.zeros((1, 32, 32, 1)), "P3": np.zeros((1, 16, 16, 1))}
    boxes = np.array([[[0.0, 0, 16, 16], [0.0, 0, 64, 64]]])
    layer = RoIAlign(1, sampling_ratio=1, canonical_size=128)  # 64 pixels belong to P3
    assert ops.convert_to_numpy(layer.levels(maps, boxes)).tolist() == [[0, 1]]
    x = layer.sampling_points(maps, boxes)[1]
    # The middles, 8 and 32 pixels, are 2 cells of 4 and 4 cells of 8, less half a cell.
    assert ops.convert_to_numpy(x.positions).ravel().tolist() == [1.5, 3.5]
