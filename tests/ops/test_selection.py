import numpy as np
from keras import ops

from keras_maskrcnn.ops.selection import best, gather


def test_best_pads_with_minus_infinity():
    values, index = best(ops.array([[1.0, 5.0, float("-inf")]]), 4)
    assert ops.convert_to_numpy(index).tolist() == [[1, 0, 0, 0]]
    np.testing.assert_array_equal(ops.convert_to_numpy(values), [[5, 1, -np.inf, -np.inf]])


def test_gather_rows_of_each_image():
    rows = ops.reshape(ops.arange(12), (2, 3, 2))
    found = ops.convert_to_numpy(gather(rows, ops.array([[2], [0]])))
    assert found.tolist() == [[[4, 5]], [[6, 7]]]
