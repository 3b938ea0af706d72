"""The Keypoint R-CNN model."""

import keras

from keras_maskrcnn.models.assembly import keypoint_branches
from keras_maskrcnn.models.faster_rcnn import FasterRCNN
from keras_maskrcnn.skeletons import COCO_PERSON


@keras.saving.register_keras_serializable("keras_maskrcnn")
class KeypointRCNN(FasterRCNN):
    """Keypoint R-CNN: boxes, classes and keypoints, Mask R-CNN with one-pixel masks of joints.

    A `FasterRCNN` with a `keras_maskrcnn.branches.KeypointBranch`. For masks as well, give
    `keypoints` to `MaskRCNN`.

    Args:
        backbone: `keras.Model` from `(B, H, W, C)` images to a dict of maps "P2".."P5", such as
            `ResNet` or what `pyramid_from` makes.
        num_classes: K, foreground classes without background. Default: 1, persons.
        keypoints: a `Skeleton`, the number of keypoints, or a `KeypointBranch`. Default:
            `skeletons.COCO_PERSON`.
        class_names: K names. Default "class 1", "class 2", ...
        image_resizer: `ImageResizer` (or its config) that `detect` applies, as of `FasterRCNN`.
        image_normalization: `ImageNormalization`, as of `FasterRCNN`.
        feature_pyramid: `FeaturePyramid`, as of `FasterRCNN`.
        anchor_generator: `AnchorGenerator`, as of `FasterRCNN`.
        rpn_head: `RPNHead`, as of `FasterRCNN`.
        proposal_layer: `ProposalLayer`, as of `FasterRCNN`.
        box_roi_align: `RoIAlign`, as of `FasterRCNN`.
        box_head: `BoxHead`, as of `FasterRCNN`.
        detection_layer: `DetectionLayer`, as of `FasterRCNN`.
        anchor_targets: `AnchorTargets`, as of `FasterRCNN`.
        proposal_targets: `ProposalTargets`, as of `FasterRCNN`.
        rpn: False makes a model without a region proposal network, as of `FasterRCNN`.
        name: of the Keras model.
        dtype: dtype policy to compute in, such as "mixed_bfloat16", of the layers that are made.

    Call arguments:
        inputs: as of `FasterRCNN`; for training also "gt_keypoints" `(B, G, J, 3)`: x, y in pixels
            of the network input, and a number above 0 where the keypoint is known.
        training: Keras' flag.

    Returns:
        As of `FasterRCNN`, and "keypoints" `(B, D, J, 3)` x, y, score; 0 in padding rows.

    Example:

    >>> from keras_maskrcnn import KeypointRCNN
    >>> from keras_maskrcnn.backbones import ResNet
    >>> model = KeypointRCNN(ResNet(18, filters=(8, 8, 16, 16)), keypoints=5)
    >>> model.loss_names[-1], model.ground_truth
    ('keypoint_loss', ('gt_boxes', 'gt_labels', 'gt_keypoints'))

    References:
        He et al. 2017, Mask R-CNN, section 5.
    """

    def __init__(
        self,
        backbone,
        num_classes=1,
        *,
        keypoints=COCO_PERSON,
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
        anchor_targets=None,
        proposal_targets=None,
        rpn=True,
        name="keypoint_rcnn",
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
            branches=keypoint_branches(keypoints, dtype),
            rpn=rpn,
            name=name,
            dtype=dtype,
        )

    def get_config(self) -> dict:
        config = super().get_config()
        (config["keypoints"],) = config.pop("branches")
        return config
