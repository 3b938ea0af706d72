"""What a batch holds beside its images: the objects, in as many rows as the batch has slots."""

import numpy as np

from keras_maskrcnn.data.fields import field_arrays, is_of_image
from keras_maskrcnn.data.proposals import NAME as PROPOSALS
from keras_maskrcnn.data.proposals import proposals_of
from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.semantics import IGNORED
from keras_maskrcnn.wording import closest, counted, listed

BOXES = ("gt_boxes", "gt_labels")
MASKS = "gt_masks"
SEMANTIC = "gt_semantic"
_LOOKED_AT = 8  # images, for one with objects that tell whether they have masks


def keys_of(source) -> tuple[str, ...]:
    """Return the keys of a batch if nobody says: boxes and labels, and masks if there are any.

    As the source knows; else the first image with objects shows it.
    """
    lacking = source.lacks_masks()
    if lacking is not None:
        return BOXES if any(lacking) else (*BOXES, MASKS)
    for index in range(min(_LOOKED_AT, len(source))):
        instances = source[index].instances
        if len(instances):
            return (*BOXES, MASKS) if instances.has_masks.all() else BOXES
    return (*BOXES, MASKS)


def check_source(source, keys) -> None:
    """Raise DatasetError if the source knows that it lacks the masks or maps asked for."""
    if SEMANTIC in keys and not source.semantic_names:
        raise DatasetError(
            f"The images have no semantic maps, but they are asked for ('{SEMANTIC}'). Type "
            "km.data.SemanticOfObjects(source) for maps made of the masks of its objects."
        )
    lacking = source.lacks_masks() if MASKS in keys else None
    for index, numbers in enumerate(lacking or ()):
        if numbers:
            raise _no_masks(source.file_name(index), numbers, "")


def check_sample(sample, keys) -> None:
    """Raise DatasetError if masks are asked for and an object, no crowd, has none."""
    instances = sample.instances
    if MASKS not in keys or instances.has_masks.all():
        return
    numbers = (np.flatnonzero(~instances.has_masks & ~instances.iscrowd) + 1).tolist()
    if numbers:
        raise _no_masks(sample.file_name, numbers, f" of {len(instances)}")


def _no_masks(file_name, numbers, of_all):
    """Return the error for an image with objects that have only a box."""
    return DatasetError(
        f"Image '{file_name}' has {counted(len(numbers), 'object')}{of_all} without a mask, "
        f"only with a box (number {listed(numbers)}), but masks are asked for ('{MASKS}'). Train "
        "km.FasterRCNN, which needs boxes only, or outline them. A Loader without a model takes "
        f"ground_truth={BOXES}."
    )


def stack_ground_truth(samples, keys, slots, mask_size, canvas, proposals) -> dict:
    """Return what is known of the samples of a batch as arrays, by the keys asked for.

    Args:
        samples: list of `Sample`, each of at most `slots` objects.
        keys: of the arrays, in the order wanted.
        slots: rows of each array of objects.
        mask_size: side of masks.
        canvas: (height, width) of semantic maps.
        proposals: rows of what is of the image and not of its objects.

    Raises:
        DatasetError: objects lack what is asked for.
    """
    rows = [_rows(sample.instances, keys, slots, mask_size, proposals) for sample in samples]
    if SEMANTIC in keys:
        for sample, row in zip(samples, rows, strict=True):
            row[SEMANTIC] = _padded_map(sample.instances, canvas)
    known = {key: array for row in rows for key, array in row.items()}
    for sample, row in zip(samples, rows, strict=True):
        for key in keys:
            if key not in row:
                if key == PROPOSALS:
                    proposals_of(sample)  # which says that there are none
                if key not in known or len(sample.instances):
                    raise _unknown(sample, key, {**known, **row})
                row[key] = np.zeros_like(known[key])  # an image without objects, or fields
    return {key: np.stack([row[key] for row in rows]) for key in keys}


def _padded_map(instances, canvas):
    """Return the semantic map in the top left corner of the canvas, which is ignored elsewhere."""
    padded = np.full(canvas, IGNORED, np.uint8)
    if instances.semantic is not None:
        height, width = instances.image_size
        padded[:height, :width] = instances.semantic
    return padded


def _rows(instances, keys, slots, mask_size, proposals):
    """Return the arrays of one image, of the keys that are asked for and there."""
    found = len(instances)
    boxes = np.zeros((slots, 4), np.float32)
    boxes[:found] = instances.boxes
    labels = np.zeros(slots, np.int32)
    labels[:found] = instances.labels
    rows = {"gt_boxes": boxes, "gt_labels": labels}
    if MASKS in keys:
        rows[MASKS] = np.zeros((slots, mask_size, mask_size), np.uint8)
        rows[MASKS][:found] = instances.crop_masks(mask_size) >= 0.5
    if not set(keys) <= {*rows, SEMANTIC}:
        for name, field in instances.fields.items():
            rows |= field_arrays(name, field, proposals if is_of_image(field) else slots)
    return rows


def _unknown(sample, key, known):
    """Return the error for a key that an image's objects do not have."""
    keys = sorted({*known, *BOXES})
    return DatasetError(
        f"The objects of '{sample.file_name}' have nothing for '{key}', which is asked for: they "
        f"have {listed(keys)}.{closest(key, keys)} Give them a field of that name, see `Instances`."
    )
