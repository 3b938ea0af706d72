"""The Mask R-CNN model."""

import keras
from keras import ops

from keras_maskrcnn import losses
from keras_maskrcnn.models.faster_rcnn import FasterRCNN
from keras_maskrcnn.ops.used_rows import on_used_rows


@keras.saving.register_keras_serializable("keras_maskrcnn")
class MaskRCNN(FasterRCNN):
    """Mask R-CNN with a feature pyramid: boxes, classes and masks of the objects in images.

    Two stages. The region proposal network scores anchors on every level of the pyramid and
    refines the best into proposals. RoIAlign crops each proposal's features; one head classifies
    it and refines its box, another draws its mask.

    `compile(optimizer)` and `fit` train it: the five losses are inside and are logged by name,
    so `compile` takes no loss. `detect` runs it on images.

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
            detection_layer, mask_roi_align, mask_head, anchor_targets, proposal_targets,
            image_normalization: the layers of those names, to replace the paper's defaults, or
            layers with their methods and arguments: a mask head is given crops and labels.

    Call arguments:
        inputs: dict of "images" `(B, H, W, C)` in 0..255 and "image_sizes" `(B, 2)` height and
            width of each image inside the padded batch; a bare tensor means unpadded images. Where
            an image does not lie in the top left corner, "windows" `(B, 4)` says where, and
            detections are clipped to it. For training also "gt_boxes" `(B, G, 4)`, "gt_labels"
            `(B, G)` (0 is padding) and "gt_masks" `(B, G, m, m)` masks cropped to their boxes.
        training: Keras' flag.

    Returns:
        Without ground truth, detections, best first: "boxes" `(B, D, 4)`, "scores" `(B, D)`,
        "labels" `(B, D)`, "valid" `(B, D)`, "masks" `(B, D, 28, 28)` probabilities of the
        predicted class within the box, 0 in padding rows. With ground truth, what the losses read.

    Raises:
        ValueError: if the backbone gives no dict of levels, or numbers of classes disagree.

    Example:

    >>> import numpy as np
    >>> from keras_maskrcnn import MaskRCNN
    >>> from keras_maskrcnn.backbones import ResNet
    >>> model = MaskRCNN(ResNet(18, filters=(8, 8, 16, 16)), num_classes=2)
    >>> model.compile("adam")
    >>> found = model.predict(np.zeros((1, 64, 64, 3), "uint8"), verbose=0)
    >>> found["boxes"].shape, found["masks"].shape
    ((1, 100, 4), (1, 100, 28, 28))

    References:
        He et al. 2017, Mask R-CNN; Lin et al. 2017, Feature Pyramid Networks; Ren et al. 2015,
        Faster R-CNN.
    """

    SUBLAYERS = (*FasterRCNN.SUBLAYERS, "mask_roi_align", "mask_head")
    HEADS = ("box_head", "mask_head")
    LOSSES = losses.NAMES
    GROUND_TRUTH = (*FasterRCNN.GROUND_TRUTH, "gt_masks")

    def __init__(self, backbone, num_classes, *, name="mask_rcnn", **kwargs):
        super().__init__(backbone, num_classes, name=name, **kwargs)

    def _detections(self, pyramid, proposals, valid, windows):
        found = super()._detections(pyramid, proposals, valid, windows)
        logits = self._draw(pyramid, found["boxes"], found["labels"], found["valid"])
        inside = found["valid"][..., None, None]
        return {**found, "masks": ops.where(inside, ops.sigmoid(logits), 0.0)}

    def _mask_outputs(self, pyramid, targets, training):
        rows = self.proposal_targets.mask_samples
        keys = ("proposals", "labels", "positive")
        rois, labels, positive = (targets[key][:, :rows] for key in keys)
        logits = self._draw(pyramid, rois, labels, positive, training)
        return {"mask_logits": logits, "mask_targets": targets["masks"]}

    def _draw(self, pyramid, boxes, labels, valid, training=False):
        """`(B, R, m, m)` mask logits of each box's own class."""

        def draw(count):
            crops = self.mask_roi_align(pyramid, boxes[:, :count])
            return self.mask_head(crops, labels[:, :count], training=training)

        if training and self.mask_head.non_trainable_variables:
            return draw(boxes.shape[1])  # normalisation would take note of the rows left out
        return on_used_rows(draw, valid)
