"""The branch that finds keypoints."""

import keras
import numpy as np
from keras import ops

from keras_maskrcnn import losses
from keras_maskrcnn.branches.roi_branch import RoIBranch
from keras_maskrcnn.layers.keypoint_head import KeypointHead
from keras_maskrcnn.layers.roi_align import RoIAlign
from keras_maskrcnn.ops.keypoints import keypoint_cells, keypoint_peaks
from keras_maskrcnn.ops.selection import gather
from keras_maskrcnn.ops.tensor import Tensor
from keras_maskrcnn.ops.used_rows import on_used_rows
from keras_maskrcnn.skeletons import as_skeleton

SCORES = ("probability", "logit")


@keras.saving.register_keras_serializable("keras_maskrcnn")
class KeypointBranch(RoIBranch):
    """Finds the keypoints of each box: RoIAlign, a head, and a softmax over each heatmap.

    In training it sees the positive proposals only; the target of a keypoint is the one cell of
    the proposal's heatmap that it falls into. Keypoints that are not visible, or lie outside of the
    proposal, have no loss. At inference it looks into the detections.

    Args:
        skeleton: `keras_maskrcnn.skeletons.Skeleton`, or the number J of keypoints.
        labels: tuple of int, the classes that have keypoints, 1..K. Default: all.
        roi_align: `RoIAlign`. Default: 14 bins a side.
        head: `KeypointHead`, or a layer that is given crops and gives `(B, R, m, m, J)` logits.
            Default: the paper's.
        score: "probability", that of the heatmap's peak in the softmax of its cells (Detectron2);
            or "logit", the height of the peak (torchvision).
        name: key of the branch in the model's training outputs.
        dtype: dtype policy of the head, if that is made here.

    Learns from "gt_keypoints" `(B, G, J, 3)`: x, y in pixels of the network input, and a number
    above 0 where the keypoint is known.

    Results: "keypoints" `(B, D, J, 3)` float32: x, y in pixels of the network input, and the score;
    0 in padding rows and for classes without keypoints.

    Raises:
        ValueError: if the head was made for another number of keypoints, or an argument is out of
            its range.

    Example:

    >>> import keras_maskrcnn as km
    >>> branch = km.branches.KeypointBranch(5, head=km.KeypointHead(conv_dims=(8,)))
    >>> net = km.backbones.ResNet(18, filters=(8, 8, 8, 8))
    >>> model = km.FasterRCNN(net, num_classes=2, branches=[branch])
    >>> branch.head.num_keypoints, model.loss_names[-1]
    (5, 'keypoint_loss')

    References:
        He et al. 2017, Mask R-CNN, section 5.
    """

    ground_truth = ("gt_keypoints",)
    loss_names = ("keypoint_loss",)
    measured_as = ("keypoint",)
    fields = ("keypoints",)

    def __init__(
        self,
        skeleton,
        labels=None,
        roi_align=None,
        head=None,
        score="probability",
        name="keypoint",
        dtype=None,
        **kwargs,
    ):
        roi_align = roi_align or RoIAlign(14, name="keypoint_roi_align")
        head = head or KeypointHead(dtype=dtype)
        super().__init__(roi_align, head, name=name, dtype=dtype, **kwargs)
        self.skeleton = as_skeleton(skeleton)
        self.labels = None if labels is None else tuple(labels)
        if score not in SCORES:
            raise ValueError(f"`score` must be one of {SCORES}. Received: score={score!r}.")
        self.score = score

    @property
    def parts(self) -> dict:
        """The head, under the name that its weights have in a preset."""
        return {"keypoint_head": self.head}

    def take_classes(self, num_classes) -> None:
        """Check that the classes with keypoints are among the model's, and size the head."""
        if self.labels is not None and not set(self.labels) <= set(range(1, num_classes + 1)):
            raise ValueError(
                f"`labels` must be among the classes 1..{num_classes}. "
                f"Received: labels={self.labels}."
            )
        count = len(self.skeleton)
        if self.head.num_keypoints is None:
            self.head.num_keypoints = count
        if self.head.num_keypoints != count:
            raise ValueError(
                f"`head` must have {count} keypoints as the skeleton. Received: head.num_keypoints="
                f"{self.head.num_keypoints}. Leave `num_keypoints` of the head out."
            )

    def check_source(self, source) -> None:
        """Raise ValueError if the data set has other keypoints than the model."""
        given = getattr(source, "skeleton", None)
        if source is not None and (given is None or not self.skeleton.fits(given)):
            found = "none" if given is None else f"{len(given)}: {list(given.names)}"
            raise ValueError(
                f"`source` must have {len(self.skeleton)} keypoints for each object, as the model: "
                f"{list(self.skeleton.names)}. Received: {found}. Type keypoints=source.skeleton "
                "for a model of its keypoints, or open_source(..., skeleton=model.skeleton)."
            )

    def learn(self, features, rois, batch, training) -> dict:
        """Return the heatmaps of the proposals, `(B, S, m, m, J)`, and their target cells."""
        boxes, valid = rois["proposals"], rois["valid"]
        logits = self.draw(features, boxes, valid, training)
        keypoints = gather(batch["gt_keypoints"], rois["matched"])  # (B, S, J, 3)
        cells, known = keypoint_cells(keypoints, boxes, logits.shape[2])  # (B, S, J)
        return {"logits": logits, "cells": cells, "valid": known & ops.expand_dims(valid, -1)}

    def loss(self, outputs) -> dict:
        """Return the average cross-entropy over the visible keypoints."""
        keys = ("logits", "cells", "valid")
        return {"keypoint_loss": losses.keypoint_loss(*(outputs[key] for key in keys))}

    def results(self, features, found) -> dict:
        """Return the keypoints of each box."""
        valid = found["valid"]
        if self.labels is not None:
            labels = ops.cast(found["labels"], "int32")[..., None]
            have = ops.any(labels == ops.array(self.labels, "int32"), axis=-1)
            valid = ops.logical_and(valid, have)

        def find(count):
            boxes = found["boxes"][:, :count]
            return self.find(self.head(self.roi_align(features, boxes)), boxes)

        keypoints = on_used_rows(find, found["valid"])
        return {"keypoints": ops.where(valid[..., None, None], keypoints, 0.0)}

    def in_image(self, key, values, move) -> np.ndarray:
        """Return keypoints `(n, J, 3)` in the pixels of the image."""
        points = move(values[..., :2].reshape(-1, 2)).reshape(values[..., :2].shape)
        return np.concatenate([points, values[..., 2:]], axis=-1).astype(np.float32)

    def find(self, logits, boxes) -> Tensor:
        """Return x, y, score `(B, R, J, 3)` of heatmaps `(B, R, m, m, J)` of boxes `(B, R, 4)`."""
        points, height = keypoint_peaks(logits, boxes)
        if self.score == "probability":
            above = ops.cast(logits, "float32") - height[:, :, None, None]
            height = 1.0 / ops.sum(ops.exp(above), axis=(2, 3))
        return ops.concatenate([points, height[..., None]], axis=-1)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "skeleton": self.skeleton.get_config(),
            "labels": self.labels,
            "score": self.score,
        }
