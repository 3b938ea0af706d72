import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.ops.used_rows import on_used_rows
from tests.gradients import gradient

pytestmark = pytest.mark.usefixtures("all_shares")


def rows_that_ran(valid):
    """How many rows of ones come back for a `(B, R)` mask, of any image."""
    ran = on_used_rows(lambda n: ops.ones((len(valid), n)), ops.array(valid))
    return ops.convert_to_numpy(ops.sum(ran, axis=1)).tolist()


def mask(count, *used):
    return np.arange(count) < np.array(used)[:, None]


@pytest.mark.parametrize(
    "used, ran", [(0, 13), (13, 13), (14, 25), (25, 25), (26, 50), (50, 50), (51, 100), (100, 100)]
)
def test_the_smallest_share_that_suffices(used, ran):
    assert rows_that_ran(mask(100, used)) == [ran]


def test_the_image_with_most_rows_decides():
    assert rows_that_ran(mask(16, 1, 2)) == [2, 2]
    assert rows_that_ran(mask(16, 1, 5)) == [8, 8]


def test_a_single_row_and_none():
    assert rows_that_ran(mask(1, 1)) == [1]


def test_values_and_gradient_of_the_valid_rows():
    x = np.random.default_rng(0).normal(size=(2, 16, 3)).astype("float32")
    valid = ops.array(mask(16, 3, 2))

    def squares(x):
        y = on_used_rows(lambda n: ops.square(x[:, :n]), valid)
        return ops.where(valid[..., None], y, 0.0)

    expected = np.where(mask(16, 3, 2)[..., None], x, 0)
    np.testing.assert_allclose(ops.convert_to_numpy(squares(ops.array(x))), expected**2, rtol=1e-6)
    found = gradient(lambda x: ops.sum(squares(x)), x)
    np.testing.assert_allclose(found, 2 * expected, rtol=1e-6)
