"""What a person holds after `detect`: the objects found in one image, in its own pixels."""

from __future__ import annotations

import numpy as np

from keras_maskrcnn.detections.checks import check_arrays
from keras_maskrcnn.detections.masks import masks_of
from keras_maskrcnn.detections.readers import Readers
from keras_maskrcnn.detections.selection import kept
from keras_maskrcnn.detections.writers import Writers
from keras_maskrcnn.drawing import draw_instances


class Detections(Writers, Readers):
    """The objects found in one image, best score first.

    Masks stay as the network gives them, one small grid of probabilities per object, and are pasted
    into the image when asked for. Pasting samples the grid at the centre of every pixel, bilinearly
    and with zeros outside the grid, and keeps pixels of at least 0.5: Detectron2's rule. It costs
    the pixels of the object's own box, not those of the image. Detections read from a file, by the
    class methods `from_...`, hold the pixels of their masks instead.

    Coordinates:
        Boxes are (x1, y1, x2, y2) in pixels of the original image; (0, 0) is the outer corner of
        its first pixel and the width is x2 - x1.

    Args:
        boxes: (n, 4) float, finite. Rows are put in the order of falling score.
        labels: (n,) int in 1..K; label k is `class_names[k - 1]`.
        scores: (n,) float in 0..1.
        mask_probabilities: (n, m, m) float in 0..1, of each object's own class within its box, or
            None for a model without a mask head.
        class_names: the K names, without background.
        image_size: (height, width) of the original image.

    Raises:
        ValueError: a shape does not fit, a box is not finite, a label has no class name.

    Example:

    >>> import numpy as np
    >>> found = Detections([[2, 1, 6, 3]], [1], [0.9], np.ones((1, 28, 28)), ["cell"], (4, 8))
    >>> found
    <Detections: 1 object in 4 x 8 pixels: cell 0.90>
    >>> found.masks[0].astype(int)
    array([[0, 0, 0, 0, 0, 0, 0, 0],
           [0, 0, 1, 1, 1, 1, 0, 0],
           [0, 0, 1, 1, 1, 1, 0, 0],
           [0, 0, 0, 0, 0, 0, 0, 0]])
    >>> found.to_coco(image_id=7)[0]["bbox"]
    [2.0, 1.0, 4.0, 2.0]
    """

    def __init__(self, boxes, labels, scores, mask_probabilities, class_names, image_size):
        self.class_names = tuple(class_names)
        self.image_size = (int(image_size[0]), int(image_size[1]))
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        scores = np.asarray(scores, np.float32)
        labels = np.asarray(labels, np.int32)
        masks = masks_of(mask_probabilities)
        check_arrays(boxes, labels, scores, masks, len(self.class_names))
        order = np.argsort(-scores, kind="stable")
        self.boxes, self.labels, self.scores = boxes[order], labels[order], scores[order]
        self._masks = masks[order]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index) -> Detections:
        """The detections of an integer, a slice, an index array or a boolean array (n,)."""
        rows = np.atleast_1d(np.arange(len(self))[index])
        return Detections(
            self.boxes[rows],
            self.labels[rows],
            self.scores[rows],
            self._masks[rows],
            self.class_names,
            self.image_size,
        )

    def __repr__(self) -> str:
        few = [
            f"{name} {score:.2f}"
            for name, score in zip(self.names[:5], self.scores[:5], strict=True)
        ]
        listed = (": " + ", ".join(few) if few else "") + (", ..." if len(self) > 5 else "")
        objects = "object" if len(self) == 1 else "objects"
        height, width = self.image_size
        return f"<Detections: {len(self)} {objects} in {height} x {width} pixels{listed}>"

    def filter(self, classes=None, min_score=None, min_area=None, max_area=None) -> Detections:
        """The detections that meet every condition given; both ends of a range belong to it.

        Args:
            classes: names of the classes to keep, or one name.
            min_score: lowest score to keep, in 0..1.
            min_area: smallest area to keep, in pixels of the mask; of the box without masks.
            max_area: largest area to keep, likewise.

        Raises:
            ValueError: a name is not in `class_names`.

        Example:

        >>> boxes = [[0, 0, 4, 4], [0, 0, 2, 1]]
        >>> found = Detections(boxes, [1, 2], [0.9, 0.6], None, ["cell", "dust"], (4, 8))
        >>> found.filter(classes=["dust"], min_score=0.5)
        <Detections: 1 object in 4 x 8 pixels: dust 0.60>
        >>> found.filter(min_area=3).names
        ['cell']
        """
        return self[kept(self, classes, min_score, min_area, max_area)]

    @property
    def names(self) -> list[str]:
        """The class name of each detection."""
        return [self.class_names[label - 1] for label in self.labels]

    @property
    def has_masks(self) -> bool:
        """Whether there are masks, and not only boxes."""
        return self._masks.exist

    @property
    def mask_probabilities(self) -> np.ndarray | None:
        """(n, m, m) float32 as given; None without masks, and for masks read from a file."""
        return self._masks.probabilities

    @property
    def masks(self) -> np.ndarray | None:
        """(n, H, W) bool, made anew at every access; None without masks.

        n * H * W bytes: for many objects in a large image use `mask_crops`, `to_coco` or
        `to_polygons`, which never hold it.
        """
        if not self.has_masks:
            return None
        masks = np.zeros((len(self), *self.image_size), bool)
        for mask, (crop, x, y) in zip(masks, self.mask_crops(), strict=True):
            mask[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
        return masks

    def mask_crops(self) -> list[tuple[np.ndarray, int, int]]:
        """Each mask as `(crop, x, y)`: (h, w) uint8 of 0 and 1, and where its corner lies.

        Raises:
            ValueError: the detections have no masks.
        """
        return self._masks.crops(self.boxes, self.image_size)

    def draw(self, image, *, show_labels=None) -> np.ndarray:
        """A copy of `image` with every detection drawn on it.

        Args:
            image: (H, W, 3) uint8 RGB, of this `image_size`.
            show_labels: True, False, or None for "where they do not hide the picture".

        Returns:
            (H, W, 3) uint8.
        """
        if np.shape(image)[:2] != self.image_size:
            raise ValueError(
                f"`image` must have the size these detections were made at, {self.image_size}. "
                f"Received: image.shape={np.shape(image)}. Pass the image that was given to detect."
            )
        masks = self.mask_crops() if self.has_masks else None
        return draw_instances(
            image,
            self.boxes,
            self.labels,
            self.scores,
            masks,
            self.class_names,
            show_labels=show_labels,
        )
