"""Matterport's Mask R-CNN (github.com/matterport/Mask_RCNN)."""

import string

import numpy as np

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.architecture import BLOCKS, LEVELS, Converted, Detector, Trunk
from keras_maskrcnn.conversion.errors import ConversionError, check_complete

FAMILY = "matterport"
BN_EPSILON = 1e-3
MEAN_PIXEL = (123.7, 116.8, 103.9)
DELTA_SCALE = np.array([0.1, 0.1, 0.2, 0.2], np.float32)  # RPN_BBOX_STD_DEV
XY_FROM_YX = [1, 0, 3, 2]
IGNORED = ("anchors/",)  # a variable in training files of the TensorFlow 2 port


def convert(
    state,
    *,
    anchor_sizes=None,
    image_size=(800, 1024),
    mean_pixel=MEAN_PIXEL,
    pre_nms_top_n=6000,
    post_nms_top_n=1000,
    max_detections=100,
    nms_threshold=0.3,
):
    """Converts a network of Matterport.

    The architecture is read from the weights. What stood in the `Config` class of the training is
    not in the file: the arguments have its defaults.

    Args:
        state: dict from "<layer>/<kind>" to array.
        anchor_sizes: five side lengths in pixels, "P2" to "P6" (`RPN_ANCHOR_SCALES`). Default 32,
            64, ... 512.
        image_size: `(IMAGE_MIN_DIM, IMAGE_MAX_DIM)`, for `IMAGE_RESIZE_MODE = "square"`.
        mean_pixel: `MEAN_PIXEL`, R, G, B.
        pre_nms_top_n: `PRE_NMS_LIMIT`.
        post_nms_top_n: `POST_NMS_ROIS_INFERENCE`.
        max_detections: `DETECTION_MAX_INSTANCES`.
        nms_threshold: `DETECTION_NMS_THRESHOLD`.

    Returns:
        `Converted`.

    Raises:
        ConversionError: if the weights are not of such a network.
    """
    if image_size[1] % 64:
        raise ValueError(
            "`image_size` must end with a multiple of 64, as Matterport demands of IMAGE_MAX_DIM. "
            f"Received: image_size={tuple(image_size)}."
        )
    detector = read_architecture(state)
    weights = _Reader(state).weights(detector)
    config = configs.detector(
        detector,
        trunk=configs.trunk(
            detector.trunk,
            bn_epsilon=BN_EPSILON,
            freeze_bn=True,
            stride_in_1x1=True,
            pool_padding="end",
        ),
        image_normalization={"mean": mean_pixel, "std": (1.0, 1.0, 1.0)},
        image_resizer={
            "min_size": image_size[0],
            "max_size": image_size[1],
            "min_scale": 1.0,
            "rounding": "half_even",
            "resampling": "fade",
            "square": True,
        },
        anchor_generator={
            "sizes": configs.anchor_sizes(anchor_sizes),
            "aspect_ratios": (2.0, 1.0, 0.5),  # Matterport's 0.5, 1, 2 are width / height
            "align_corners": True,
        },
        proposal_layer={
            "pre_nms_top_n": pre_nms_top_n,
            "post_nms_top_n": post_nms_top_n,
            "min_size": 0.0,
            "training_pre_nms_top_n": pre_nms_top_n,
            "training_post_nms_top_n": 2 * post_nms_top_n,
            "per_level": False,
        },
        detection_layer={
            "nms_threshold": nms_threshold,
            "max_detections": max_detections,
            "min_size": 0.0,
            "one_class_per_proposal": True,
        },
        roi_align={"pooling": "crop_and_resize", "level_rounding": "nearest"},
    )
    return Converted(detector, config, weights)


def read_architecture(state):
    """The `Detector` that the names and shapes of the weights describe."""
    try:
        blocks = sum(f"res4{letter}_branch2a/kernel" in state for letter in string.ascii_lowercase)
        depths = [d for d in (50, 101) if BLOCKS[d][2] == blocks]
        if not depths:
            raise ConversionError(
                f"The checkpoint has {blocks} residual blocks in stage 4, where ResNet-50 has 6 "
                "and ResNet-101 has 23: it is not of Matterport's Mask R-CNN."
            )
        hidden, classes = state["mrcnn_class_logits/kernel"].shape
        return Detector(
            Trunk(depths[0], in_channels=state["conv1/kernel"].shape[2]),
            num_classes=classes - 1,
            fpn_filters=state["fpn_p2/kernel"].shape[-1],
            anchors_per_cell=state["rpn_class_raw/kernel"].shape[-1] // 2,
            rpn_filters=state["rpn_conv_shared/kernel"].shape[-1],
            dense_dims=(hidden, hidden),
            mask_convs=tuple(state[f"mrcnn_mask_conv{i}/kernel"].shape[-1] for i in (1, 2, 3, 4)),
            deconv_dim=state["mrcnn_mask_deconv/kernel"].shape[2],
        )
    except (KeyError, ValueError, IndexError) as error:
        if isinstance(error, ConversionError):
            raise
        raise ConversionError(
            f"The checkpoint lacks {error}, or its shape is another: it is not of Matterport's "
            "Mask R-CNN. Only ResNet-50 and ResNet-101 are known."
        ) from error


class _Reader:
    """Takes weights out of a checkpoint and keeps account of which were used."""

    def __init__(self, state):
        self.state = state
        self.used = set()
        self.missing = []

    def weights(self, detector):
        """Dict from frozen key to array; ConversionError if keys or shapes do not fit."""
        shapes = detector.shapes()
        weights = {}
        try:
            for make in (_trunk, _pyramid, _rpn, _box_head, _mask_head):
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
        check_complete(self.missing, unexpected, wrong, FAMILY)
        return {key: weights[key] for key in shapes}

    def take(self, layer, *kinds):
        """The arrays of a layer; those that are missing are noted and stand in as 0."""
        keys = [f"{layer}/{kind}" for kind in kinds]
        self.used.update(keys)
        self.missing.extend(key for key in keys if key not in self.state)
        return [self.state.get(key, np.zeros((), np.float32)) for key in keys]

    def conv(self, layer):
        """Kernel and bias of a layer."""
        return self.take(layer, "kernel", "bias")

    def normalized(self, layer, norm):
        """Kernel, and the batch normalisation that has taken in the bias before it."""
        kernel, bias = self.conv(layer)
        gamma, beta, mean, variance = self.take(
            norm, "gamma", "beta", "moving_mean", "moving_variance"
        )
        return kernel, (gamma, beta, mean - bias, variance)

    def folded(self, layer, norm):
        """Kernel and bias that do what the layer and its batch normalisation do."""
        kernel, (gamma, beta, mean, variance) = self.normalized(layer, norm)
        scale = gamma / np.sqrt(variance.astype(np.float64) + BN_EPSILON)
        folded = kernel * scale, beta - mean * scale
        return [array.astype(np.float32) for array in folded]


def _trunk(reader, detector):
    weights = _norm_keys("stem", *reader.normalized("conv1", "bn_conv1"))
    for stage, block in detector.trunk.blocks():
        tag = f"{stage}{string.ascii_lowercase[block - 1]}"
        branches = {"1": "2a", "2": "2b", "3": "2c"}
        if detector.trunk.has_shortcut(stage, block):
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
