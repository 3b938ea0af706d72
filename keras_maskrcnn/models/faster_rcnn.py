"""The Faster R-CNN model, which Mask R-CNN adds masks to."""

import keras
from keras import ops
from keras.saving import deserialize_keras_object, serialize_keras_object

from keras_maskrcnn import losses
from keras_maskrcnn.data.resizing import ImageResizer
from keras_maskrcnn.models.classes import check_classes
from keras_maskrcnn.models.defaults import (
    check_channels,
    check_heads,
    checked_names,
    defaults,
    pyramid_outputs,
)
from keras_maskrcnn.models.detect import Detector
from keras_maskrcnn.models.stored import Stored


@keras.saving.register_keras_serializable("keras_maskrcnn")
class FasterRCNN(Detector, Stored, keras.Model):
    """Faster R-CNN with a feature pyramid: boxes and classes of the objects in images.

    Two stages. The region proposal network scores anchors on every level of the pyramid and
    refines the best into proposals. RoIAlign crops each proposal's features; a head classifies it
    and refines its box. `MaskRCNN` is this with a head that draws masks.

    `compile(optimizer)` and `fit` train it: the losses are inside and are logged by name, so
    `compile` takes no loss. `detect` runs it on images, `detect_stream` on a video.

    Coordinates: xyxy float32 pixels of the padded network input in `call`; pixels of the original
    image in `detect`.

    Args:
        backbone: `keras.Model` from `(B, H, W, C)` images to a dict of maps "P2".."P5", such as
            `ResNet` or what `pyramid_from` makes.
        num_classes: K, foreground classes without background.
        class_names: K names; label k is `class_names[k - 1]`. Default "class 1", "class 2", ...
        image_resizer: `ImageResizer` (or its config) that `detect` applies. Default: shorter side
            800, longer at most 1333 pixels.
        feature_pyramid, anchor_generator, rpn_head, proposal_layer, box_roi_align, box_head,
            detection_layer, anchor_targets, proposal_targets, image_normalization: the layers of
            those names, to replace the paper's defaults, or layers with their methods.

    Call arguments:
        inputs: dict of "images" `(B, H, W, C)` in 0..255 and "image_sizes" `(B, 2)` height and
            width of each image inside the padded batch; a bare tensor means unpadded images. Where
            an image does not lie in the top left corner, "windows" `(B, 4)` says where, and
            detections are clipped to it. For training also "gt_boxes" `(B, G, 4)` and "gt_labels"
            `(B, G)` (0 is padding).
        training: Keras' flag.

    Returns:
        Without ground truth, detections, best first: "boxes" `(B, D, 4)`, "scores" `(B, D)`,
        "labels" `(B, D)`, "valid" `(B, D)`. With ground truth, what the losses read.

    Raises:
        ValueError: if the backbone gives no dict of levels, or numbers of classes disagree.

    Example:

    >>> from keras_maskrcnn import FasterRCNN
    >>> from keras_maskrcnn.backbones import ResNet
    >>> model = FasterRCNN(ResNet(18, filters=(8, 8, 16, 16)), num_classes=2)
    >>> sorted(model.parts)
    ['backbone', 'box_head', 'feature_pyramid', 'rpn_head']

    References:
        Ren et al. 2015, Faster R-CNN; Lin et al. 2017, Feature Pyramid Networks.
    """

    SUBLAYERS = (
        "backbone",
        "image_normalization",
        "feature_pyramid",
        "anchor_generator",
        "rpn_head",
        "proposal_layer",
        "box_roi_align",
        "box_head",
        "detection_layer",
        "anchor_targets",
        "proposal_targets",
    )
    HEADS = ("box_head",)
    LOSSES = losses.NAMES[:4]
    GROUND_TRUTH = ("gt_boxes", "gt_labels")

    def __init__(
        self,
        backbone,
        num_classes,
        *,
        class_names=None,
        image_resizer=None,
        name="faster_rcnn",
        dtype=None,
        **sublayers,
    ):
        super().__init__(name=name, dtype=dtype, autocast=False)
        self.num_classes = num_classes
        self.class_names = checked_names(class_names, num_classes)
        if isinstance(image_resizer, dict):
            image_resizer = ImageResizer.from_config(image_resizer)
        self.image_resizer = image_resizer or ImageResizer()
        sublayers = {"backbone": backbone, **sublayers}
        unknown = sorted(set(sublayers) - set(self.SUBLAYERS))
        if unknown:
            raise TypeError(
                f"`{type(self).__name__}` has no argument {unknown}. Its layers: {self.SUBLAYERS}."
            )
        sublayers = {key: layer for key, layer in sublayers.items() if layer is not None}
        pyramid_outputs(backbone)
        made = defaults(self.SUBLAYERS, sublayers, num_classes, dtype)
        for key, layer in {**made, **sublayers}.items():
            setattr(self, key, layer)
        self.loss_trackers = [keras.metrics.Mean(name=key) for key in self.LOSSES]
        check_heads(self)
        check_channels(self)
        self.build()
        # Keras runs `predict` of a model that was not compiled op by op, which JAX does slowly.
        self.jit_compile = keras.backend.backend() == "jax"

    @property
    def parts(self):
        """Dict of the sub-layers that hold weights, by their place in the model."""
        return {key: getattr(self, key) for key in self.SUBLAYERS if getattr(self, key).weights}

    def build(self, input_shape=None):
        shapes = {level: tuple(x.shape) for level, x in pyramid_outputs(self.backbone).items()}
        _build(self.feature_pyramid, shapes)
        pyramid = self.feature_pyramid.compute_output_shape(shapes)
        _build(self.rpn_head, pyramid)
        channels = next(iter(pyramid.values()))[-1]
        for head in self.HEADS:
            size = getattr(self, head.replace("head", "roi_align")).output_size
            _build(getattr(self, head), (None, None, size, size, channels))
        self.built = True

    def call(self, inputs, training=False):
        inputs = _as_dict(inputs)
        image_sizes = inputs["image_sizes"]
        images = self.image_normalization(inputs["images"], image_sizes)
        levels = self.backbone(images, training=training)
        pyramid = self.feature_pyramid(levels, training=training)
        rpn_outputs = self.rpn_head(pyramid)
        anchors = self.anchor_generator(pyramid)
        proposals, _, valid = self.proposal_layer(
            *rpn_outputs, anchors, image_sizes, training=training
        )
        whole_pyramid, pyramid = pyramid, {level: pyramid[level] for level in levels}
        if "gt_boxes" in inputs:
            rpn = self._rpn_outputs(whole_pyramid, rpn_outputs, anchors, inputs)
            return {**rpn, **self._head_outputs(pyramid, proposals, valid, inputs, training)}
        windows = inputs.get("windows", image_sizes)
        return self._detections(pyramid, proposals, valid, windows)

    def _detections(self, pyramid, proposals, valid, windows):
        crops = self.box_roi_align(pyramid, proposals)
        class_logits, box_deltas = self.box_head(crops)
        boxes, scores, labels, found = self.detection_layer(
            class_logits, box_deltas, proposals, valid, windows
        )
        return {"boxes": boxes, "scores": scores, "labels": labels, "valid": found}

    def _rpn_outputs(self, pyramid, outputs, anchors, inputs):
        anchors = ops.concatenate(list(anchors.values()), axis=0)
        targets = self.anchor_targets(anchors, inputs["gt_boxes"], inputs["gt_labels"])
        logits, deltas = self.rpn_head.sampled(pyramid, outputs, targets["index"])
        return {
            "objectness_logits": logits,
            "anchor_deltas": deltas,
            **{f"anchor_{key}": targets[key] for key in ("positive", "valid")},
            "anchor_delta_targets": targets["box_deltas"],
        }

    def _head_outputs(self, pyramid, proposals, valid, inputs, training):
        targets = self.proposal_targets(
            proposals, valid, inputs["gt_boxes"], inputs["gt_labels"], inputs.get("gt_masks")
        )
        crops = self.box_roi_align(pyramid, targets["proposals"])
        class_logits, box_deltas = self.box_head(crops, training=training)
        outputs = {
            "class_logits": class_logits,
            "box_deltas": box_deltas,
            "labels": targets["labels"],
            "valid": targets["valid"],
            "box_delta_targets": targets["box_deltas"],
        }
        return {**outputs, **self._mask_outputs(pyramid, targets, training)}

    def _mask_outputs(self, pyramid, targets, training):
        return {}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Sum of the losses; each also goes to the logs under its own name."""
        if "class_logits" not in y_pred:
            wanted = " and ".join(repr(key) for key in self.GROUND_TRUTH)
            raise ValueError(
                f"`x` must hold {wanted} for fit and evaluate. "
                f"Received: {sorted(x) if isinstance(x, dict) else type(x).__name__}. "
                "`km.data.Loader` makes such batches."
            )
        values = losses.all_losses(y_pred)
        for tracker in self.loss_trackers:
            tracker.update_state(values[tracker.name])
        return sum([*values.values(), *self.losses])

    def fit(self, x=None, *args, validation_data=None, **kwargs):
        """Keras' `fit`, once the classes of the data are known to be the model's."""
        check_classes(self, x, validation_data)
        return super().fit(x, *args, validation_data=validation_data, **kwargs)

    def evaluate(self, x=None, *args, **kwargs):
        """Keras' `evaluate`, once the classes of the data are known to be the model's."""
        check_classes(self, x)
        return super().evaluate(x, *args, **kwargs)

    def get_config(self):
        return {
            "name": self.name,
            "dtype": serialize_keras_object(self.dtype_policy),
            "num_classes": self.num_classes,
            "class_names": list(self.class_names),
            "image_resizer": self.image_resizer.get_config(),
            **{key: serialize_keras_object(getattr(self, key)) for key in self.SUBLAYERS},
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for key in ("dtype", *cls.SUBLAYERS):
            if isinstance(config.get(key), dict):
                config[key] = deserialize_keras_object(config[key])
        return cls(**config)


def _as_dict(inputs):
    if isinstance(inputs, dict):
        return inputs
    batch, height, width = ops.shape(inputs)[:3]
    sizes = ops.ones((batch, 1), dtype="int32") * ops.stack([height, width])
    return {"images": inputs, "image_sizes": sizes}


def _build(layer, shape):
    if not layer.built:
        layer.build(shape)
