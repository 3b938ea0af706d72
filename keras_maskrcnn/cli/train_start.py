"""What `maskrcnn train` begins with: a detector that is a preset, or a backbone alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_maskrcnn.cli.detection import check_detectors
from keras_maskrcnn.wording import listed

if TYPE_CHECKING:
    from keras_maskrcnn.models import FasterRCNN

BACKBONE = "efficientnet_lite0_imagenet"  # comes along


def check_start(args) -> None:
    """Set `args.backbone` if nothing is said, and refuse what cannot be begun with.

    Raises:
        FileNotFoundError, ValueError: for an unknown preset, a backbone as `--preset`, a detector
            as `--backbone`, or both options.
    """
    from keras_maskrcnn import presets

    if args.preset and args.backbone:
        raise ValueError(
            "`--preset` and `--backbone` must go without each other: a detector has a backbone."
        )
    if args.preset:
        check_detectors([args.preset], trained=False)
        return
    args.backbone = args.backbone or BACKBONE
    if (kind := presets.kind(args.backbone)) != "backbone":
        raise ValueError(
            f"`--backbone` must be a backbone. Received: {args.backbone!r}, a {kind}. "
            f"Type --preset {args.backbone}."
        )


def known_classes(args) -> list[str]:
    """Return the classes of the preset; a backbone has none."""
    from keras_maskrcnn import presets

    return presets.load_metadata(args.preset)["class_names"] if args.preset else []


def make_model(args, source) -> FasterRCNN:
    """Return the model to train, for the classes of a `Source`.

    On a backbone it has what the data have: boxes, masks if there are any, keypoints if there are.
    """
    if args.preset:
        return _from_preset(args, source.class_names)
    from keras_maskrcnn.models import FasterRCNN, KeypointRCNN, MaskRCNN

    found = source.describe()
    masks = found.get("objects_without_masks", 0) < found["objects"]
    keypoints = any(found.get("keypoints", {}).values())
    kind = MaskRCNN if masks else KeypointRCNN if keypoints else FasterRCNN
    name = kind.__name__ + (" with keypoints" if masks and keypoints else "")
    print(f"start: {args.backbone} and a new {name}", flush=True)
    return kind.from_backbone(
        args.backbone,
        source.class_names,
        load_weights=not args.from_scratch,
        **({"keypoints": source.skeleton} if keypoints else {}),
        **({"dtype": args.dtype} if args.dtype else {}),
    )


def _from_preset(args, class_names):
    from keras_maskrcnn import transfer
    from keras_maskrcnn.models import FasterRCNN

    model = FasterRCNN.from_preset(
        args.preset, load_weights=not args.from_scratch, dtype=args.dtype
    )
    if tuple(model.class_names) != tuple(class_names):
        print(
            f"classes: {listed(model.class_names)} of the preset are replaced by "
            f"{listed(class_names)}; the last layers of the heads start anew",
            flush=True,
        )
        model = transfer.replace_heads(model, class_names=class_names)
    return model
