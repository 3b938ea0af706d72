import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.layers.conv2d import Conv2D
from keras_maskrcnn.ops.convolution import conv2d, depth_to_space, transposed_conv2d
from tests.gradients import gradient


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_by_hand():
    # the rows 1 2 3 and 4 5 6 and the kernel 1 10 / 100 1000 at stride 1
    x = np.arange(1.0, 7.0, dtype="float32").reshape(1, 2, 3, 1)
    kernel = np.float32([[1, 10], [100, 1000]]).reshape(2, 2, 1, 1)
    found = ops.convert_to_numpy(conv2d(x, kernel))[0, ..., 0]
    assert found.tolist() == [[1 + 20 + 400 + 5000, 2 + 30 + 500 + 6000]]


CASES = [
    # kernel size, channels, filters, groups, strides, padding
    (1, 3, 5, 1, 1, "valid"),
    (1, 3, 5, 1, 2, "same"),
    (1, 4, 8, 1, 2, "valid"),
    (3, 6, 7, 1, 1, "same"),
    (3, 7, 6, 1, 2, "same"),
    (2, 6, 6, 1, 2, "valid"),
    (3, 8, 8, 4, 1, "same"),
    (3, 8, 16, 4, 2, "valid"),
    (3, 5, 5, 5, 1, "same"),
    (5, 4, 4, 4, 2, "same"),
    (3, 4, 4, 4, 2, "valid"),
]
IDS = ["x".join(map(str, case)) for case in CASES]


@pytest.mark.parametrize("small", [0, 1000], ids=["by XLA", "by products"])
@pytest.mark.parametrize("size, channels, filters, groups, stride, padding", CASES, ids=IDS)
def test_values_and_gradients_are_those_of_keras(
    size, channels, filters, groups, stride, padding, small, monkeypatch
):
    if keras.backend.backend() == "jax":
        from keras_maskrcnn.ops import convolution_jax

        monkeypatch.setattr(convolution_jax, "SMALL", small)
    x = random(2, 7, 6, channels)
    kernel = random(size, size, channels // groups, filters, seed=1)

    def ours(x, kernel):
        return conv2d(x, kernel, (stride, stride), padding)

    def plain(x, kernel):
        return ops.conv(x, kernel, stride, padding, data_format="channels_last")

    close = {"rtol": 1e-4, "atol": 1e-4}
    expected = ops.convert_to_numpy(plain(x, kernel))
    np.testing.assert_allclose(ops.convert_to_numpy(ours(x, kernel)), expected, **close)
    upstream = ops.convert_to_tensor(random(*expected.shape, seed=2))
    for array, of in (
        (x, lambda f: lambda x: ops.sum(f(x, ops.convert_to_tensor(kernel)) * upstream)),
        (kernel, lambda f: lambda k: ops.sum(f(ops.convert_to_tensor(x), k) * upstream)),
    ):
        np.testing.assert_allclose(gradient(of(ours), array), gradient(of(plain), array), **close)


def test_transposed_convolution_with_its_pixels_put_in_place():
    x, kernel = random(2, 3, 4, 5), random(2, 2, 6, 5, seed=1)
    found = depth_to_space(
        transposed_conv2d(ops.convert_to_tensor(x), ops.convert_to_tensor(kernel))
    )
    expected = ops.conv_transpose(x, kernel, strides=2, data_format="channels_last")
    np.testing.assert_allclose(
        ops.convert_to_numpy(found), ops.convert_to_numpy(expected), atol=1e-5
    )


def test_layer_has_the_weights_and_results_of_keras():
    x = random(1, 5, 5, 3)
    ours = Conv2D(4, 3, strides=2, padding="same", activation="relu")
    theirs = keras.layers.Conv2D(
        4, 3, strides=2, padding="same", activation="relu", data_format="channels_last"
    )
    ours(x), theirs(x)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(
        ops.convert_to_numpy(ours(x)), ops.convert_to_numpy(theirs(x)), atol=1e-6
    )


def test_layer_saves_and_reloads(tmp_path):
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, Conv2D(2, 1)(inputs))
    model.save(tmp_path / "conv.keras")
    again = keras.saving.load_model(tmp_path / "conv.keras")
    x = random(1, 4, 4, 3)
    np.testing.assert_array_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))


def test_layer_without_dilation():
    with pytest.raises(ValueError, match=r"`dilation_rate` 1. Received: .*\(2, 2\)"):
        Conv2D(2, 3, dilation_rate=2)
