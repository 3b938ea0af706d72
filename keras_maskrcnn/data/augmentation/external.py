"""Augmentations of other libraries."""

import threading

import numpy as np

from keras_maskrcnn.data.augmentation.kinds import Joint
from keras_maskrcnn.data.fields import Field, remap_field, select_fields
from keras_maskrcnn.data.instances import Instances
from keras_maskrcnn.data.semantic_maps import remap_map


class External(Joint):
    """A callable of another library, called as `function(image=image, masks=[mask, ...])`.

    That is how albumentations' transforms are called. It returns a dict with `image`, uint8 of any
    size, and `masks`, as many and in the same order, of the image's size; what lost its last pixel
    is dropped, and boxes are those of the masks. `make_augmentations` puts callables into it.

    An object that has only a box is handed over as a rectangle of whole pixels, and its new box is
    the one around what comes back. If the objects have a `Field`, or the image a semantic map,
    three masks more are handed over, float32, that hold where each pixel comes from; the function
    must move them as it moves masks, without a change of dtype.

    Args:
        function: the callable. If it has a method `set_random_seed`, it is called with a number of
            ours before, so that the same seed gives the same result; without one, randomness is
            the function's own affair. It is called by one thread at a time.
        probability: share of the samples that are changed. Default 1.

    Raises:
        ValueError: the function returns something else.
    """

    def __init__(self, function, probability=1.0):
        super().__init__(probability)
        self.function = function
        self._lock = threading.Lock()

    def __getstate__(self):
        return {"function": self.function, "probability": self.probability}

    def __setstate__(self, state):
        self.__init__(**state)

    def change_both(self, rng, image, instances) -> tuple[np.ndarray, Instances]:
        """Return what the function makes of image and objects."""
        masks = list(_with_rectangles(instances).to_dense().astype(np.uint8))
        moving = [
            f"the field '{key}'" for key, one in instances.fields.items() if isinstance(one, Field)
        ]
        if instances.semantic is not None:
            moving.append("the semantic map")
        maps = _coordinates(*image.shape[:2]) if moving else []
        seed = int(rng.integers(2**31))
        with self._lock:
            if hasattr(self.function, "set_random_seed"):
                self.function.set_random_seed(seed)
            found = self.function(image=image, masks=masks + maps)
        image, masks = np.asarray(found["image"]), [np.asarray(mask) for mask in found["masks"]]
        _check_answer(image, masks, len(instances), len(maps))
        maps = masks[len(instances) :]
        if any(one.dtype != np.float32 for one in maps):
            raise ValueError(
                f"`function` must keep the dtype of float32 masks to move {moving[0]}. "
                f"Received: {maps[0].dtype}. Use the package's own augmentations."
            )
        return image, _found(instances, masks[: len(instances)], maps, image.shape[:2])


def _with_rectangles(instances):
    """Return the objects, those without a mask as rectangles of at least one pixel."""
    masks, boxes = list(instances.masks), instances.boxes.copy()
    limits = np.array(instances.image_size[::-1])
    for i in np.flatnonzero(~instances.has_masks):
        low = np.clip(np.floor(boxes[i, :2] + 0.5), 0, limits - 1).astype(int)
        high = np.clip(np.floor(boxes[i, 2:] + 0.5), low + 1, limits).astype(int)
        boxes[i] = (*low, *high)
        masks[i] = np.ones((high - low)[::-1], np.uint8)
    return Instances(instances.labels, boxes, masks, image_size=instances.image_size)


def _coordinates(height, width):
    """Each pixel's column, row, and that it is one of the image, float32."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return [columns, rows, np.ones((height, width), np.float32)]


def _check_answer(image, masks, objects, maps):
    """ValueError unless there is an image and as many masks of its size as were handed over."""
    shapes = {mask.shape for mask in masks} | {image.shape[:2]}
    if len(masks) != objects + maps or len(shapes) > 1 or image.dtype != np.uint8:
        raise ValueError(
            "`function` must return a uint8 image and one mask of its size for each object, in "
            f"order. Received: image of {image.dtype} and shape {image.shape}, "
            f"{len(masks) - maps} masks of shapes {sorted({mask.shape for mask in masks})} for "
            f"{objects} objects."
        )


def _found(instances, masks, maps, size):
    """Return the objects with new masks; those that had only a box have the one around them."""
    dense, rows = np.array(masks).reshape(-1, *size), {"row": np.arange(len(instances))}
    found = Instances.from_dense(dense, instances.labels, instances.iscrowd, rows)
    rows = found.fields["row"]
    has_masks = instances.has_masks[rows]
    masks = [mask if has else None for mask, has in zip(found.masks, has_masks, strict=True)]
    semantic = None
    if maps:
        x, y, inside = maps
        x, y = (np.where(np.abs(inside - 1) < 1e-3, one, np.nan) for one in (x, y))
        fields = select_fields(instances.fields, rows, lambda field: remap_field(field, x, y))
        semantic = remap_map(instances.semantic, x, y)
    else:
        fields = select_fields(instances.fields, rows)
    arrays = found.labels, found.boxes, masks, found.iscrowd, fields
    return Instances(*arrays, image_size=size, semantic=semantic)
