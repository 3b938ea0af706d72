"""Configs of our classes, as Keras deserialises them, made without Keras."""

PIXEL_MEAN = (123.675, 116.28, 103.53)
PIXEL_STD = (58.395, 57.12, 57.375)


def trunk(architecture, **arguments):
    """Config of the `ResNet` of a `Trunk`, with further arguments of the class."""
    arguments = {
        "depth": architecture.depth,
        "groups": architecture.groups,
        "width_per_group": architecture.width_per_group,
        "in_channels": architecture.in_channels,
        **arguments,
    }
    return _serialized("backbones.resnet", "ResNet", arguments)


def anchor_sizes(sizes=None):
    """Sizes of the `AnchorGenerator`, one for each of the five levels."""
    sizes = sizes or (32, 64, 128, 256, 512)
    if len(sizes) != 5 or not all(size > 0 for size in sizes):
        raise ValueError(
            "`anchor_sizes` must be five numbers of pixels, for 'P2' to 'P6'. "
            f"Received: anchor_sizes={tuple(sizes)}."
        )
    return {f"P{level}": [float(size)] for level, size in enumerate(sizes, start=2)}


def detector(
    architecture,
    *,
    trunk,
    image_resizer,
    anchor_generator,
    roi_align,
    image_normalization=None,
    proposal_layer=None,
    detection_layer=None,
):
    """Config of the `MaskRCNN` or `FasterRCNN` of a `Detector`.

    Args:
        architecture: `Detector`.
        trunk: config of the backbone.
        image_resizer, anchor_generator, roi_align, image_normalization, proposal_layer,
            detection_layer: arguments of those classes, as dicts; `roi_align` is for both heads.
    """
    a = architecture
    rpn_head = {
        "anchors_per_cell": a.anchors_per_cell,
        "filters": a.rpn_filters,
        "num_convs": a.rpn_convs,
    }
    box_head = {
        "num_classes": a.num_classes,
        "dense_dims": a.dense_dims,
        "conv_dims": a.box_convs,
        "normalization": a.normalization,
    }
    config = {
        "num_classes": a.num_classes,
        "image_resizer": image_resizer,
        "backbone": trunk,
        "image_normalization": _layer(
            "ImageNormalization", image_normalization or {"mean": PIXEL_MEAN, "std": PIXEL_STD}
        ),
        "feature_pyramid": _layer(
            "FeaturePyramid", {"filters": a.fpn_filters, "normalization": a.normalization}
        ),
        "anchor_generator": _layer("AnchorGenerator", anchor_generator),
        "rpn_head": _layer("RPNHead", rpn_head),
        "proposal_layer": _layer("ProposalLayer", proposal_layer or {}),
        "box_roi_align": _roi_align("box_roi_align", 7, roi_align),
        "box_head": _layer("BoxHead", box_head),
        "detection_layer": _layer("DetectionLayer", detection_layer or {}),
    }
    if a.mask_convs is None:
        return _serialized("models.faster_rcnn", "FasterRCNN", config)
    config["mask_roi_align"] = _roi_align("mask_roi_align", 14, roi_align)
    config["mask_head"] = _mask_head(a)
    return _serialized("models.mask_rcnn", "MaskRCNN", config)


def _roi_align(name, output_size, arguments):
    return _layer("RoIAlign", {"name": name, "output_size": output_size, **arguments})


def _mask_head(architecture):
    arguments = {
        "num_classes": architecture.num_classes,
        "conv_dims": architecture.mask_convs,
        "deconv_dim": architecture.deconv_dim,
        "normalization": architecture.normalization,
    }
    return _layer("MaskHead", arguments)


FILES = {
    "AnchorGenerator": "anchor_generator",
    "BoxHead": "box_head",
    "DetectionLayer": "detection_layer",
    "FeaturePyramid": "feature_pyramid",
    "ImageNormalization": "image_normalization",
    "MaskHead": "mask_head",
    "ProposalLayer": "proposal_layer",
    "RPNHead": "rpn_head",
    "RoIAlign": "roi_align",
}


def _layer(class_name, arguments):
    return _serialized(f"layers.{FILES[class_name]}", class_name, arguments)


def _serialized(module, class_name, arguments):
    return {
        "module": f"keras_maskrcnn.{module}",
        "class_name": class_name,
        "config": arguments,
        "registered_name": f"keras_maskrcnn>{class_name}",
    }
