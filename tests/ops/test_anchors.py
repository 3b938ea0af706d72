import numpy as np
from keras import ops

from keras_maskrcnn.ops.anchors import cell_anchors, grid_anchors


def test_cell_anchors_by_hand():
    # ratio = height / width, the outer loop; 16 sqrt(4) = 32 high, 16 / 2 = 8 wide
    found = cell_anchors((16, 32), (1.0, 4.0))
    expected = [[-8, -8, 8, 8], [-16, -16, 16, 16], [-4, -16, 4, 16], [-8, -32, 8, 32]]
    np.testing.assert_allclose(found, expected)


def test_rounding_as_torchvision():
    # torchvision's published cell anchors of size 32: 45.25 / 2 = 22.63 becomes 23
    found = cell_anchors((32,), (0.5, 1.0, 2.0), rounded=True)
    np.testing.assert_array_equal(
        found, [[-23, -11, 23, 11], [-16, -16, 16, 16], [-11, -23, 11, 23]]
    )


def test_grid_order_is_y_x_anchor():
    cells = np.array([[-1, -1, 1, 1], [-2, -2, 2, 2]], "float32")
    found = ops.convert_to_numpy(grid_anchors(cells, (2, 3), (4, 8)))
    assert found.shape == (12, 4)
    centres = (found[:, :2] + found[:, 2:]) / 2
    np.testing.assert_allclose(centres[::2], [[0, 0], [8, 0], [16, 0], [0, 4], [8, 4], [16, 4]])
    np.testing.assert_allclose(found[3], [6, -2, 10, 2])
