"""The weights in a checkpoint of Matterport's Mask R-CNN, layer by layer, as ours."""

import string

import numpy as np

from keras_maskrcnn.conversion.architecture import LEVELS
from keras_maskrcnn.conversion.errors import ConversionError, check_complete

BN_EPSILON = 1e-3
DELTA_SCALE = np.array([0.1, 0.1, 0.2, 0.2], np.float32)  # RPN_BBOX_STD_DEV
XY_FROM_YX = [1, 0, 3, 2]
IGNORED = ("anchors/",)  # a variable in training files of the TensorFlow 2 port


class Reader:
    """Takes weights out of a checkpoint and keeps account of which were used."""

    def __init__(self, state):
        self.state = state
        self.used = set()
        self.missing = []

    def weights(self, detector) -> dict[str, np.ndarray]:
        """Return a dict from frozen key to array; ConversionError if keys or shapes do not fit."""
        shapes = detector.shapes()
        weights = {}
        try:
            for make in (_backbone, _pyramid, _rpn, _box_head, _mask_head):
                weights |= make(self, detector)
        except ValueError as error:
            if isinstance(error, ConversionError):
                raise
            raise ConversionError(f"The weights do not fit each other: {error}.") from error
        wrong = [
            f"{key} {weights[key].shape}, not {shape}"
            for key, shape in shapes.items()
            if key in weights and weights[key].shape != shape
        ]
        unexpected = [k for k in self.state if k not in self.used and not k.startswith(IGNORED)]
        check_complete(self.missing, unexpected, wrong, "matterport")
        return {key: weights[key] for key in shapes}

    def take(self, layer, *kinds) -> list[np.ndarray]:
        """Return the arrays of a layer; those that are missing are noted and stand in as 0."""
        keys = [f"{layer}/{kind}" for kind in kinds]
        self.used.update(keys)
        self.missing.extend(key for key in keys if key not in self.state)
        return [self.state.get(key, np.zeros((), np.float32)) for key in keys]

    def conv(self, layer) -> list[np.ndarray]:
        """Kernel and bias of a layer."""
        return self.take(layer, "kernel", "bias")

    def normalized(self, layer, norm) -> tuple:
        """Kernel, and the batch normalisation that has taken in the bias before it."""
        kernel, bias = self.conv(layer)
        gamma, beta, mean, variance = self.take(
            norm, "gamma", "beta", "moving_mean", "moving_variance"
        )
        return kernel, (gamma, beta, mean - bias, variance)

    def folded(self, layer, norm) -> list[np.ndarray]:
        """Kernel and bias that do what the layer and its batch normalisation do."""
        kernel, (gamma, beta, mean, variance) = self.normalized(layer, norm)
        scale = gamma / np.sqrt(variance.astype(np.float64) + BN_EPSILON)
        folded = kernel * scale, beta - mean * scale
        return [array.astype(np.float32) for array in folded]


def _backbone(reader, detector):
    weights = _norm_keys("stem", *reader.normalized("conv1", "bn_conv1"))
    for stage, block in detector.backbone.blocks():
        tag = f"{stage}{string.ascii_lowercase[block - 1]}"
        branches = {"1": "2a", "2": "2b", "3": "2c"}
        if detector.backbone.has_shortcut(stage, block):
            branches["shortcut"] = "1"
        for ours, theirs in branches.items():
            layer = reader.normalized(f"res{tag}_branch{theirs}", f"bn{tag}_branch{theirs}")
            weights |= _norm_keys(f"stage{stage}_block{block}_{ours}", *layer)
    return {f"backbone/{key}": array for key, array in weights.items()}


def _pyramid(reader, detector):
    weights = {}
    for level in LEVELS:
        weights |= _keys(f"feature_pyramid/lateral{level}", *reader.conv(f"fpn_c{level}p{level}"))
        weights |= _keys(f"feature_pyramid/output{level}", *reader.conv(f"fpn_p{level}"))
    return weights


def _rpn(reader, detector):
    weights = _keys("rpn_head/conv1", *reader.conv("rpn_conv_shared"))
    # The softmax over background and object is the sigmoid of their difference.
    pair = [array[..., 1::2] - array[..., 0::2] for array in reader.conv("rpn_class_raw")]
    deltas = [
        (_boxes(array)[..., XY_FROM_YX] * DELTA_SCALE).reshape(array.shape)
        for array in reader.conv("rpn_bbox_pred")
    ]
    return {**weights, **_keys("rpn_head/objectness", *pair), **_keys("rpn_head/deltas", *deltas)}


def _box_head(reader, detector):
    kernel, bias = reader.folded("mrcnn_class_conv1", "mrcnn_class_bn1")
    weights = _keys("box_head/fc1", kernel.reshape(-1, kernel.shape[-1]), bias)
    kernel, bias = reader.folded("mrcnn_class_conv2", "mrcnn_class_bn2")
    weights |= _keys("box_head/fc2", kernel.reshape(kernel.shape[-2:]), bias)
    weights |= _keys("box_head/class_logits", *reader.conv("mrcnn_class_logits"))
    deltas = [
        _boxes(array)[..., 1:, :][..., XY_FROM_YX].reshape(*array.shape[:-1], -1)
        for array in reader.conv("mrcnn_bbox_fc")
    ]
    return weights | _keys("box_head/box_deltas", *deltas)


def _mask_head(reader, detector):
    weights = {}
    for number in (1, 2, 3, 4):
        layer = reader.folded(f"mrcnn_mask_conv{number}", f"mrcnn_mask_bn{number}")
        weights |= _keys(f"mask_head/conv{number}", *layer)
    weights |= _keys("mask_head/deconv", *reader.conv("mrcnn_mask_deconv"))
    logits = [array[..., 1:] for array in reader.conv("mrcnn_mask")]
    return weights | _keys("mask_head/mask_logits", *logits)


def _boxes(array):
    return array.reshape(*array.shape[:-1], -1, 4)


def _keys(layer, kernel, bias):
    return {f"{layer}/kernel": kernel, f"{layer}/bias": bias}


def _norm_keys(name, kernel, norm):
    kinds = zip(("gamma", "beta", "moving_mean", "moving_variance"), norm, strict=True)
    return {f"{name}_conv/kernel": kernel, **{f"{name}_bn/{kind}": x for kind, x in kinds}}
