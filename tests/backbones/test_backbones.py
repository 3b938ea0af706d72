import keras
import numpy as np
import pytest
from keras import ops

from keras_maskrcnn.backbones import ResNet, pyramid_from


def shapes(model, height, width):
    outputs = model.compute_output_shape((2, height, width, 3))
    return {level: tuple(shape) for level, shape in outputs.items()}


@pytest.mark.parametrize(
    ("depth", "parameters"),
    [(18, 11_176_512), (34, 21_284_672), (50, 23_508_032), (101, 42_500_160)],
)
def test_parameter_counts_of_torchvision(depth, parameters):
    # torchvision's resnetNN without its last layer `fc`
    counted = [w for w in ResNet(depth).weights if "moving" not in w.path]
    assert sum(int(np.prod(w.shape)) for w in counted) == parameters


def test_resnext50_32x4d_has_torchvisions_parameters():
    model = ResNet(50, groups=32, width_per_group=4)
    counted = [w for w in model.weights if "moving" not in w.path]
    assert sum(int(np.prod(w.shape)) for w in counted) == 22_979_904


def test_levels_strides_and_odd_sizes():
    expected = {
        "P2": (2, 25, 17, 256),
        "P3": (2, 13, 9, 512),
        "P4": (2, 7, 5, 1024),
        "P5": (2, 4, 3, 2048),
    }
    assert shapes(ResNet(50), 98, 66) == expected


def test_stride_sits_where_it_is_asked_for():
    first = "stage3_block1_1_conv"
    assert ResNet(50).get_layer(first).strides == (1, 1)
    assert ResNet(50, stride_in_1x1=True).get_layer(first).strides == (2, 2)


def test_symmetric_padding_of_strided_convolutions():
    # an impulse in the first pixel reaches the first output through the kernel's inside
    model = ResNet(18, filters=(1, 1, 1, 1), bn_epsilon=0.0)
    kernel = np.zeros((7, 7, 3, 1), "float32")
    kernel[3, 3] = 1
    model.get_layer("stem_conv").set_weights([kernel])
    image = np.zeros((1, 32, 32, 3), "float32")
    image[0, 0, 0] = [1, 0, 0]
    stem = keras.Model(model.input, model.get_layer("stem_conv").output)
    assert float(ops.convert_to_numpy(stem(image))[0, 0, 0, 0]) == 1.0


def test_frozen_stages():
    model = ResNet(18, filters=(4, 4, 4, 4), frozen_stages=2)
    trainable = {w.path.split("_")[0] for w in model.trainable_weights}
    assert trainable == {"stage3", "stage4", "stage5"}
    model = ResNet(18, filters=(4, 4, 4, 4), freeze_bn=True)
    assert not [w for w in model.trainable_weights if "_bn/" in w.path]


def test_config_round_trip():
    model = ResNet(
        18,
        filters=(4, 8, 8, 8),
        bn_epsilon=0.0,
        frozen_stages=1,
        in_channels=4,
        dtype="mixed_bfloat16",
    )
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model))
    assert again.get_config() == model.get_config()
    assert [w.path for w in again.weights] == [w.path for w in model.weights]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 20}, r"`depth` must be one of \[18, 34, 50, 101\]. Received: depth=20"),
        ({"depth": 18, "groups": 32}, "`groups` must be 1 for basic blocks"),
        ({"depth": 18, "filters": (4, 4)}, "`filters` must hold four widths"),
        ({"depth": 18, "frozen_stages": 6}, "`frozen_stages` must be in 0..5"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ResNet(**arguments)


@pytest.fixture(scope="module")
def mobilenet():
    return keras.applications.MobileNetV2(
        input_shape=(None, None, 3), include_top=False, weights=None, alpha=0.35
    )


MOBILENET_LEVELS = {
    "P2": "block_3_expand_relu",
    "P3": "block_6_expand_relu",
    "P4": "block_13_expand_relu",
    "P5": "out_relu",
}


def test_keras_applications_backbone(mobilenet):
    backbone = pyramid_from(mobilenet, MOBILENET_LEVELS)
    found = shapes(backbone, 64, 96)
    assert [shape[1:3] for shape in found.values()] == [(16, 24), (8, 12), (4, 6), (2, 3)]


def test_adapter_names_a_missing_layer(mobilenet):
    with pytest.raises(ValueError, match=r"`layer_names` must name layers.*\['conv_9'\]"):
        pyramid_from(mobilenet, {"P2": "conv_9"})


def test_adapter_checks_strides(mobilenet):
    with pytest.raises(ValueError, match="must name a layer of stride 4.*stride is 8"):
        pyramid_from(mobilenet, {"P2": "block_6_expand_relu"})
