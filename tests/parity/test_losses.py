"""The five losses of a training step against torchvision's, with samplers that take every row."""

import keras
import numpy as np
from keras import ops

from keras_maskrcnn.branches import MaskBranch
from keras_maskrcnn.layers import ProposalLayer
from keras_maskrcnn.models import FasterRCNN
from keras_maskrcnn.ops import roi_align
from keras_maskrcnn.targets import AnchorTargets, ProposalTargets
from tests.parity.matching import converted_model, one_batch
from tests.parity.reference import load, pictures, torch_state

PROPOSALS, OBJECTS, CANVAS = 500, 4, (352, 352)
MOST_POSITIVES = 64  # there are fewer
NAMES = {
    "rpn_class_loss": "loss_objectness",
    "rpn_box_loss": "loss_rpn_box_reg",
    "class_loss": "loss_classifier",
    "box_loss": "loss_box_reg",
    "mask_loss": "loss_mask",
}


class BitmapBranch(MaskBranch):
    """Mask targets from whole bitmaps, as torchvision's: RoIAlign, adaptive and not aligned.

    Ours read masks that are cropped to their box, with pixel centres met: half a pixel apart.
    """

    ground_truth = ()

    def __init__(self, bitmaps, **kwargs):
        super().__init__(**kwargs)
        self.bitmaps = [ops.array(maps[..., None], "float32") for maps in bitmaps]  # (G, H, W, 1)

    def targets(self, rois, batch, size):
        masks = []
        for image, maps in enumerate(self.bitmaps):
            everywhere = ops.repeat(rois["proposals"][image][None], OBJECTS, axis=0)
            levels = ops.zeros(everywhere.shape[:2], "int32")
            crops = roi_align([maps], [1], everywhere, levels, size, 0, aligned=False)[..., 0]
            index = rois["matched"][image][None, :, None, None]
            masks.append(ops.take_along_axis(crops, index, axis=0)[0])
        return ops.stack(masks)


class EveryProposal(ProposalTargets):
    """Takes every row, and gives the mask head those that may be positive."""

    def positives(self, sampled):
        return {key: rows[:, :MOST_POSITIVES] for key, rows in super().positives(sampled).items()}


def ground_truth(recorded, resizer):
    """Boxes, labels and bitmaps of both pictures in the network input."""
    boxes, labels, bitmaps = [], [], []
    for image, picture in enumerate(pictures()):
        height, width = picture.shape[:2]
        new_height, new_width = resizer.size_of(height, width)
        scale = np.array([new_width / width, new_height / height] * 2)
        boxes.append(recorded[f"target{image}_boxes"] * scale)
        labels.append(recorded[f"target{image}_labels"])
        shape = recorded[f"target{image}_masks_shape"]
        masks = np.unpackbits(recorded[f"target{image}_masks"])[: np.prod(shape)].reshape(shape)
        rows = nearest(height, new_height)
        columns = nearest(width, new_width)
        canvas = np.zeros((OBJECTS, *CANVAS), "float32")
        canvas[:, :new_height, :new_width] = masks[:, rows][:, :, columns]
        bitmaps.append(canvas)
    return np.float32(boxes), np.int32(labels), bitmaps


def nearest(old, new):
    """PyTorch's nearest neighbour, in float32."""
    scale = np.float32(old) / np.float32(new)
    return np.minimum((np.arange(new, dtype="float32") * scale).astype(int), old - 1)


def test_losses():
    data = load("torchvision_maskrcnn_resnet50_fpn")
    state = torch_state("torchvision", data)
    model = converted_model(state, "torchvision", image_size=(256, 400))
    boxes, labels, bitmaps = ground_truth(data["losses"], model.image_resizer)
    anchors = 3 * sum(side * side for side in (88, 44, 22, 11, 6))
    layers = {key: x for key, x in model.sublayers.items() if "mask" not in key} | {
        "anchor_targets": AnchorTargets(samples=anchors, positive_fraction=1.0),
        "proposal_targets": EveryProposal(samples=PROPOSALS + OBJECTS, positive_fraction=1.0),
        "proposal_layer": ProposalLayer(400, PROPOSALS),
    }
    layers["image_resizer"] = model.image_resizer
    masks = BitmapBranch(bitmaps, roi_align=model.mask_roi_align, head=model.mask_head)
    model = FasterRCNN(num_classes=model.num_classes, branches=[masks], **layers)
    inputs = one_batch(model, pictures(), CANVAS)
    outputs = model.predict_on_batch({**inputs, "gt_boxes": boxes, "gt_labels": labels})
    assert outputs["valid"].sum() == data["losses"]["n_rois"]
    assert ((outputs["labels"] > 0).sum(1) < MOST_POSITIVES).all()
    values = model.loss_values(keras.tree.map_structure(ops.array, outputs))
    for ours, theirs in NAMES.items():
        np.testing.assert_allclose(float(values[ours]), data["losses"][theirs], rtol=1e-4)
