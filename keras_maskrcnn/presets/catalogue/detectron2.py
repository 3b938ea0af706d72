"""Weights of Detectron2's model zoo, trained on COCO.

Addresses, figures and licence are those of its MODEL_ZOO.md, which also says that each file name
holds the beginning of the file's md5. It gives no sizes: two were read off download logs.
"""

from keras_maskrcnn.presets.catalogue import coco
from keras_maskrcnn.presets.catalogue.record import RemotePreset

_ADDRESS = "https://dl.fbaipublicfiles.com/detectron2/"
_PAGE = "https://github.com/facebookresearch/detectron2/blob/main/MODEL_ZOO.md"

# name, architecture, model id, file, bytes, box AP, AP of masks or keypoints, body
_ROWS = (
    ("mask_rcnn_resnet50_fpn_3x_coco", "mask_rcnn_R_50_FPN_3x", "137849600",
     "model_final_f10217.pkl", 178_000_000, 41.0, 37.2, "ResNet-50"),
    ("mask_rcnn_resnet101_fpn_3x_coco", "mask_rcnn_R_101_FPN_3x", "138205316",
     "model_final_a3ec72.pkl", 254_000_000, 42.9, 38.6, "ResNet-101"),
    ("mask_rcnn_resnext101_32x8d_fpn_3x_coco", "mask_rcnn_X_101_32x8d_FPN_3x", "139653917",
     "model_final_2d9806.pkl", None, 44.3, 39.5, "ResNeXt-101 32x8d"),
    ("keypoint_rcnn_resnet50_fpn_3x_coco", "keypoint_rcnn_R_50_FPN_3x", "137849621",
     "model_final_a6e10b.pkl", None, 55.4, 65.5, "ResNet-50"),
    ("keypoint_rcnn_resnet101_fpn_3x_coco", "keypoint_rcnn_R_101_FPN_3x", "138363331",
     "model_final_997cc7.pkl", None, 56.4, 66.1, "ResNet-101"),
    ("keypoint_rcnn_resnext101_32x8d_fpn_3x_coco", "keypoint_rcnn_X_101_32x8d_FPN_3x", "139686956",
     "model_final_5ad38f.pkl", None, 57.3, 66.0, "ResNeXt-101 32x8d"),
)  # fmt: skip


# Kind -> the folder of the zoo, the name of the model.
_KINDS = {
    "mask": ("COCO-InstanceSegmentation", "Mask R-CNN"),
    "keypoint": ("COCO-Keypoints", "Keypoint R-CNN"),
}


def records() -> list[RemotePreset]:
    """Return the presets of this family, a list of `RemotePreset`."""
    return [_record(*row) for row in _ROWS]


def _record(name, architecture, model_id, file_name, size, box_ap, further_ap, body):
    kind = architecture.partition("_rcnn")[0]
    folder, title = _KINDS[kind]
    return RemotePreset(
        name=name,
        kind=f"{kind}_rcnn",
        family="detectron2",
        architecture=architecture,
        urls=(f"{_ADDRESS}{folder}/{architecture}/{model_id}/{file_name}",),
        file_name=file_name,
        bytes=size,
        md5_prefix=file_name.rpartition("_")[2].removesuffix(".pkl"),
        class_names=("person",) if kind == "keypoint" else coco.CONTIGUOUS,
        licence="CC-BY-SA-3.0",
        source=f"Detectron2 model zoo, {architecture}, {_PAGE}",
        paper="https://arxiv.org/abs/1703.06870",
        description=f"{title}, {body} with a feature pyramid, 37 epochs (3x)",
        published={
            "box_ap": box_ap,
            f"{kind}_ap": further_ap,
            "by": "Detectron2",
            "on": "COCO val2017",
        },
    )
