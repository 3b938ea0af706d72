"""Weights of torchvision: detectors trained on COCO and classifiers trained on ImageNet.

URLs, sizes and figures are those of `torchvision.models` 0.27.1, where each set of weights has the
name that `source` gives. File names end in the first eight digits of the file's sha256.
"""

from keras_maskrcnn.presets.catalogue import coco
from keras_maskrcnn.presets.catalogue.record import RemotePreset

_ADDRESS = "https://download.pytorch.org/models/"
_PAGE = "https://pytorch.org/vision/stable/models"
_LICENCE = "BSD-3-Clause (torchvision); the terms of the training data may apply as well"
_MEBIBYTE = 2**20

_FASTER_RCNN = "https://arxiv.org/abs/1506.01497"
_MASK_RCNN = "https://arxiv.org/abs/1703.06870"  # and Keypoint R-CNN, section 5
_RECIPE_V2 = "https://arxiv.org/abs/2111.11429"
_RESNET = "https://arxiv.org/abs/1512.03385"
_RESNEXT = "https://arxiv.org/abs/1611.05431"

# torchvision's first weights have no epsilon in their frozen batch normalisation.
_FIRST = {"bn_epsilon": 0.0}

# name, arguments, file, MiB, name of the weights, box AP, AP of masks or keypoints, paper, recipe
_DETECTORS = (
    ("mask_rcnn_resnet50_fpn_coco", _FIRST, "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth", 169.84,
     "MaskRCNN_ResNet50_FPN_Weights.COCO_V1", 37.9, 34.6, _MASK_RCNN, "the paper's recipe"),
    ("mask_rcnn_resnet50_fpn_v2_coco", {}, "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth", 177.219,
     "MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1", 47.4, 41.8, _RECIPE_V2, "a longer recipe"),
    ("faster_rcnn_resnet50_fpn_coco", _FIRST, "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth", 159.743,
     "FasterRCNN_ResNet50_FPN_Weights.COCO_V1", 37.0, None, _FASTER_RCNN, "the paper's recipe"),
    ("faster_rcnn_resnet50_fpn_v2_coco", {}, "fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth",
     167.104, "FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1", 46.7, None, _RECIPE_V2,
     "a longer recipe"),
    ("keypoint_rcnn_resnet50_fpn_coco", _FIRST, "keypointrcnn_resnet50_fpn_coco-fc266e95.pth",
     226.054, "KeypointRCNN_ResNet50_FPN_Weights.COCO_V1", 54.6, 65.0, _MASK_RCNN,
     "the paper's recipe"),
)  # fmt: skip

# name, file, MiB, name of the weights, top-1 accuracy
_BACKBONES = (
    ("resnet18_imagenet", "resnet18-f37072fd.pth", 44.661, "ResNet18_Weights.IMAGENET1K_V1",
     69.758),
    ("resnet34_imagenet", "resnet34-b627a593.pth", 83.275, "ResNet34_Weights.IMAGENET1K_V1",
     73.314),
    ("resnet50_imagenet", "resnet50-0676ba61.pth", 97.781, "ResNet50_Weights.IMAGENET1K_V1",
     76.130),
    ("resnet50_v2_imagenet", "resnet50-11ad3fa6.pth", 97.79, "ResNet50_Weights.IMAGENET1K_V2",
     80.858),
    ("resnet101_imagenet", "resnet101-63fe2227.pth", 170.511, "ResNet101_Weights.IMAGENET1K_V1",
     77.374),
    ("resnet101_v2_imagenet", "resnet101-cd907fc2.pth", 170.53, "ResNet101_Weights.IMAGENET1K_V2",
     81.886),
    ("resnext50_32x4d_imagenet", "resnext50_32x4d-7cdf4587.pth", 95.789,
     "ResNeXt50_32X4D_Weights.IMAGENET1K_V1", 77.618),
    ("resnext50_32x4d_v2_imagenet", "resnext50_32x4d-1a0047aa.pth", 95.833,
     "ResNeXt50_32X4D_Weights.IMAGENET1K_V2", 81.198),
    ("resnext101_32x8d_imagenet", "resnext101_32x8d-8ba56ff5.pth", 339.586,
     "ResNeXt101_32X8D_Weights.IMAGENET1K_V1", 79.312),
    ("resnext101_32x8d_v2_imagenet", "resnext101_32x8d-110c445d.pth", 339.673,
     "ResNeXt101_32X8D_Weights.IMAGENET1K_V2", 82.834),
)  # fmt: skip


_KINDS = {
    "faster_rcnn": ("Faster R-CNN", None),
    "mask_rcnn": ("Mask R-CNN", "mask_ap"),
    "keypoint_rcnn": ("Keypoint R-CNN", "keypoint_ap"),
}


def records() -> list[RemotePreset]:
    """Return the presets of this family, a list of `RemotePreset`."""
    return [_detector(*row) for row in _DETECTORS] + [_backbone(*row) for row in _BACKBONES]


def _detector(name, arguments, file_name, mebibytes, weights, box_ap, further_ap, paper, recipe):
    kind = name.partition("_resnet")[0]
    title, figure = _KINDS[kind]
    published = {"box_ap": box_ap, "by": "torchvision", "on": "COCO val2017"}
    if figure is not None:
        published[figure] = further_ap
    architecture = file_name.partition("_coco-")[0]
    return RemotePreset(
        name=name,
        kind=kind,
        architecture=architecture,
        arguments=dict(arguments),
        class_names=("person",) if kind == "keypoint_rcnn" else coco.WITH_GAPS,
        paper=paper,
        description=f"{title}, ResNet-50 with a feature pyramid, {recipe}",
        published=published,
        **_file(file_name, mebibytes, weights),
    )


def _backbone(name, file_name, mebibytes, weights, top1):
    architecture = file_name.partition("-")[0]
    version = weights[-1]
    return RemotePreset(
        name=name,
        kind="backbone",
        architecture=architecture,
        paper=_RESNEXT if architecture.startswith("resnext") else _RESNET,
        description=f"{weights.partition('_Weights')[0]} trained on ImageNet-1K, recipe {version}",
        published={"top1": top1, "by": "torchvision", "on": "ImageNet-1K"},
        **_file(file_name, mebibytes, weights),
    )


def _file(file_name, mebibytes, weights):
    return {
        "family": "torchvision",
        "urls": (_ADDRESS + file_name,),
        "file_name": file_name,
        "bytes": round(mebibytes * _MEBIBYTE),
        "sha256_prefix": file_name.rpartition("-")[2].removesuffix(".pth"),
        "licence": _LICENCE,
        "source": f"torchvision, {weights}, {_PAGE}",
    }
