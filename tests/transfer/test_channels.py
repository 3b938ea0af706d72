import keras
import numpy as np
import pytest
from keras import ops

import keras_maskrcnn as km
from keras_maskrcnn.data import Instances, Sample, Source
from keras_maskrcnn.models.weights import weight_items
from tests.models.conftest import set_weights, small_model


def kernel(model):
    return ops.convert_to_numpy(model.backbone.get_layer("stem_conv").kernel)


@pytest.fixture(scope="module")
def rgb():
    return set_weights(small_model())


def test_the_kernels_by_hand(rgb):
    # 4 channels: R, G, B and their mean, times 3 / 4; 1 channel: the mean times 3, the sum.
    old = kernel(rgb)
    wide = kernel(km.transfer.replace_input(rgb, 4))
    np.testing.assert_allclose(wide[:, :, :3], 0.75 * old, rtol=1e-6)
    np.testing.assert_allclose(wide[:, :, 3], 0.75 * old.mean(axis=2), rtol=1e-5)
    grey = kernel(km.transfer.replace_input(rgb, 1))
    np.testing.assert_allclose(grey[:, :, 0], old.sum(axis=2), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_equal_channels_give_the_features_of_equal_channels(rgb, channels):
    image = np.random.default_rng(0).normal(size=(1, 64, 64, 1)).astype("float32")
    changed = km.transfer.replace_input(rgb, channels)
    expected = rgb.backbone(np.repeat(image, 3, axis=3))["P2"]
    found = changed.backbone(np.repeat(image, channels, axis=3))["P2"]
    expected, found = (ops.convert_to_numpy(x) for x in (expected, found))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_everything_else_is_kept(rgb):
    km.transfer.freeze(rgb, "rpn_head")
    changed = km.transfer.replace_input(rgb, 4)
    km.transfer.unfreeze(rgb)
    assert changed.class_names == rgb.class_names and not changed.rpn_head.trainable
    old, new = weight_items(rgb), weight_items(changed)
    assert list(old) == list(new)
    for key in old.keys() - {"backbone/stem_conv/kernel"}:
        np.testing.assert_array_equal(*(ops.convert_to_numpy(d[key].value) for d in (old, new)))


def test_statistics_of_the_pixels(rgb):
    wide = km.transfer.replace_input(rgb, 5).image_normalization
    assert wide.mean[:3] == rgb.image_normalization.mean
    assert wide.mean[3] == wide.mean[4] == pytest.approx((123.675 + 116.28 + 103.53) / 3)
    grey = km.transfer.replace_input(rgb, 1, mean=(40.0,), std=(20.0,)).image_normalization
    assert (grey.mean, grey.std) == ((40.0,), (20.0,))


class FourChannels(Source):
    """One bright square in all of four channels."""

    class_names = ("circle", "square", "triangle")

    def __len__(self):
        return 2

    def __getitem__(self, index):
        masks = np.zeros((1, 64, 64), bool)
        masks[0, 10:40, 20:50] = True
        image = masks[0, :, :, None] * np.array([200, 150, 100, 250], np.uint8)
        return Sample(image.astype(np.uint8), Instances.from_dense(masks, [2]), index, f"{index}")


def test_the_loader_gives_four_channels():
    loader = km.data.Loader(FourChannels(), batch_size=2, image_size=48, augment=["flip"])
    images = loader[0][0]["images"]
    assert images.shape == (2, 48, 48, 4)
    assert images[0].max(axis=(0, 1)).tolist() == [200, 150, 100, 250]


@pytest.mark.one_backend
def test_detects_and_is_saved(rgb, tmp_path, compile_fast):
    model = km.transfer.replace_input(rgb, 4)
    image = FourChannels()[0].image
    assert len(model.detect(image, score_threshold=0.0)[0]) > 0
    with pytest.raises(ValueError, match=r"shape \(H, W, 4\), as files are read as RGB"):
        model.detect("a.jpg")
    with pytest.raises(ValueError, match=r"shape \(H, W, 4\)\. Received.*replace_input"):
        model.detect(image[..., :3])
    model.save_to_preset(tmp_path)
    again = km.MaskRCNN.from_preset(tmp_path)
    assert again.image_normalization.mean == model.image_normalization.mean
    np.testing.assert_array_equal(kernel(again), kernel(model))


def test_a_new_model_of_other_channels_normalises_each():
    model = km.FasterRCNN(
        km.backbones.ResNet(18, filters=(4,) * 4, in_channels=2),
        num_classes=1,
        feature_pyramid=km.FeaturePyramid(8),
        box_head=km.BoxHead(1, dense_dims=(8,)),
    )
    assert model.image_normalization.mean == pytest.approx((114.495, 114.495))
    with pytest.raises(ValueError, match="`image_normalization` must have 2 means and deviations"):
        km.FasterRCNN(
            km.backbones.ResNet(18, filters=(4,) * 4, in_channels=2),
            num_classes=1,
            image_normalization=km.ImageNormalization(),
        )


def mobile():
    net = keras.applications.MobileNetV2(
        input_shape=(None, None, 3), include_top=False, weights=None, alpha=0.35
    )
    levels = ["block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "out_relu"]
    return km.backbones.pyramid_from(net, dict(zip(["P2", "P3", "P4", "P5"], levels, strict=True)))


def test_any_keras_backbone():
    model = km.FasterRCNN(
        mobile(),
        num_classes=1,
        feature_pyramid=km.FeaturePyramid(8),
        box_head=km.BoxHead(1, dense_dims=(8,)),
    )
    changed = km.transfer.replace_input(model, 6)
    old, new = weight_items(model), weight_items(changed)
    assert list(old) == list(new)
    assert tuple(new["backbone/Conv1/kernel"].shape) == (3, 3, 6, 16)
    image = np.random.default_rng(0).normal(size=(1, 64, 64, 1)).astype("float32")
    expected = model.backbone(np.repeat(image, 3, axis=3))["P5"]
    found = changed.backbone(np.repeat(image, 6, axis=3))["P5"]
    expected, found = (ops.convert_to_numpy(x) for x in (expected, found))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_numbers_that_do_not_fit(rgb):
    with pytest.raises(ValueError, match=r"`mean` must hold in_channels=4 numbers.*\[1.0, 2.0\]"):
        km.transfer.replace_input(rgb, 4, mean=[1.0, 2.0])
    with pytest.raises(ValueError, match="`in_channels` must be a whole number of at least 1"):
        km.transfer.replace_input(rgb, 0)
