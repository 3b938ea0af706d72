"""The two stages of an R-CNN in the order of the paper, and their losses.

Shapes, in the letters of `keras_maskrcnn.ops`: B images, H W padded image, C channels, A anchors
per cell, N anchors of all levels, R proposals per image, S sampled of them, G ground-truth slots,
K foreground classes, D detections, P bins per side.
"""

import keras
from keras import ops

from keras_maskrcnn import losses
from keras_maskrcnn.models import given_boxes, training_data
from keras_maskrcnn.models.image_model import ImageModel
from keras_maskrcnn.ops import boxes as box_ops
from keras_maskrcnn.ops.finite import all_finite
from keras_maskrcnn.ops.tensor import Tensor
from keras_maskrcnn.skeletons import Skeleton

LAYERS = (
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

#: Those of the region proposal network, which a model that is given its proposals has not.
RPN_LAYERS = ("anchor_generator", "rpn_head", "proposal_layer", "anchor_targets")


class GeneralizedRCNN(ImageModel):
    """A backbone, a region proposal network, a box head and branches: what runs, and its losses.

    `FasterRCNN` makes it of its arguments. The layers are attributes of the names in `LAYERS`, the
    branches a list `branches`, the running means of the losses a list `loss_trackers`. Without a
    region proposal network the layers in `RPN_LAYERS` are None.
    """

    @property
    def has_rpn(self) -> bool:
        """Whether the model proposes regions itself, and need not be given them."""
        return self.rpn_head is not None

    @property
    def needs_proposals(self) -> bool:
        """Whether proposals or boxes must come with each image."""
        return not self.has_rpn

    @property
    def _spine(self):
        return {key: getattr(self, key) for key in LAYERS if self.has_rpn or key not in RPN_LAYERS}

    @property
    def sublayers(self) -> dict:
        """Dict of the layers by the names that they have as arguments."""
        return self._spine

    @property
    def parts(self) -> dict:
        """Dict of the layers that hold weights, by their place in the keys of the weights."""
        layers = self._spine
        for branch in self.branches:
            layers |= branch.parts
        return {key: layer for key, layer in layers.items() if layer.weights}

    @property
    def head_names(self) -> tuple:
        """The parts that are heads: the box head's and those of the branches."""
        return ("box_head", *(part for branch in self.branches for part in branch.parts))

    @property
    def skeleton(self) -> Skeleton | None:
        """The `Skeleton` of the keypoints that a branch finds, None without."""
        return next((branch.skeleton for branch in self.branches if branch.skeleton), None)

    @property
    def semantic_names(self) -> tuple:
        """The names of the values of the semantic map that a branch gives, () without."""
        return next((one.semantic_names for one in self.branches if one.semantic_names), ())

    @property
    def final_layers(self) -> tuple:
        """Where the layers are whose shape depends on the number of classes, tuple of str."""
        own = [f"box_head/{name}" for name in self.box_head.final_layers]
        return (*own, *(place for branch in self.branches for place in branch.final_layers))

    @property
    def loss_names(self) -> tuple:
        """The losses in the logs, tuple of str."""
        own = (*(losses.RPN_NAMES if self.has_rpn else ()), *losses.BOX_NAMES)
        return (*own, *(name for branch in self.branches for name in branch.loss_names))

    @property
    def ground_truth(self) -> tuple:
        """The keys of a batch that training needs beside the images, tuple of str."""
        keys = [key for branch in self.branches for key in branch.ground_truth]
        given = (given_boxes.PROPOSALS,) if self.needs_proposals else ()
        return tuple(dict.fromkeys(["gt_boxes", "gt_labels", *keys, *given]))

    def call(self, inputs, training=False) -> dict:
        inputs = as_inputs(inputs)
        if "gt_boxes" in inputs:
            training_data.check_ground_truth(self, inputs)
            first = self.first_stage(inputs, training)
            rpn = self._rpn_outputs(first, inputs) if "rpn" in first else {}
            return {**rpn, **self._heads(first, inputs, training)}
        first = self.first_stage(inputs, training)
        return self.second_stage(first, inputs)["found"]

    def first_stage(self, inputs, training=False) -> dict:
        """Return what every layer up to the proposals gives, in the order of the paper.

        Proposals or boxes among the inputs take the place of those of the region proposal network,
        which then does not run.

        Args:
            inputs: dict as of `call`.
            training: Keras' flag.

        Returns:
            Dict of "pyramid", dict from level to `(B, h, w, C)`; "features", its levels that RoIs
            are cropped from; "rpn", the pair of dicts of the RPN head; "anchors", dict from level
            to `(h * w * A, 4)`; "proposals" `(B, R, 4)`, "proposal_scores" and "valid" `(B, R)`.
            Where proposals are given there are no "rpn", "anchors" and "proposal_scores".

        Raises:
            ValueError: the model has no region proposal network, and no proposals are given.
        """
        sizes = inputs["image_sizes"]
        images = self.image_normalization(inputs["images"], sizes)  # (B, H, W, C)
        levels = self.backbone(images, training=training)
        pyramid = self.feature_pyramid(levels, training=training)
        features = {level: pyramid[level] for level in levels}
        first = {"pyramid": pyramid, "features": features}
        given = given_boxes.proposals_among(inputs, self.needs_proposals)
        return first | (given or self._propose(pyramid, sizes, training))

    def _propose(self, pyramid, sizes, training):
        rpn = self.rpn_head(pyramid)
        anchors = self.anchor_generator(pyramid)
        proposals, scores, valid = self.proposal_layer(*rpn, anchors, sizes, training=training)
        return {
            "rpn": rpn,
            "anchors": anchors,
            "proposals": proposals,
            "proposal_scores": scores,
            "valid": valid,
        }

    def second_stage(self, first, inputs) -> dict:
        """Return what the heads make of the proposals, at inference.

        Args:
            first: what `first_stage` gave.
            inputs: dict as of `call`.

        Returns:
            Dict of "class_logits" `(B, R, K + 1)`, "box_deltas" `(B, R, K, 4)` and "found", what
            `call` returns.
        """
        features, proposals = first["features"], first["proposals"]
        class_logits, box_deltas = self.box_head(self.box_roi_align(features, proposals))
        if given_boxes.BOXES in inputs:
            found = given_boxes.best_classes(class_logits, proposals, first["valid"])
        else:
            windows = inputs.get("windows", inputs["image_sizes"])
            rows = class_logits, box_deltas, proposals, first["valid"]
            boxes, scores, labels, valid = self.detection_layer(*rows, windows)
            found = {"boxes": boxes, "scores": scores, "labels": labels, "valid": valid}
        for branch in self.branches:
            found |= branch.results(features, found)
        computed = first.get("rpn", ()), class_logits, box_deltas
        finite = ops.expand_dims(all_finite(keras.tree.flatten(computed)), 1)
        found["scores"] = ops.where(finite, found["scores"], float("nan"))
        return {"class_logits": class_logits, "box_deltas": box_deltas, "found": found}

    def _rpn_outputs(self, first, inputs):
        anchors = ops.concatenate(list(first["anchors"].values()), axis=0)  # (N, 4)
        targets = self.anchor_targets(anchors, inputs["gt_boxes"], inputs["gt_labels"])
        logits, deltas = self.rpn_head.sampled(first["pyramid"], first["rpn"], targets["index"])
        return {
            "objectness_logits": logits,
            "anchor_deltas": deltas,
            **{f"anchor_{key}": targets[key] for key in ("positive", "valid")},
            "anchor_delta_targets": targets["box_deltas"],
        }

    def _heads(self, first, inputs, training):
        """Return what the losses of box head and branches read, the latter by name."""
        features = first["features"]
        rois = self.proposal_targets(
            first["proposals"], first["valid"], inputs["gt_boxes"], inputs["gt_labels"]
        )
        crops = self.box_roi_align(features, rois["proposals"])  # (B, S, P, P, C)
        class_logits, box_deltas = self.box_head(crops, training=training)
        weights = self.detection_layer.box_weights
        outputs = {
            "class_logits": class_logits,
            "box_deltas": box_deltas,
            "labels": rois["labels"],
            "valid": rois["valid"],
            "box_delta_targets": box_ops.encode(rois["matched_boxes"], rois["proposals"], weights),
        }
        objects = self.proposal_targets.positives(rois)
        learnt = {
            branch.name: branch.learn(features, objects, inputs, training)
            for branch in self.branches
        }
        return {**outputs, **learnt}

    def loss_values(self, outputs) -> dict:
        """Return the scalar losses by name, of what `call` gave with ground truth."""
        rpn = losses.rpn_losses(outputs) if "objectness_logits" in outputs else {}
        values = {**rpn, **losses.box_losses(outputs)}
        for branch in self.branches:
            values |= branch.loss(outputs[branch.name])
        return values

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ) -> Tensor:
        """Sum of the losses; each also goes to the logs under its own name."""
        if "class_logits" not in y_pred:
            raise training_data.no_ground_truth(self, x)
        values = self.loss_values(y_pred)
        for tracker in self.loss_trackers:
            if tracker.name in values:  # those of an RPN that was given its proposals are not
                tracker.update_state(values[tracker.name])
        return sum([*values.values(), *self.losses])


def as_inputs(inputs) -> dict:
    """Return what a model is called with as a dict; a bare tensor is images without padding."""
    if isinstance(inputs, dict):
        return inputs
    batch, height, width = ops.shape(inputs)[:3]
    sizes = ops.ones((batch, 1), dtype="int32") * ops.stack([height, width])
    return {"images": inputs, "image_sizes": sizes}
