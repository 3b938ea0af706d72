"""EfficientNet-Lite: its parts, the conversion of its weights, the weights that come along."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn import conversion
from keras_maskrcnn.backbones import EfficientNetLite, efficientnet_lite

# Mean absolute values of "P2" to "P5", by torch and the makers' file with kernels in float16.
RECORDED = (9.2542858, 8.7780151, 5.3637028, 2.7061942)
TORCH = keras.backend.backend() == "torch"


def count(variant):
    weights = EfficientNetLite(variant).weights
    return sum(int(np.prod(w.shape)) for w in weights if "moving" not in w.path)


def test_parameter_count_of_the_makers():
    # 4,652,008 of the classifier without its last convolution, normalisation and dense layer
    assert count(0) == 4_652_008 - 320 * 1280 - 2 * 1280 - 1281 * 1000


def test_widths_and_depths_of_the_variants():
    assert efficientnet_lite.stage_blocks(0) == [1, 2, 2, 3, 3, 4, 1]
    assert efficientnet_lite.stage_blocks(2) == [1, 3, 3, 4, 4, 5, 1]
    assert efficientnet_lite.stage_filters(0) == [16, 24, 40, 80, 112, 192, 320]
    # 1.1 times 24, 40, 80, ...: 26.4, 44, 88, ..., to the nearest 8, not below 90 %
    assert efficientnet_lite.stage_filters(2) == [16, 24, 48, 88, 120, 208, 352]


def test_levels_strides_and_odd_sizes():
    shapes = EfficientNetLite().compute_output_shape((2, 98, 66, 3))
    assert {level: tuple(shape) for level, shape in shapes.items()} == {
        "P2": (2, 25, 17, 24),
        "P3": (2, 13, 9, 40),
        "P4": (2, 7, 5, 112),
        "P5": (2, 4, 3, 320),
    }


def test_stages_are_frozen_up_to_a_level():
    model = EfficientNetLite(frozen_stages=3)
    trained = {w.path.split("_")[0] for w in model.trainable_weights}
    assert trained == {"stage4", "stage5", "stage6", "stage7"}
    model = EfficientNetLite(freeze_bn=True)
    assert not [w for w in model.trainable_weights if "_bn/" in w.path]


def test_config_round_trip():
    model = EfficientNetLite(1, frozen_stages=2, in_channels=4, dtype="mixed_bfloat16")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model))
    assert again.get_config() == model.get_config()
    assert [w.path for w in again.weights] == [w.path for w in model.weights]


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"`variant` must be one of \[0, 1, 2, 3, 4\]"):
        EfficientNetLite(5)
    with pytest.raises(ValueError, match="`frozen_stages` must be in 0..5"):
        EfficientNetLite(frozen_stages=6)


@pytest.mark.parametrize("variant", sorted(efficientnet_lite.SCALES))
def test_conversion_knows_the_same_weights(variant):
    architecture = conversion.MODELS["efficientnet_lite"][f"efficientnet_lite{variant}"]
    shapes = {w.path: tuple(w.shape) for w in EfficientNetLite(variant).weights}
    assert architecture.shapes() == shapes


@pytest.mark.skipif(not TORCH, reason="compares with a network of torch's own functions")
def test_converted_network_is_that_of_torch():
    from tests.backbones.efficientnet_lite_torch import maps, random_state

    state = random_state()
    converted = conversion.convert(state, "efficientnet_lite", "efficientnet_lite0")
    model = keras.saving.deserialize_keras_object(converted.config)
    for weight in model.weights:
        weight.assign(converted.weights[weight.path])
    images = np.random.default_rng(1).normal(size=(1, 45, 70, 3)).astype("float32")
    found = [ops.convert_to_numpy(x) for x in model(images, training=False).values()]
    for ours, theirs in zip(found, maps(state, images), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(theirs).max())


def test_conversion_refuses_other_networks():
    with pytest.raises(conversion.ConversionError, match="is not of an EfficientNet-Lite"):
        conversion.convert({"conv1.weight": np.zeros((1, 1, 1, 1))}, "efficientnet_lite")


@pytest.fixture(scope="module")
def pretrained():
    return EfficientNetLite.from_preset("efficientnet_lite0_imagenet")


def test_bundled_weights_give_the_recorded_maps(pretrained):
    rows, columns, channels = np.meshgrid(*map(np.arange, (64, 96, 3)), indexing="ij")
    image = ((rows * 3 + columns * 5 + channels * 40) % 256 - 127) / 128
    maps = pretrained(image[None].astype("float32"), training=False)
    found = [float(ops.convert_to_numpy(ops.mean(ops.abs(x)))) for x in maps.values()]
    np.testing.assert_allclose(found, RECORDED, rtol=1e-4)


def test_detectors_normalise_as_the_weights_want(pretrained):
    model = km.FCN(pretrained, ["sky"], feature_pyramid=km.FeaturePyramid(4))
    assert model.image_normalization.mean == (127.0,) * 3
    assert model.image_normalization.std == (128.0,) * 3
