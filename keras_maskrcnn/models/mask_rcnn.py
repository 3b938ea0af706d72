"""The Mask R-CNN model."""

import keras

from keras_maskrcnn.branches import MaskBranch
from keras_maskrcnn.layers.mask_head import MaskHead
from keras_maskrcnn.layers.roi_align import RoIAlign
from keras_maskrcnn.models.assembly import keypoint_branches
from keras_maskrcnn.models.faster_rcnn import FasterRCNN


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
            800, longer at most 1333 pixels. `fit` makes it that of the training data.
        image_normalization: `ImageNormalization`. Default: the mean and deviation that the
            backbone learnt with, in most ImageNet's.
        feature_pyramid: `FeaturePyramid`. Default: 256 channels on every level.
        anchor_generator: `AnchorGenerator`. Default: sides of 32 to 512 pixels on "P2" to "P6",
            three ratios.
        rpn_head: `RPNHead`. Default: as many anchors a cell as the anchor generator has.
        proposal_layer: `ProposalLayer`. Default: 1000 proposals an image.
        box_roi_align: `RoIAlign`. Default: 7 x 7 bins.
        box_head: `BoxHead`. Default: two dense layers of 1024.
        detection_layer: `DetectionLayer`. Default: the best 100. Its `box_weights` are those of the
            box head's deltas.
        mask_roi_align: `RoIAlign`. Default: 14 x 14 bins.
        mask_head: `MaskHead`. Default: four convolutions of 256 channels, masks of 28 x 28. The
            targets have the size that it draws.
        anchor_targets: `AnchorTargets`: which anchors the RPN learns from. Default: 256 an image.
        proposal_targets: `ProposalTargets`: which proposals the heads learn from. Default: 512 an
            image.
        keypoints: finds keypoints, too: a `Skeleton` such as `skeletons.COCO_PERSON`, a number of
            keypoints, or a `keras_maskrcnn.branches.KeypointBranch`. Default: none.
        rpn: False makes a model without a region proposal network, as of `FasterRCNN`.
        name: of the Keras model.
        dtype: dtype policy to compute in, such as "mixed_bfloat16", of the layers that are not
            given. Default: Keras' own.

    Each of the layers may be replaced by one of the same class with other arguments, or by one of
    your own that has its methods; a mask head is given crops and labels. Heads made without
    `num_classes` take the model's.

    Call arguments:
        inputs: dict of "images" `(B, H, W, C)` in 0..255 and "image_sizes" `(B, 2)` height and
            width of each image inside the padded batch; a bare tensor means unpadded images. Where
            an image does not lie in the top left corner, "windows" `(B, 4)` says where, and
            detections are clipped to it. For training also "gt_boxes" `(B, G, 4)`, "gt_labels"
            `(B, G)` (0 is padding), "gt_masks" `(B, G, m, m)` masks cropped to their boxes and,
            for a model that finds keypoints, "gt_keypoints" `(B, G, J, 3)`. "proposals" or "boxes"
            that are given: as of `FasterRCNN`.
        training: Keras' flag.

    Returns:
        Without ground truth, detections, best first: "boxes" `(B, D, 4)`, "scores" `(B, D)`,
        "labels" `(B, D)`, "valid" `(B, D)`, "masks" `(B, D, 28, 28)` probabilities of the
        predicted class within the box, 0 in padding rows; with `keypoints`, "keypoints"
        `(B, D, J, 3)` x, y, score. With ground truth, what the losses read.

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

    def __init__(
        self,
        backbone,
        num_classes,
        *,
        class_names=None,
        image_resizer=None,
        image_normalization=None,
        feature_pyramid=None,
        anchor_generator=None,
        rpn_head=None,
        proposal_layer=None,
        box_roi_align=None,
        box_head=None,
        detection_layer=None,
        mask_roi_align=None,
        mask_head=None,
        anchor_targets=None,
        proposal_targets=None,
        keypoints=None,
        rpn=True,
        name="mask_rcnn",
        dtype=None,
    ):
        super().__init__(
            backbone,
            num_classes,
            class_names=class_names,
            image_resizer=image_resizer,
            image_normalization=image_normalization,
            feature_pyramid=feature_pyramid,
            anchor_generator=anchor_generator,
            rpn_head=rpn_head,
            proposal_layer=proposal_layer,
            box_roi_align=box_roi_align,
            box_head=box_head,
            detection_layer=detection_layer,
            anchor_targets=anchor_targets,
            proposal_targets=proposal_targets,
            branches=[
                MaskBranch(mask_roi_align, mask_head, dtype=dtype),
                *keypoint_branches(keypoints, dtype),
            ],
            rpn=rpn,
            name=name,
            dtype=dtype,
        )

    @property
    def mask_roi_align(self) -> RoIAlign:
        """The `RoIAlign` of the mask branch."""
        return self.branches[0].roi_align

    @property
    def mask_head(self) -> MaskHead:
        """The `MaskHead` of the mask branch."""
        return self.branches[0].head

    @property
    def sublayers(self) -> dict:
        """Dict of the layers by the names that they have as arguments."""
        masks = {"mask_roi_align": self.mask_roi_align, "mask_head": self.mask_head}
        return {**super().sublayers, **masks}

    def get_config(self) -> dict:
        config = super().get_config()
        _, *further = config.pop("branches")  # the first is made of the layers
        return {**config, "keypoints": further[0]} if further else config
