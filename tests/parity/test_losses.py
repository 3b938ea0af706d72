"""The five losses of a training step against torchvision's, with samplers that take every row."""

import numpy as np
from keras import ops

from keras_maskrcnn.branches import MaskBranch
from keras_maskrcnn.ops import roi_align
from tests.parity.matching import converted_model
from tests.parity.reference import load, pictures, torch_state
from tests.parity.training import CANVAS, OBJECTS, boxes_and_labels, check_losses


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


def bitmaps_of(recorded, resizer):
    """The masks of both pictures in the network input, (objects, height, width) each."""
    bitmaps = []
    for image, picture in enumerate(pictures()):
        height, width = picture.shape[:2]
        new_height, new_width = resizer.size_of(height, width)
        shape = recorded[f"target{image}_masks_shape"]
        masks = np.unpackbits(recorded[f"target{image}_masks"])[: np.prod(shape)].reshape(shape)
        rows = nearest(height, new_height)
        columns = nearest(width, new_width)
        canvas = np.zeros((OBJECTS, *CANVAS), "float32")
        canvas[:, :new_height, :new_width] = masks[:, rows][:, :, columns]
        bitmaps.append(canvas)
    return bitmaps


def nearest(old, new):
    """PyTorch's nearest neighbour, in float32."""
    scale = np.float32(old) / np.float32(new)
    return np.minimum((np.arange(new, dtype="float32") * scale).astype(int), old - 1)


def test_losses():
    data = load("torchvision_maskrcnn_resnet50_fpn")
    state = torch_state("torchvision", data)
    model = converted_model(state, "torchvision", image_size=(256, 400))
    bitmaps = bitmaps_of(data["losses"], model.image_resizer)
    masks = BitmapBranch(bitmaps, roi_align=model.mask_roi_align, head=model.mask_head)
    boxes = boxes_and_labels(data["losses"], model.image_resizer)
    check_losses(model, [masks], boxes, data["losses"], mask_loss="loss_mask")
