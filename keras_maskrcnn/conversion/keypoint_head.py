"""The keypoint head: its weights, its config, and where torchvision and Detectron2 keep it."""

import dataclasses
from typing import Self

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.shapes import conv
from keras_maskrcnn.conversion.torch_layout import widths
from keras_maskrcnn.skeletons import COCO_PERSON, as_skeleton


@dataclasses.dataclass(frozen=True)
class KeypointHeadArchitecture:
    """The head that draws a heatmap per keypoint in every box.

    Args:
        convs: widths of the convolutions.
        num_keypoints: J.
    """

    convs: tuple[int, ...] = (512,) * 8
    num_keypoints: int = 17

    name = "keypoint"
    model = ("models.keypoint_rcnn", "KeypointRCNN")  # a Faster R-CNN with this head
    model_title = "Keypoint R-CNN"
    torchvision_changes = {}
    detectron2_changes = {}

    def shapes(self, channels, num_classes, normalization) -> dict[str, tuple]:
        """Return the shape of every weight by frozen key, on a pyramid of so many channels."""
        shapes = {}
        for number, filters in enumerate(self.convs, start=1):
            shapes |= conv(f"keypoint_head/conv{number}", (3, 3, channels, filters), normalization)
            channels = filters
        shapes["keypoint_head/keypoint_logits/kernel"] = (4, 4, self.num_keypoints, channels)
        shapes["keypoint_head/keypoint_logits/bias"] = (self.num_keypoints,)
        return shapes

    def layers(self, num_classes, normalization, roi_align, score) -> dict[str, dict]:
        """Config of the branch of the model, by its argument.

        Args:
            num_classes, normalization: of the model.
            roi_align: arguments of the `RoIAlign`.
            score: what a keypoint's score is, see `KeypointBranch`.
        """
        persons = self.num_keypoints == len(COCO_PERSON)
        head = {
            "num_keypoints": self.num_keypoints,
            "conv_dims": self.convs,
            "normalization": normalization,
        }
        arguments = {
            "skeleton": (COCO_PERSON if persons else as_skeleton(self.num_keypoints)).get_config(),
            "roi_align": configs.roi_align_layer("keypoint_roi_align", 14, roi_align),
            "head": configs.layer("keypoint_head", "KeypointHead", head),
            "score": score,
        }
        return {"keypoints": configs.serialized("branches.keypoint", "KeypointBranch", arguments)}

    @classmethod
    def read_torchvision(cls, state) -> Self | None:
        """Return the head that a state dict of torchvision holds; None if it has none."""
        key = "roi_heads.keypoint_predictor.kps_score_lowres.weight"
        if key not in state:
            return None
        numbers = range(0, 2 * len(state), 2)  # a ReLU after each convolution
        names = [f"roi_heads.keypoint_head.{number}.weight" for number in numbers]
        convs = tuple(state[name].shape[0] for name in names if name in state)
        return cls(convs, state[key].shape[1])

    def torchvision_sources(self) -> dict[str, str]:
        """Return a dict from layer of ours to layer in a state dict of torchvision."""
        place = "roi_heads.keypoint_predictor.kps_score_lowres"
        sources = {"keypoint_head/keypoint_logits": place}
        for number in range(len(self.convs)):
            source = f"roi_heads.keypoint_head.{2 * number}"
            sources[f"keypoint_head/conv{number + 1}"] = source
        return sources

    @classmethod
    def read_detectron2(cls, state) -> Self | None:
        """Return the head that a state dict of Detectron2 holds; None if it has none."""
        key = "roi_heads.keypoint_head.score_lowres.weight"
        if key not in state:
            return None
        convs = widths(state, "roi_heads.keypoint_head.conv_fcn{}.weight", first=1)
        return cls(convs, state[key].shape[1])

    def detectron2_sources(self) -> dict[str, str]:
        """Return a dict from layer of ours to layer in a state dict of Detectron2."""
        sources = {"keypoint_head/keypoint_logits": "roi_heads.keypoint_head.score_lowres"}
        for number in range(1, len(self.convs) + 1):
            sources[f"keypoint_head/conv{number}"] = f"roi_heads.keypoint_head.conv_fcn{number}"
        return sources
