"""Losses of a training step with samplers that take every row, so that nothing is random."""

import keras
import numpy as np
from keras import ops

from keras_maskrcnn.layers import ProposalLayer
from keras_maskrcnn.models import FasterRCNN
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets
from tests.parity.matching import one_batch
from tests.parity.reference import pictures

PROPOSALS, OBJECTS, CANVAS = 500, 4, (352, 352)
MOST_POSITIVES = 64  # there are fewer
NAMES = {
    "rpn_class_loss": "loss_objectness",
    "rpn_box_loss": "loss_rpn_box_reg",
    "class_loss": "loss_classifier",
    "box_loss": "loss_box_reg",
}


class EveryProposal(ProposalTargets):
    """Takes every row, and gives the branches those that may be positive."""

    def positives(self, sampled):
        return {key: rows[:, :MOST_POSITIVES] for key, rows in super().positives(sampled).items()}


def scales(resizer):
    """How much wider and higher each picture becomes, (images, 2)."""
    sizes = [picture.shape[:2] for picture in pictures()]
    pairs = zip(sizes, (resizer.size_of(*size) for size in sizes), strict=True)
    return np.array([np.divide(new, old)[::-1] for old, new in pairs])


def boxes_and_labels(recorded, resizer):
    """The objects of both pictures in the network input."""
    boxes = np.stack([recorded[f"target{image}_boxes"] for image in (0, 1)])
    labels = np.stack([recorded[f"target{image}_labels"] for image in (0, 1)])
    boxes = boxes * np.tile(scales(resizer), 2)[:, None]
    return {"gt_boxes": np.float32(boxes), "gt_labels": np.int32(labels)}


def check_losses(model, branches, truth, recorded, **names):
    """Train a step with a model's layers and these branches; compare each loss with the recorded.

    Args:
        model: of which the layers are taken.
        branches: stand in place of the model's.
        truth: dict of "gt_boxes", "gt_labels" and what the branches learn from.
        recorded: dict of the losses.
        names: recorded name of each loss of the branches.
    """
    anchors = 3 * sum(side * side for side in (88, 44, 22, 11, 6))
    own = tuple(branch.name for branch in model.branches)
    layers = {key: x for key, x in model.sublayers.items() if not key.startswith(own)} | {
        "anchor_targets": AnchorTargets(samples=anchors, positive_fraction=1.0),
        "proposal_targets": EveryProposal(samples=PROPOSALS + OBJECTS, positive_fraction=1.0),
        "proposal_layer": ProposalLayer(400, PROPOSALS),
        "image_resizer": model.image_resizer,
    }
    model = FasterRCNN(num_classes=model.num_classes, branches=branches, **layers)
    outputs = model.predict_on_batch({**one_batch(model, pictures(), CANVAS), **truth})
    assert outputs["valid"].sum() == recorded["n_rois"]
    assert ((outputs["labels"] > 0).sum(1) < MOST_POSITIVES).all()
    values = model.loss_values(keras.tree.map_structure(ops.array, outputs))
    for ours, theirs in (NAMES | names).items():
        np.testing.assert_allclose(float(values[ours]), recorded[theirs], rtol=1e-4)
