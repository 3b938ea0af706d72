"""The objects of one image, their masks kept as tight crops."""

import numpy as np

from keras_maskrcnn.data import instance_checks as checks
from keras_maskrcnn.data import moving_boxes, moving_masks, semantic_maps
from keras_maskrcnn.data.fields import (
    as_fields,
    hide_fields,
    join_fields,
    remap_field,
    select_fields,
    warp_field,
)
from keras_maskrcnn.formats.rle import decode, encode
from keras_maskrcnn.mask_crops import box_of, gridded, tight


class Instances:
    """The labelled objects of one image: labels, boxes, masks where there are any, and fields.

    Masks are stored cropped to their tight boxes, so 375 objects of a 1024 x 1024 image take about
    as much memory as the objects themselves and not 375 images. The box of an object with a mask is
    never independent of it: whatever changes the mask computes the box anew. An object without one
    has a box of its own, at sub-pixel places, which is moved by geometry.

    Coordinates: boxes xyxy in pixels, (0, 0) is the outer corner of the first pixel and
    width = x2 - x1; sizes are (height, width).

    Args:
        labels: int, shape (n,). 1..K.
        boxes: shape (n, 4); of an object with a mask the mask's tight box, whole numbers.
        masks: list of n uint8 arrays of 0 and 1, each of shape (y2 - y1, x2 - x1) of its box, or
            None for an object that has only a box. Default: none has a mask.
        iscrowd: bool, shape (n,). True for a region that holds many objects not told apart; never
            trained on. Default: none is.
        fields: dict from a name to further values of the objects, which ride along: an array of n
            rows, or a `Field` that moves with the image; one that is `of_image` has rows of its
            own. Default: none.
        image_size: (height, width) of the image.
        semantic: a class for each pixel of the image, the objects' or not, shape (H, W), 255 where
            nothing is known (`keras_maskrcnn.semantics.IGNORED`). Moves with the image. Default:
            None.

    Attributes: the arguments, as int32, float32, list, bool, dict, tuple of int and uint8.

    Raises:
        ValueError: the arguments disagree in length, a mask disagrees with its box, or a box
            without a mask has no area.

    Example:

    >>> square = np.zeros((1, 8, 8), bool)
    >>> square[0, 2:5, 1:7] = True
    >>> instances = Instances.from_dense(square, labels=[1])
    >>> instances.boxes.tolist(), instances.masks[0].shape, instances.areas.tolist()
    ([[1.0, 2.0, 7.0, 5.0]], (3, 6), [18])
    >>> boxes = Instances([1, 2], [[0.5, 1, 4, 3], [2, 2, 8, 8]], image_size=(8, 8))
    >>> boxes.has_masks.tolist(), boxes.areas.tolist()
    ([False, False], [7.0, 36.0])
    """

    __slots__ = ("boxes", "fields", "image_size", "iscrowd", "labels", "masks", "semantic")

    def __init__(
        self, labels, boxes, masks=None, iscrowd=None, fields=None, *, image_size, semantic=None
    ):
        self.labels = np.asarray(labels, np.int32).reshape(-1)
        self.boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        count = len(self.labels)
        self.masks = [None] * count if masks is None else list(masks)
        iscrowd = np.zeros(count, bool) if iscrowd is None else iscrowd
        self.iscrowd = np.asarray(iscrowd, bool).reshape(-1)
        self.image_size = (int(image_size[0]), int(image_size[1]))
        checks.check_lengths(self.labels, self.boxes, self.masks, self.iscrowd)
        checks.check_boxes(self.boxes, self.masks)
        self.fields = as_fields(fields, count)
        self.semantic = semantic_maps.as_map(semantic, self.image_size)

    @classmethod
    def from_dense(cls, masks, labels, iscrowd=None, fields=None) -> "Instances":
        """Build from full-size masks; one without any pixel is dropped.

        Args:
            masks: shape (n, H, W); every value that is not 0 belongs to the object.
            labels, iscrowd, fields: of n rows, see the class.

        Returns:
            `Instances` of image size (H, W).
        """
        masks = np.asarray(masks)
        checks.check_dense(masks, labels)
        cuts = [tight(mask) for mask in masks]
        return cls._from_cuts(cuts, labels, iscrowd, fields, masks.shape[1:])

    @classmethod
    def from_rle(cls, rles, labels, iscrowd=None, fields=None, *, image_size) -> "Instances":
        """Build from COCO run-length masks, compressed or not, without full-size arrays.

        One without any pixel is dropped.

        Args:
            rles: list of n dicts with `size` and `counts`.
            labels, iscrowd, fields: of n rows, see the class.
            image_size: (height, width).

        Raises:
            ValueError: an RLE is of another size or does not add up.
        """
        checks.check_rle_sizes(rles, image_size)
        cuts = [decode(rle) for rle in rles]
        return cls._from_cuts(cuts, labels, iscrowd, fields, image_size)

    @classmethod
    def _from_cuts(cls, cuts, labels, iscrowd, fields, image_size) -> "Instances":
        """Build from cut masks `(crop, x, y)` and drop the ones without a pixel."""
        labels = np.asarray(labels, np.int32).reshape(-1)
        iscrowd = np.zeros(len(labels), bool) if iscrowd is None else np.asarray(iscrowd, bool)
        kept = [i for i, (crop, _, _) in enumerate(cuts) if crop.size]
        boxes, masks = [box_of(cuts[i]) for i in kept], [cuts[i][0] for i in kept]
        fields = select_fields(as_fields(fields, len(labels)), np.array(kept, np.int64))
        return cls(labels[kept], boxes, masks, iscrowd[kept], fields, image_size=image_size)

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f"Instances({len(self)} objects, image_size={self.image_size})"

    @property
    def has_masks(self) -> np.ndarray:
        """Which objects have a mask and not only a box, bool, shape (n,)."""
        return np.array([mask is not None for mask in self.masks], bool)

    @property
    def areas(self) -> np.ndarray:
        """The area of each object: the pixels of its mask, or of its box if it has none.

        Shape (n,); int64 if all have masks, else float64.
        """
        has_masks = self.has_masks
        if has_masks.all():
            return moving_masks.pixel_counts(self.masks)
        areas = moving_boxes.box_areas(self.boxes.astype(np.float64))
        areas[has_masks] = moving_masks.pixel_counts(
            [mask for mask in self.masks if mask is not None]
        )
        return areas

    def to_dense(self) -> np.ndarray:
        """Return full-size masks, bool, shape (n, H, W); ValueError if an object has none."""
        checks.check_all_have_masks(self.has_masks, "to_dense")
        dense = np.zeros((len(self), *self.image_size), bool)
        for canvas, mask, (x1, y1, x2, y2) in zip(dense, self.masks, self._corners(), strict=True):
            canvas[y1:y2, x1:x2] = mask
        return dense

    def to_rle(self) -> list:
        """Return one compressed COCO RLE per object, `{"size": [H, W], "counts": str}`.

        None for an object that has only a box.
        """
        return [
            None if mask is None else encode(mask, x, y, self.image_size)
            for mask, (x, y, _, _) in zip(self.masks, self._corners(), strict=True)
        ]

    def select(self, index) -> "Instances":
        """Return the objects at `index`: a bool mask of shape (n,), integers, or a slice."""
        kept = np.arange(len(self))[index].reshape(-1)
        boxes, masks = self.boxes[kept], [self.masks[i] for i in kept]
        fields = select_fields(self.fields, kept)
        arrays = self.labels[kept], boxes, masks, self.iscrowd[kept], fields
        return Instances(*arrays, image_size=self.image_size, semantic=self.semantic)

    @classmethod
    def joined(cls, parts) -> "Instances":
        """Return the objects of several `Instances` of the same image size, in order.

        Of their semantic maps, each pixel has the first class that is known.

        Raises:
            ValueError: the parts differ in image size, or one with objects lacks a field.
        """
        sizes = sorted({part.image_size for part in parts})
        if len(sizes) != 1:
            raise ValueError(f"`parts` must have one image size. Received: {sizes}.")
        return cls(
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.boxes for part in parts]),
            [mask for part in parts for mask in part.masks],
            np.concatenate([part.iscrowd for part in parts]),
            join_fields(parts),
            image_size=sizes[0],
            semantic=semantic_maps.join_maps([part.semantic for part in parts]),
        )

    def union(self) -> np.ndarray:
        """Return the pixels of all objects, bool, shape (H, W).

        Of an object that has only a box, all pixels that the box touches.
        """
        covered = np.zeros(self.image_size, bool)
        for mask, (x1, y1, x2, y2) in zip(self.masks, self._corners(), strict=True):
            covered[y1:y2, x1:x2] |= True if mask is None else mask.view(bool)
        return covered

    def without(self, cover, min_visible=0.0) -> "Instances":
        """Return what is left where something hides a part of the objects.

        Masks lose the hidden pixels. A box without a mask shrinks to what is seen of it: one of
        which a whole side is hidden becomes shorter, one with a hole in the middle stays.

        Args:
            cover: bool, shape (H, W), True where objects are hidden.
            min_visible: an object of which less than this share is left (by area) is dropped.

        Returns:
            `Instances`; boxes computed anew, objects without a pixel dropped, fields told.
        """
        return self._moved(
            lambda boxes, masks: moving_masks.hide_masks(boxes, masks, cover, min_visible),
            lambda boxes: moving_boxes.hide_boxes(boxes, cover, min_visible),
            lambda field: field.hidden(cover),
            lambda semantic: semantic_maps.hide_map(semantic, cover),
            self.image_size,
        )

    def on_other_ground(self) -> "Instances":
        """Return the objects after all of the image that is none of them was replaced.

        Fields are told that there nothing is to be seen, and the semantic map is ignored there.
        """
        beside = ~self.union()
        return self.with_fields(hide_fields(self.fields, beside)).with_semantic(
            semantic_maps.hide_map(self.semantic, beside)
        )

    def with_fields(self, fields) -> "Instances":
        """Return the same objects with these fields in place of theirs."""
        arrays = self.labels, self.boxes, self.masks, self.iscrowd, fields
        return Instances(*arrays, image_size=self.image_size, semantic=self.semantic)

    def with_semantic(self, semantic) -> "Instances":
        """Return the same objects with this semantic map, shape (H, W), or None."""
        arrays = self.labels, self.boxes, self.masks, self.iscrowd, self.fields
        return Instances(*arrays, image_size=self.image_size, semantic=semantic)

    def remap(self, x, y) -> "Instances":
        """Return the objects after `cv2.remap` of the image with the same maps.

        A box without a mask becomes the one around its moved outline, of which 9 points a side are
        followed.

        Args:
            x, y: float32, shape (H, W): the pixel index that each pixel's value comes from.

        Returns:
            `Instances`; boxes computed anew, objects without a pixel dropped.
        """
        return self._moved(
            lambda boxes, masks: moving_masks.remap_masks(boxes, masks, x, y),
            lambda boxes: moving_boxes.remap_boxes(boxes, x, y),
            lambda field: remap_field(field, x, y),
            lambda semantic: semantic_maps.remap_map(semantic, x, y),
            self.image_size,
        )

    def crop_masks(self, size) -> np.ndarray:
        """Return each mask resized from its box to `size` x `size`.

        A side longer than `size` is averaged (pixel area), a shorter one interpolated (linear).

        Returns:
            float32, shape (n, size, size), the share of each cell that the object covers, 0..1;
            ValueError if an object has no mask.
        """
        checks.check_all_have_masks(self.has_masks, "crop_masks")
        grids = [gridded(mask, size) for mask in self.masks]
        return np.array(grids, np.float32).reshape(-1, size, size)

    def warp(self, matrix, image_size, *, min_area=1, min_visible=0.0) -> "Instances":
        """Move all objects by one affine map and cut them at the new image's border.

        A box without a mask becomes the one around its four moved corners: a turn makes it larger.

        Args:
            matrix: shape (2, 3), from old to new pixel-edge coordinates:
                `[x', y'] = matrix @ [x, y, 1]`. A scale by 2 is `[[2, 0, 0], [0, 2, 0]]`; a
                horizontal flip of an image of width w is `[[-1, 0, w], [0, 1, 0]]`.
            image_size: (height, width) of the new image.
            min_area: an object with fewer pixels left is dropped.
            min_visible: an object of which less than this share is left (by area) is dropped.

        Returns:
            `Instances` of the new image; boxes computed from the warped masks.

        Example:

        >>> instances = Instances.from_dense(np.ones((1, 2, 4)), [1])
        >>> instances.warp([[2, 0, -3], [0, 2, 0]], (4, 4)).boxes.tolist()
        [[0.0, 0.0, 4.0, 4.0]]
        """
        matrix = np.asarray(matrix, np.float64).reshape(2, 3)
        limits = (image_size, min_area, min_visible)
        return self._moved(
            lambda boxes, masks: moving_masks.warp_masks(boxes, masks, matrix, *limits),
            lambda boxes: moving_boxes.warp_boxes(boxes, matrix, *limits),
            lambda field: warp_field(field, matrix, image_size),
            lambda semantic: semantic_maps.warp_map(semantic, matrix, image_size),
            image_size,
        )

    def _moved(self, move_masks, move_boxes, move_field, move_map, image_size):
        """Return all after moves: of what has a mask, of what has a box only, fields, the map."""
        moved = moving_masks.move_each(self, move_masks, move_boxes)
        kept = np.array([i for i, pair in enumerate(moved) if pair is not None], np.int64)
        boxes, masks = [moved[i][0] for i in kept], [moved[i][1] for i in kept]
        fields = select_fields(self.fields, kept, move_field)
        arrays = self.labels[kept], boxes, masks, self.iscrowd[kept], fields
        return Instances(*arrays, image_size=image_size, semantic=move_map(self.semantic))

    def _corners(self):
        """Return the boxes as lists of int, around the whole of each."""
        low, high = np.floor(self.boxes[:, :2]), np.ceil(self.boxes[:, 2:])
        return np.maximum(np.hstack([low, high]), 0).astype(np.int64).tolist()
