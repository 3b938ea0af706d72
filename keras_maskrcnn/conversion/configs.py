"""Configs of our classes, as Keras deserialises them, made without Keras."""

PIXEL_MEAN = (123.675, 116.28, 103.53)
PIXEL_STD = (58.395, 57.12, 57.375)


def backbone(architecture, **arguments) -> dict:
    """Config of the `ResNet` of a `BackboneArchitecture`, with further arguments of the class."""
    arguments = {
        "depth": architecture.depth,
        "groups": architecture.groups,
        "width_per_group": architecture.width_per_group,
        "in_channels": architecture.in_channels,
        **arguments,
    }
    return serialized("backbones.resnet", "ResNet", arguments)


def anchor_sizes(sizes=None) -> dict:
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
    backbone,
    image_resizer,
    anchor_generator,
    roi_align,
    image_normalization=None,
    proposal_layer=None,
    detection_layer=None,
    heads=None,
) -> dict:
    """Config of the model of a `DetectorArchitecture`: `FasterRCNN`, or that of its head.

    Args:
        architecture: `DetectorArchitecture`.
        backbone: config of the backbone.
        image_resizer, anchor_generator, roi_align, image_normalization, proposal_layer,
            detection_layer: arguments of those classes, as dicts; `roi_align` is for every head.
        heads: dict from the name of a head to what its config needs to know of the family.
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
        "backbone": backbone,
        "image_normalization": layer(
            "image_normalization",
            "ImageNormalization",
            image_normalization or {"mean": PIXEL_MEAN, "std": PIXEL_STD},
        ),
        "feature_pyramid": layer(
            "feature_pyramid",
            "FeaturePyramid",
            {"filters": a.fpn_filters, "normalization": a.normalization},
        ),
        "anchor_generator": layer("anchor_generator", "AnchorGenerator", anchor_generator),
        "rpn_head": layer("rpn_head", "RPNHead", rpn_head),
        "proposal_layer": layer("proposal_layer", "ProposalLayer", proposal_layer or {}),
        "box_roi_align": roi_align_layer("box_roi_align", 7, roi_align),
        "box_head": layer("box_head", "BoxHead", box_head),
        "detection_layer": layer("detection_layer", "DetectionLayer", detection_layer or {}),
    }
    model = ("models.faster_rcnn", "FasterRCNN")
    for head in a.heads:
        own = (heads or {}).get(head.name, {})
        config |= head.layers(a.num_classes, a.normalization, roi_align, **own)
        model = head.model
    return serialized(*model, config)


def roi_align_layer(name, output_size, arguments) -> dict:
    """Config of a `RoIAlign` of a name and a size, with further arguments of the class."""
    return layer("roi_align", "RoIAlign", {"name": name, "output_size": output_size, **arguments})


def layer(file, class_name, arguments) -> dict:
    """Config of the layer of a class, which stands in a file of `layers`."""
    return serialized(f"layers.{file}", class_name, arguments)


def serialized(module, class_name, arguments) -> dict:
    """Config of an object of a class of ours, as Keras writes it."""
    return {
        "module": f"keras_maskrcnn.{module}",
        "class_name": class_name,
        "config": arguments,
        "registered_name": f"keras_maskrcnn>{class_name}",
    }
