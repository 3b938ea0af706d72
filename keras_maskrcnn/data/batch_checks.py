"""Looking at a batch that a person made: are its numbers in the ranges that training takes?

Shapes: B images, H W padded image, C channels, G ground-truth slots, m side of masks.
"""

import numpy as np

_SHAPES = {
    "images": "BHWC",
    "image_sizes": "B2",
    "gt_boxes": "BG4",
    "gt_labels": "BG",
    "gt_masks": "BGmm",
    "proposals": "BR4",
}
_LOOKED_AT = 8  # images whose pixels and masks are looked at
_OUTSIDE = 1.0  # pixels that a box may stick out of its image, as rounding makes it


def check_batch(batch, num_classes, channels, pixels=True) -> None:
    """Raise ValueError if a batch would train something else than what was meant.

    Args:
        batch: dict of NumPy arrays as `Loader` gives them; other keys are not looked at.
        num_classes: K.
        channels: C.
        pixels: whether images shall lie in 0..255.

    Example:

    >>> import numpy as np
    >>> check_batch({"gt_labels": np.array([[1, 91]])}, num_classes=80, channels=3)
    Traceback (most recent call last):
    ...
    ValueError: `gt_labels` must be whole numbers: 1..80 ... Received: gt_labels[0, 1]=91. ...
    """
    batch = {key: batch[key] for key in _SHAPES if key in batch}
    _check_shapes(batch, {"C": channels})
    if "images" in batch:
        _check_images(batch["images"][:_LOOKED_AT], pixels)
    if {"images", "image_sizes"} <= set(batch):
        _check_sizes(batch["image_sizes"], batch["images"].shape[1:3])
    if "gt_labels" in batch:
        _check_labels(batch["gt_labels"], num_classes)
    if {"gt_boxes", "gt_labels", "image_sizes"} <= set(batch):
        _check_boxes(batch["gt_boxes"], batch["gt_labels"], batch["image_sizes"])
    if "proposals" in batch:
        _check_proposals(batch["proposals"])
    if {"gt_masks", "gt_labels", "images"} <= set(batch):
        _check_masks(batch["gt_masks"], batch["gt_labels"], batch["images"].shape[1:3])


def _check_shapes(batch, sides):
    """Raise unless equal letters stand for equal sides, and all are numbers."""
    for key, letters in _SHAPES.items():
        array = batch.get(key)
        if array is None:
            continue
        fits = len(letters) == array.ndim and array.dtype.kind in "biufV"  # V: bfloat16
        for letter, side in zip(letters, array.shape, strict=False):
            fits &= side == (int(letter) if letter.isdigit() else sides.setdefault(letter, side))
        if not fits:
            known = ", ".join(f"{letter}={sides[letter]}" for letter in letters if letter in sides)
            raise ValueError(
                f"`{key}` must be numbers of shape ({', '.join(letters)}), here with {known}. "
                f"Received: {key}.shape={array.shape}, dtype={array.dtype}. "
                "`km.data.Loader` makes such batches."
            )


def _check_images(images, pixels):
    low, high = (images.min(), images.max()) if images.size else (0, 0)
    if not np.isfinite([low, high]).all() or pixels and not (low >= 0 and high <= 255):
        advice = "Scale them to 0..255; the model's `image_normalization` does all that follows."
    elif pixels and images.dtype.kind == "f" and 0 < high <= 1:
        advice = "Type images=255 * images: the model's `image_normalization` divides."
    else:
        return
    raise ValueError(f"`images` must lie in 0..255. Received: {low:g} to {high:g}. {advice}")


def _check_sizes(sizes, canvas):
    wrong = (sizes < 1) | (sizes > np.array(canvas))
    if wrong.any():
        image = int(np.argwhere(wrong)[0, 0])
        raise ValueError(
            "`image_sizes` must hold the (height, width) of each image within the batch of "
            f"{canvas[0]} x {canvas[1]} pixels. Received: image_sizes[{image}]="
            f"{sizes[image].tolist()}. Type image_sizes[i] = image.shape[:2]."
        )


def _check_labels(labels, num_classes):
    wrong = ~((labels >= 0) & (labels <= num_classes)) | (labels != np.floor(labels))
    if wrong.any():
        place = np.argwhere(wrong)[0].tolist()
        raise ValueError(
            f"`gt_labels` must be whole numbers: 1..{num_classes} for the classes, 0 for padding "
            f"rows. Received: gt_labels{place}={labels[tuple(place)]}. Number the classes from 1 "
            "in the order of `model.class_names`."
        )


def _check_boxes(boxes, labels, sizes):
    x1, y1, x2, y2 = np.moveaxis(np.asarray(boxes, np.float64), -1, 0)
    height, width = (side[:, None] + _OUTSIDE for side in np.asarray(sizes, np.float64).T)
    has_area = (x2 > x1) & (y2 > y1) & np.isfinite(boxes).all(axis=-1)
    inside = (x1 >= -_OUTSIDE) & (y1 >= -_OUTSIDE) & (x2 <= width) & (y2 <= height)
    objects = labels > 0
    if objects.any() and np.abs(boxes[objects]).max() <= 1:
        wrong, advice = objects, "Multiply x by the image's width and y by its height"
    elif (wrong := objects & ~has_area).any():
        advice = "Boxes are x1, y1, x2, y2, not x, y, width, height; leave out those without area"
    elif (wrong := objects & ~inside).any():
        advice = "Clip it to the image, and scale boxes as the image was scaled"
    elif (wrong := ~objects & has_area).any():
        advice = "Its label is 0, which is padding: labels count from 1; of padding the box is 0"
    else:
        return
    image, slot = np.argwhere(wrong)[0].tolist()
    raise ValueError(
        "`gt_boxes` must hold x1, y1, x2, y2 in pixels, within the image and with an area, in the "
        f"rows whose label is above 0. Received: gt_boxes[{image}, {slot}]="
        f"{boxes[image, slot].tolist()} with gt_labels[{image}, {slot}]={labels[image, slot]} and "
        f"image_sizes[{image}]={np.asarray(sizes[image]).tolist()}. {advice}."
    )


def _check_proposals(boxes):
    has_area = (boxes[..., 2:] > boxes[..., :2]).all(axis=-1)
    finite = np.isfinite(boxes).all(axis=-1)
    if not finite.all():
        wrong, advice = ~finite, "Leave out what is not finite"
    elif not has_area.any():
        wrong, advice = ~has_area, "None has an area: boxes are no x, y, width, height"
    elif boxes.max() <= 1:
        wrong, advice = has_area, "Multiply x by the image's width and y by its height"
    else:
        return
    image, row = np.argwhere(wrong)[0].tolist()
    raise ValueError(
        "`proposals` must hold x1, y1, x2, y2 in pixels of the images, 0 in padding rows. "
        f"Received: proposals[{image}, {row}]={boxes[image, row].tolist()}. {advice}."
    )


def _check_masks(masks, labels, canvas):
    if masks.shape[2:] == tuple(canvas):
        raise ValueError(
            "`gt_masks` must be cropped to their boxes and resized to one side m, such as 56. "
            f"Received: gt_masks.shape={masks.shape}, as large as the images. "
            "`km.data.Loader` crops them."
        )
    shown = masks[:_LOOKED_AT][labels[:_LOOKED_AT] > 0]
    low, high = (shown.min(), shown.max()) if shown.size else (0, 0)
    if not (low >= 0 and high <= 1):
        raise ValueError(
            f"`gt_masks` must be 0 or 1. Received: {low:g} to {high:g}. "
            "Type gt_masks=(gt_masks > 0).astype('uint8')."
        )
