import numpy as np
from keras import ops

from keras_maskrcnn.ops import resample_masks
from tests import oracles


def resample(mask, mask_box, box, *args):
    arrays = (ops.array(np.asarray(a, "float32")) for a in (mask, mask_box, box))
    return ops.convert_to_numpy(resample_masks(*arrays, *args))


def test_same_box_same_size_is_the_mask():
    mask = np.random.default_rng(0).integers(0, 2, (5, 5))
    np.testing.assert_allclose(
        resample(mask, [2, 3, 12, 23], [2, 3, 12, 23], 5, 1), mask, atol=1e-5
    )


def test_half_of_the_box_by_hand():
    # left half 0, right half 1; the proposal is the right half and as much beyond it
    mask = np.tile([0, 0, 1, 1], (4, 1))
    found = resample(mask, [0, 0, 8, 8], [4, 0, 12, 8], 2, 2)
    np.testing.assert_allclose(found, [[1, 0], [1, 0]], atol=0.2)


def test_outside_is_zero():
    assert (resample(np.ones((4, 4)), [0, 0, 8, 8], [20, 20, 30, 30], 3) == 0).all()


def test_equals_roi_align_of_the_bitmap():
    # a mask as large as the image is its own bitmap: inside, both read the same points
    rng = np.random.default_rng(1)
    bitmap = (rng.random((20, 24)) > 0.5).astype("float32")
    box = [3.3, 4.1, 17.9, 15.2]
    expected = oracles.roi_align(bitmap[..., None], box, 7, 2, 1)[..., 0]
    found = resample(bitmap[:, :20], [0, 0, 20, 20], box, 7, 2)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_batched():
    masks, boxes = np.ones((2, 3, 4, 4)), np.tile([0.0, 0, 8, 8], (2, 3, 1))
    assert resample(masks, boxes, boxes, 6).shape == (2, 3, 6, 6)
