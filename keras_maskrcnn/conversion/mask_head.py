"""The mask head: its weights, its config, and where torchvision and Detectron2 keep it."""

import dataclasses
from typing import Self

from keras_maskrcnn.conversion import configs
from keras_maskrcnn.conversion.shapes import biased, conv
from keras_maskrcnn.conversion.torch_layout import conv_sources, widths, without_first


@dataclasses.dataclass(frozen=True)
class MaskHeadArchitecture:
    """The head that draws a mask in every box.

    Args:
        convs: widths of the convolutions.
        deconv_dim: width of the deconvolution.
    """

    convs: tuple[int, ...] = (256,) * 4
    deconv_dim: int = 256

    name = "mask"
    model = ("models.mask_rcnn", "MaskRCNN")  # a Faster R-CNN with this head
    model_title = "Mask R-CNN"
    torchvision_changes = {  # see `keras_weights`
        "mask_head/mask_logits/kernel": without_first(1),
        "mask_head/mask_logits/bias": without_first(1),
    }
    detectron2_changes = {}

    def shapes(self, channels, num_classes, normalization) -> dict[str, tuple]:
        """Return the shape of every weight by frozen key, on a pyramid of so many channels."""
        shapes = {}
        for number, filters in enumerate(self.convs, start=1):
            shapes |= conv(f"mask_head/conv{number}", (3, 3, channels, filters), normalization)
            channels = filters
        shapes["mask_head/deconv/kernel"] = (2, 2, self.deconv_dim, channels)
        shapes["mask_head/deconv/bias"] = (self.deconv_dim,)
        return shapes | biased("mask_head/mask_logits", (1, 1, self.deconv_dim, num_classes))

    def layers(self, num_classes, normalization, roi_align) -> dict[str, dict]:
        """Configs of the layers of the model, by its arguments; `roi_align` is a dict of those."""
        arguments = {
            "num_classes": num_classes,
            "conv_dims": self.convs,
            "deconv_dim": self.deconv_dim,
            "normalization": normalization,
        }
        return {
            "mask_roi_align": configs.roi_align_layer("mask_roi_align", 14, roi_align),
            "mask_head": configs.layer("mask_head", "MaskHead", arguments),
        }

    @classmethod
    def read_torchvision(cls, state) -> Self | None:
        """Return the head that a state dict of torchvision holds; None if it has none."""
        key = "roi_heads.mask_predictor.conv5_mask.weight"
        if key not in state:
            return None
        return cls(widths(state, "roi_heads.mask_head.{}.0.weight"), state[key].shape[1])

    def torchvision_sources(self) -> dict[str, str]:
        """Return a dict from layer of ours to layer in a state dict of torchvision."""
        sources = {
            "mask_head/deconv": "roi_heads.mask_predictor.conv5_mask",
            "mask_head/mask_logits": "roi_heads.mask_predictor.mask_fcn_logits",
        }
        for number in range(len(self.convs)):
            sources |= conv_sources(f"mask_head/conv{number + 1}", f"roi_heads.mask_head.{number}")
        return sources

    @classmethod
    def read_detectron2(cls, state) -> Self | None:
        """Return the head that a state dict of Detectron2 holds; None if it has none."""
        if "roi_heads.mask_head.predictor.weight" not in state:
            return None
        convs = widths(state, "roi_heads.mask_head.mask_fcn{}.weight", first=1)
        return cls(convs, state["roi_heads.mask_head.deconv.weight"].shape[1])

    def detectron2_sources(self) -> dict[str, str]:
        """Return a dict from layer of ours to layer in a state dict of Detectron2."""
        sources = {
            "mask_head/deconv": "roi_heads.mask_head.deconv",
            "mask_head/mask_logits": "roi_heads.mask_head.predictor",
        }
        for number in range(1, len(self.convs) + 1):
            sources[f"mask_head/conv{number}"] = f"roi_heads.mask_head.mask_fcn{number}"
        return sources
