"""The branch that draws masks."""

import keras
from keras import ops

from keras_maskrcnn import losses
from keras_maskrcnn.branches.roi_branch import RoIBranch
from keras_maskrcnn.layers.classes import take_classes
from keras_maskrcnn.layers.mask_head import MaskHead
from keras_maskrcnn.layers.roi_align import RoIAlign
from keras_maskrcnn.ops.masks import resample_masks
from keras_maskrcnn.ops.selection import gather
from keras_maskrcnn.ops.tensor import Tensor


@keras.saving.register_keras_serializable("keras_maskrcnn")
class MaskBranch(RoIBranch):
    """Draws the mask of each box: RoIAlign, a head, and the average binary cross-entropy.

    In training it sees the positive proposals only; their targets are the ground truth cut out by
    the proposal, at the size that the head draws. At inference it draws the detections.

    Args:
        roi_align: `RoIAlign`. Default: 14 bins a side.
        head: `MaskHead`, or a layer that is given crops and labels and gives `(B, R, m, m)` logits.
            Default: the paper's.
        name: of the branch in the model.
        dtype: dtype policy of the head that is made by default.

    Learns from "gt_masks" `(B, G, n, n)`, masks cropped to their boxes.

    Results: "masks" `(B, D, m, m)` float32, the probability that a pixel of the box belongs to the
    object of the predicted class; 0 in padding rows.

    Raises:
        ValueError: if the head was made for another number of classes than the model's.

    Example:

    >>> import keras_maskrcnn as km
    >>> branch = km.branches.MaskBranch(head=km.MaskHead(conv_dims=(8,)))
    >>> net = km.backbones.ResNet(18, filters=(8, 8, 8, 8))
    >>> model = km.FasterRCNN(net, num_classes=2, branches=[branch])
    >>> branch.head.num_classes, model.ground_truth
    (2, ('gt_boxes', 'gt_labels', 'gt_masks'))

    References:
        He et al. 2017, Mask R-CNN, section 3.
    """

    ground_truth = ("gt_masks",)
    loss_names = ("mask_loss",)
    measured_as = ("mask",)
    final_layers = ("mask_head/mask_logits",)

    def __init__(self, roi_align=None, head=None, name="mask", dtype=None, **kwargs):
        roi_align = roi_align or RoIAlign(14, name="mask_roi_align")
        head = head or MaskHead(dtype=dtype)
        super().__init__(roi_align, head, name=name, dtype=dtype, **kwargs)

    @property
    def parts(self) -> dict:
        """The head, under the name that its weights have in a preset."""
        return {"mask_head": self.head}

    def take_classes(self, num_classes) -> None:
        """Take the model's number of classes."""
        take_classes(self.head, "mask_head", num_classes)

    def learn(self, features, rois, batch, training) -> dict:
        """Return the logits of the proposals, `(B, S, m, m)`, and their targets."""
        boxes, labels, valid = (rois[key] for key in ("proposals", "labels", "valid"))
        logits = self.draw(features, boxes, valid, training, labels)
        targets = self.targets(rois, batch, logits.shape[-1])
        return {"logits": logits, "targets": targets, "labels": labels, "valid": valid}

    def targets(self, rois, batch, size) -> Tensor:
        """Return the soft masks `(B, S, size, size)` of the objects, seen by the proposals."""
        masks = gather(batch["gt_masks"], rois["matched"])  # (B, S, n, n)
        return resample_masks(masks, rois["matched_boxes"], rois["proposals"], size)

    def loss(self, outputs) -> dict:
        """Return the average binary cross-entropy of the true class's masks."""
        keys = ("logits", "targets", "labels", "valid")
        return {"mask_loss": losses.mask_loss(*(outputs[key] for key in keys))}

    def results(self, features, found) -> dict:
        """Return the probabilities within each box."""
        boxes, labels, valid = (found[key] for key in ("boxes", "labels", "valid"))
        logits = self.draw(features, boxes, valid, False, labels)
        inside = valid[..., None, None]
        return {"masks": ops.where(inside, ops.sigmoid(logits), 0.0)}
