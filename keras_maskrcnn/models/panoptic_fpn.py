"""The Panoptic FPN model."""

import keras

from keras_maskrcnn.branches import MaskBranch
from keras_maskrcnn.models.assembly import keypoint_branches, semantic_branch
from keras_maskrcnn.models.faster_rcnn import FasterRCNN
from keras_maskrcnn.models.mask_rcnn import MaskRCNN


@keras.saving.register_keras_serializable("keras_maskrcnn")
class PanopticFPN(MaskRCNN):
    """Panoptic FPN: Mask R-CNN, and a class for every pixel, from one pyramid.

    A `MaskRCNN` with a `keras_maskrcnn.branches.SemanticBranch`. What `detect` gives has both
    masks and a semantic map; `panoptic()` of it makes one picture of them.

    Args:
        backbone: `keras.Model` from `(B, H, W, C)` images to a dict of maps "P2".."P5", such as
            `ResNet` or what `pyramid_from` makes.
        num_classes: K, classes of objects ("things") without background.
        semantic: the S names of the semantic map's values 0..S-1, such as `source.semantic_names`,
            or a `SemanticBranch`. Values whose name is among `class_names`, or
            `keras_maskrcnn.semantics.THINGS`, stand for objects, the others for stuff. The loss
            has half the weight of the others, unless a branch is given.
        class_names: K names. Default "class 1", "class 2", ...
        image_resizer: `ImageResizer` (or its config) that `detect` applies, as of `MaskRCNN`.
        image_normalization: `ImageNormalization`, as of `MaskRCNN`.
        feature_pyramid: `FeaturePyramid`, as of `MaskRCNN`.
        anchor_generator: `AnchorGenerator`, as of `MaskRCNN`.
        rpn_head: `RPNHead`, as of `MaskRCNN`.
        proposal_layer: `ProposalLayer`, as of `MaskRCNN`.
        box_roi_align: `RoIAlign`, as of `MaskRCNN`.
        box_head: `BoxHead`, as of `MaskRCNN`.
        detection_layer: `DetectionLayer`, as of `MaskRCNN`.
        mask_roi_align: `RoIAlign`, as of `MaskRCNN`.
        mask_head: `MaskHead`, as of `MaskRCNN`.
        anchor_targets: `AnchorTargets`, as of `MaskRCNN`.
        proposal_targets: `ProposalTargets`, as of `MaskRCNN`.
        keypoints: finds keypoints, too, as of `MaskRCNN`. Default: none.
        rpn: False makes a model without a region proposal network, as of `FasterRCNN`.
        name: of the Keras model.
        dtype: dtype policy to compute in, such as "mixed_bfloat16", of the layers that are made.

    Call arguments:
        inputs: as of `MaskRCNN`; for training also "gt_semantic" `(B, H, W)`, 255 where nothing is
            known.
        training: Keras' flag.

    Returns:
        As of `MaskRCNN`, and "semantic" `(B, H, W)` uint8, the class of each pixel.

    Example:

    >>> from keras_maskrcnn import PanopticFPN
    >>> from keras_maskrcnn.backbones import ResNet
    >>> net = ResNet(18, filters=(8, 8, 16, 16))
    >>> model = PanopticFPN(net, 1, semantic=["things", "sky"], class_names=["bird"])
    >>> model.loss_names[-2:], model.semantic_names
    (('mask_loss', 'semantic_loss'), ('things', 'sky'))

    References:
        Kirillov et al. 2019, Panoptic Feature Pyramid Networks.
    """

    def __init__(
        self,
        backbone,
        num_classes,
        *,
        semantic,
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
        name="panoptic_fpn",
        dtype=None,
    ):
        branches = [
            MaskBranch(mask_roi_align, mask_head, dtype=dtype),
            *keypoint_branches(keypoints, dtype),
            semantic_branch(semantic, 0.5, dtype),
        ]
        FasterRCNN.__init__(  # as `MaskRCNN`, with one branch more
            self,
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
            branches=branches,
            rpn=rpn,
            name=name,
            dtype=dtype,
        )

    def get_config(self) -> dict:
        config = FasterRCNN.get_config(self)
        _, *keypoints, config["semantic"] = config.pop("branches")
        return {**config, "keypoints": keypoints[0]} if keypoints else config
