import zlib

import keras
import numpy as np
import pytest

import keras_maskrcnn as km
from keras_maskrcnn.models.weights import weight_items
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets


def small_model(**arguments):
    """A complete Mask R-CNN of three classes, small enough to compile in seconds."""
    return km.MaskRCNN(
        km.backbones.ResNet(18, filters=(4, 8, 8, 8)),
        num_classes=3,
        class_names=("circle", "square", "triangle"),
        image_resizer=km.data.ImageResizer(64, 96),
        feature_pyramid=km.FeaturePyramid(8),
        anchor_generator=km.AnchorGenerator({f"P{k}": (2 ** (k + 2),) for k in range(2, 7)}),
        proposal_layer=km.ProposalLayer(
            40, 20, training_pre_nms_top_n=40, training_post_nms_top_n=20
        ),
        box_head=km.BoxHead(3, dense_dims=(16,)),
        mask_head=km.MaskHead(3, conv_dims=(8,)),
        detection_layer=km.DetectionLayer(max_detections=8, score_threshold=0.01),
        # more samples than rows: nothing is left to chance
        anchor_targets=AnchorTargets(samples=4000, seed=1),
        proposal_targets=ProposalTargets(samples=60, positive_fraction=0.5, seed=2),
        **arguments,
    )


def set_weights(model, seed=0):
    """The same weights on every backend and machine."""
    for key, variable in weight_items(model).items():
        rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
        shape = tuple(variable.shape)
        if key.endswith("kernel"):
            fan_in = max(1, int(np.prod(shape[:-1])))
            gain = (
                0.3 if key.split("/")[-2] in ("class_logits", "mask_logits", "objectness") else 1.0
            )
            variable.assign(rng.normal(size=shape) * gain / np.sqrt(fan_in))
        elif key.endswith(("gamma", "moving_variance")):
            variable.assign(rng.uniform(0.8, 1.2, shape))
        else:
            variable.assign(rng.uniform(-0.1, 0.1, shape))
    return model


def training_batch(seed=0):
    """Two images of different size, the second with one object fewer."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((2, 3, 28, 28), "uint8")
    masks[:, :, 4:24, 2:26] = 1
    return {
        "images": rng.integers(0, 256, (2, 64, 96, 3)).astype("uint8"),
        "image_sizes": np.array([[64, 96], [48, 60]], "int32"),
        "gt_boxes": np.array(
            [
                [[4, 6, 40, 50], [50, 10, 90, 40], [60, 44, 76, 60]],
                [[3, 3, 30, 30], [20, 14, 58, 46], [0, 0, 0, 0]],
            ],
            "float32",
        ),
        "gt_labels": np.array([[1, 2, 3], [3, 1, 0]], "int32"),
        "gt_masks": masks,
    }


@pytest.fixture(scope="session")
def model():
    """Compiled, with fixed weights; tests must not train it."""
    model = set_weights(small_model())
    model.compile(keras.optimizers.SGD(0.01))
    return model
