import numpy as np
from keras import ops

from keras_maskrcnn.layers import ImageNormalization


def run(layer, images, sizes):
    return ops.convert_to_numpy(layer(ops.array(images), ops.array(sizes)))


def test_by_hand_and_padding_is_zero():
    images = np.array(
        [[[[10, 20]], [[30, 40]]]], "uint8"
    )  # (1, 2, 1, 2): the second row is padding
    layer = ImageNormalization(mean=(8, 12), std=(2, 4))
    np.testing.assert_allclose(run(layer, images, [[1, 1]])[0, :, 0], [[1, 2], [0, 0]])


def test_per_image_uses_the_valid_pixels_only():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (2, 9, 11, 3)).astype("uint8")
    found = run(ImageNormalization(per_image=True), images, [[9, 11], [5, 7]])
    inner = images[1, :5, :7].astype("float64")
    np.testing.assert_allclose(found[1, :5, :7], (inner - inner.mean()) / inner.std(), atol=1e-4)
    assert not found[1, 5:].any() and not found[1, :, 7:].any()


def test_per_image_ignores_brightness_and_contrast():
    image = np.random.default_rng(1).uniform(50, 100, (1, 8, 8, 3))
    layer = ImageNormalization(per_image=True)
    first, second = run(layer, image, [[8, 8]]), run(layer, 1.5 * image + 20, [[8, 8]])
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_flat_image_does_not_explode():
    image = np.full((1, 4, 4, 3), 7.0)
    image[0, 0, 0] = 8.0
    assert np.abs(run(ImageNormalization(per_image=True, min_std=4.0), image, [[4, 4]])).max() < 0.3
