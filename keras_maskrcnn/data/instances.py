"""The objects of one image, their masks kept as tight crops."""

import cv2
import numpy as np

from keras_maskrcnn.data.mask_windows import tight_crop, warped_windows
from keras_maskrcnn.formats.rle import decode, encode
from keras_maskrcnn.mask_crops import box_of


class Instances:
    """The labelled objects of one image: labels, boxes and masks.

    Masks are stored cropped to their tight boxes, so 375 objects of a 1024 x 1024 image take about
    as much memory as the objects themselves and not 375 images. Boxes are never independent of
    masks: whatever changes a mask computes its box anew.

    Coordinates: boxes xyxy in pixels, (0, 0) is the outer corner of the first pixel and
    width = x2 - x1; sizes are (height, width).

    Args:
        labels: int, shape (n,). 1..K.
        boxes: shape (n, 4), the tight box of each mask, whole numbers.
        masks: list of n uint8 arrays of 0 and 1, each of shape (y2 - y1, x2 - x1) of its box.
        iscrowd: bool, shape (n,). True for a region that holds many objects not told apart; never
            trained on. Default: none is.
        image_size: (height, width) of the image.

    Attributes: the arguments, as int32, float32, list, bool and tuple of int.

    Raises:
        ValueError: the arguments disagree in length, or a mask disagrees with its box.

    Example:

    >>> square = np.zeros((1, 8, 8), bool)
    >>> square[0, 2:5, 1:7] = True
    >>> instances = Instances.from_dense(square, labels=[1])
    >>> instances.boxes.tolist(), instances.masks[0].shape, instances.areas.tolist()
    ([[1.0, 2.0, 7.0, 5.0]], (3, 6), [18])
    """

    __slots__ = ("boxes", "image_size", "iscrowd", "labels", "masks")

    def __init__(self, labels, boxes, masks, iscrowd=None, *, image_size):
        self.labels = np.asarray(labels, np.int32).reshape(-1)
        self.boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        self.masks = list(masks)
        count = len(self.labels)
        iscrowd = np.zeros(count, bool) if iscrowd is None else iscrowd
        self.iscrowd = np.asarray(iscrowd, bool).reshape(-1)
        self.image_size = (int(image_size[0]), int(image_size[1]))
        lengths = {len(self.boxes), len(self.masks), len(self.iscrowd), count}
        if len(lengths) > 1:
            raise ValueError(
                "`labels`, `boxes`, `masks` and `iscrowd` must have the same length. Received: "
                f"{count} labels, {len(self.boxes)} boxes, {len(self.masks)} masks, "
                f"{len(self.iscrowd)} iscrowd."
            )
        sides = self.boxes[:, [3, 2]] - self.boxes[:, [1, 0]]
        for i, (mask, side) in enumerate(zip(self.masks, sides.tolist(), strict=True)):
            if mask.shape != tuple(side):
                raise ValueError(
                    "`masks` must have the (height, width) of their boxes. Received: "
                    f"masks[{i}] of shape {mask.shape} for the box {self.boxes[i].tolist()}."
                )

    @classmethod
    def from_dense(cls, masks, labels, iscrowd=None):
        """Build from full-size masks.

        Args:
            masks: shape (n, H, W); every value that is not 0 belongs to the object.
            labels: int, shape (n,).
            iscrowd: bool, shape (n,); default: none is.

        Returns:
            `Instances` of image size (H, W). A mask without any pixel is dropped.
        """
        masks = np.asarray(masks)
        if masks.ndim != 3 or len(masks) != len(labels):
            raise ValueError(
                "`masks` must have shape (n, height, width) with one label each. Received: "
                f"masks of shape {masks.shape} and {len(labels)} labels."
            )
        crops = [tight_crop((mask != 0).view(np.uint8)) for mask in masks]
        return cls._from_crops(crops, labels, iscrowd, masks.shape[1:])

    @classmethod
    def from_rle(cls, rles, labels, iscrowd=None, *, image_size):
        """Build from COCO run-length masks, compressed or not, without full-size arrays.

        Args:
            rles: list of n dicts with `size` and `counts`.
            labels: int, shape (n,).
            iscrowd: bool, shape (n,); default: none is.
            image_size: (height, width).

        Returns:
            `Instances`. A mask without any pixel is dropped.

        Raises:
            ValueError: an RLE is of another size or does not add up.
        """
        for i, rle in enumerate(rles):
            if tuple(rle["size"]) != tuple(image_size):
                raise ValueError(
                    "`rles` must have the size of the image. Received: "
                    f"rles[{i}] of size {list(rle['size'])}, image_size={tuple(image_size)}."
                )
        cuts = [decode(rle) for rle in rles]
        crops = [(box_of(cut), cut[0]) for cut in cuts]
        return cls._from_crops(crops, labels, iscrowd, image_size)

    @classmethod
    def _from_crops(cls, crops, labels, iscrowd, image_size):
        """Build from (box, mask) pairs and drop the ones without a pixel."""
        labels = np.asarray(labels, np.int32).reshape(-1)
        iscrowd = np.zeros(len(labels), bool) if iscrowd is None else np.asarray(iscrowd, bool)
        kept = [i for i, (_, mask) in enumerate(crops) if mask.size]
        boxes = [crops[i][0] for i in kept]
        masks = [crops[i][1] for i in kept]
        return cls(labels[kept], boxes, masks, iscrowd[kept], image_size=image_size)

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f"Instances({len(self)} objects, image_size={self.image_size})"

    @property
    def areas(self):
        """The number of pixels of each mask, int64, shape (n,)."""
        return np.array([cv2.countNonZero(mask) for mask in self.masks], np.int64)

    def to_dense(self):
        """Return full-size masks, bool, shape (n, H, W)."""
        dense = np.zeros((len(self), *self.image_size), bool)
        for canvas, mask, (x1, y1, x2, y2) in zip(dense, self.masks, self._corners(), strict=True):
            canvas[y1:y2, x1:x2] = mask
        return dense

    def to_rle(self):
        """Return one compressed COCO RLE per object: `{"size": [H, W], "counts": str}`."""
        corners = zip(self.masks, self._corners(), strict=True)
        return [encode(mask, x, y, self.image_size) for mask, (x, y, _, _) in corners]

    def select(self, index):
        """Return the objects at `index`: a bool mask of shape (n,), integers, or a slice."""
        kept = np.arange(len(self))[index].reshape(-1)
        masks = [self.masks[i] for i in kept]
        return Instances(
            self.labels[kept],
            self.boxes[kept],
            masks,
            self.iscrowd[kept],
            image_size=self.image_size,
        )

    @classmethod
    def joined(cls, parts):
        """Return the objects of several `Instances` of the same image size, in order."""
        sizes = sorted({part.image_size for part in parts})
        if len(sizes) != 1:
            raise ValueError(f"`parts` must have one image size. Received: {sizes}.")
        return cls(
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.boxes for part in parts]),
            [mask for part in parts for mask in part.masks],
            np.concatenate([part.iscrowd for part in parts]),
            image_size=sizes[0],
        )

    def union(self):
        """Return the pixels of all objects, bool, shape (H, W)."""
        covered = np.zeros(self.image_size, bool)
        for mask, (x1, y1, x2, y2) in zip(self.masks, self._corners(), strict=True):
            covered[y1:y2, x1:x2] |= mask.view(bool)
        return covered

    def without(self, cover, min_visible=0.0):
        """Return what is left where something hides a part of the objects.

        Args:
            cover: bool, shape (H, W), True where objects are hidden.
            min_visible: an object of which less than this share is left (by area) is dropped.

        Returns:
            `Instances`; boxes computed anew, objects without a pixel dropped.
        """
        corners = self._corners()
        crops = [
            mask * ~cover[y1:y2, x1:x2]
            for mask, (x1, y1, x2, y2) in zip(self.masks, corners, strict=True)
        ]
        return self._from_windows(crops, corners, min_visible * self.areas, self.image_size)

    def remap(self, x, y):
        """Return the objects after `cv2.remap` of the image with the same maps.

        Args:
            x, y: float32, shape (H, W): the pixel index that each pixel's value comes from.

        Returns:
            `Instances`; boxes computed anew, objects without a pixel dropped.
        """
        height, width = self.image_size
        shifts = np.abs(x - np.arange(width)).max(), np.abs(y.T - np.arange(height)).max()
        margin = int(np.ceil(max(shifts))) + 1
        crops, corners = [], []
        for mask, (x1, y1, x2, y2) in zip(self.masks, self._corners(), strict=True):
            left, top = max(0, x1 - margin), max(0, y1 - margin)
            right, bottom = min(width, x2 + margin), min(height, y2 + margin)
            where = np.s_[top:bottom, left:right]
            bright = mask * np.uint8(255)
            moved = cv2.remap(bright, x[where] - x1, y[where] - y1, cv2.INTER_LINEAR)
            crops.append(cv2.threshold(moved, 127, 1, 0)[1])
            corners.append((left, top, right, bottom))
        return self._from_windows(crops, corners, np.zeros(len(self)), self.image_size)

    def _from_windows(self, crops, windows, least, image_size):
        """The objects with new masks, drawn in windows of the image, made tight.

        One with fewer pixels than its number in `least`, or none, is dropped.
        """
        kept, boxes, masks = [], [], []
        for i, (crop, (left, top, _, _)) in enumerate(zip(crops, windows, strict=True)):
            (x1, y1, x2, y2), mask = tight_crop(crop)
            if mask.size and cv2.countNonZero(mask) >= least[i]:
                kept.append(i)
                boxes.append((x1 + left, y1 + top, x2 + left, y2 + top))
                masks.append(mask)
        labels, iscrowd = self.labels[kept], self.iscrowd[kept]
        return Instances(labels, boxes, masks, iscrowd, image_size=image_size)

    def crop_masks(self, size):
        """Return each mask resized from its box to `size` x `size`.

        A side longer than `size` is averaged (pixel area), a shorter one interpolated (linear).

        Args:
            size: side of the result in cells.

        Returns:
            float32, shape (n, size, size), the share of each cell that the object covers, 0..1.
        """
        crops = np.zeros((len(self), size, size), np.float32)
        for i, mask in enumerate(self.masks):
            height, width = mask.shape
            crop = mask.astype(np.float32)
            if height > size or width > size:
                shrunk = (min(width, size), min(height, size))
                crop = cv2.resize(crop, shrunk, interpolation=cv2.INTER_AREA)
            crops[i] = cv2.resize(crop, (size, size), interpolation=cv2.INTER_LINEAR)
        return np.minimum(crops, 1, out=crops)  # rounding can exceed 1

    def warp(self, matrix, image_size, *, min_area=1, min_visible=0.0):
        """Move all objects by one affine map and cut them at the new image's border.

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
        linear, shift = matrix[:, :2], matrix[:, 2]
        windows = warped_windows(self.boxes, linear, shift, image_size)
        inside = np.flatnonzero((windows[:, 2:] > windows[:, :2]).all(axis=1))
        growth = abs(float(np.linalg.det(linear)))
        objects, windows = self.select(inside), windows[inside].tolist()
        crops = []
        for mask, box, (x1, y1, x2, y2) in zip(objects.masks, objects.boxes, windows, strict=True):
            offset = linear @ (box[:2] + 0.5) + shift - (x1 + 0.5, y1 + 0.5)
            moved = np.column_stack([linear, offset])
            warped = cv2.warpAffine(mask * np.uint8(255), moved, (x2 - x1, y2 - y1))
            crops.append(cv2.threshold(warped, 127, 1, 0)[1])
        least = np.maximum(min_area, min_visible * growth * objects.areas)
        return objects._from_windows(crops, windows, least, image_size)

    def _corners(self):
        """The boxes as lists of int."""
        return self.boxes.astype(np.int64).tolist()
